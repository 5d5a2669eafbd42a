use std::collections::BTreeMap;

use serde::Serialize;
use series::Labels;

use crate::notice::{AlertStatus, Notice, NotifiedAlert};

/// The largest body that is sent, in bytes; alerts beyond it are counted in `truncatedAlerts`.
pub const MAX_WEBHOOK_BYTES: usize = 256 * 1024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    receiver: &'a str,
    status: AlertStatus,
    alerts: Vec<PayloadAlert<'a>>,
    group_labels: &'a Labels,
    common_labels: BTreeMap<&'a str, &'a str>,
    common_annotations: BTreeMap<&'a str, &'a str>,
    #[serde(rename = "externalURL")]
    external_url: &'a str,
    version: &'static str,
    group_key: &'a str,
    truncated_alerts: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PayloadAlert<'a> {
    status: AlertStatus,
    labels: &'a Labels,
    annotations: &'a BTreeMap<String, String>,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: String,
    fingerprint: String,
}

/// The body of Alertmanager's webhook, version 4, for receivers that know Alertmanager.
///
/// Alerts that do not fit [`MAX_WEBHOOK_BYTES`] are left out and counted; the common labels and
/// annotations are those of all alerts, as Alertmanager does it. `omitted` alerts were left out before.
pub fn webhook_body(notice: &Notice<'_>, omitted: usize) -> Result<Vec<u8>, serde_json::Error> {
    let mut payload = Payload {
        receiver: notice.receiver,
        status: notice.status(),
        alerts: Vec::with_capacity(notice.alerts.len()),
        group_labels: notice.group_labels,
        common_labels: notice.common_labels(),
        common_annotations: notice.common_annotations(),
        external_url: notice.public_url,
        version: "4",
        group_key: notice.group_key,
        truncated_alerts: omitted + notice.alerts.len(),
    };
    let mut size_bytes = serde_json::to_vec(&payload)?.len();
    for notified in notice.alerts {
        let alert = payload_alert(notice, notified);
        size_bytes += serde_json::to_vec(&alert)?.len() + 1;
        if size_bytes > MAX_WEBHOOK_BYTES && !payload.alerts.is_empty() {
            break;
        }
        payload.alerts.push(alert);
        payload.truncated_alerts -= 1;
    }
    serde_json::to_vec(&payload)
}

fn payload_alert<'a>(notice: &Notice<'_>, notified: &'a NotifiedAlert) -> PayloadAlert<'a> {
    let alert = &notified.alert;
    PayloadAlert {
        status: notified.status,
        labels: &alert.labels,
        annotations: &alert.annotations,
        starts_at: alert.starts_at.to_string(),
        ends_at: notified.ended_at_text(),
        generator_url: notice.generator_url(notified),
        fingerprint: notified.fingerprint(),
    }
}

/// An alert's fingerprint as Prometheus and Alertmanager compute it (64-bit FNV-1a of
/// `name 0xFF value 0xFF`), so that a receiver can match alerts that come both ways.
#[must_use]
pub fn alertmanager_fingerprint(labels: &Labels) -> u64 {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let add = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
    labels.iter().fold(OFFSET_BASIS, |hash, (name, value)| {
        let hash = name.as_bytes().iter().chain(&[0xFF]).fold(hash, add);
        value.as_bytes().iter().chain(&[0xFF]).fold(hash, add)
    })
}
