use std::collections::BTreeMap;

use alert_routing::Said;
use jiff::Timestamp;
use serde::Deserialize;

use crate::{Unreadable, labels};

#[derive(Deserialize)]
struct Webhook {
    version: String,
    alerts: Vec<Alert>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    status: String,
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    #[serde(default, rename = "generatorURL")]
    generator_url: String,
}

/// The alerts of a webhook of Alertmanager; what it groups by and whom it tells says nothing here.
///
/// An alert that fires has no end (Go's zero time, or the time at which it would be given up); it ends when Alertmanager says
/// so, which it does, or when it is not repeated: `resolve_timeout` must be longer than its `repeat_interval`.
///
/// Source: Alertmanager, "Configuration", `<webhook_config>`.
pub fn alertmanager_webhook(body: &[u8]) -> Result<Vec<Said>, Unreadable> {
    let webhook: Webhook =
        serde_json::from_slice(body).map_err(|error| Unreadable::Json(error.to_string()))?;
    if webhook.version != "4" {
        return Err(Unreadable::Version(webhook.version));
    }
    webhook.alerts.into_iter().map(said).collect()
}

fn said(alert: Alert) -> Result<Said, Unreadable> {
    let ends_at = match alert.status.as_str() {
        "firing" => None,
        "resolved" => Some(alert.ends_at),
        _ => {
            return Err(Unreadable::Unknown {
                what: "status".to_owned(),
                value: alert.status,
                expected: "\"firing\" and \"resolved\" are known".to_owned(),
            });
        }
    };
    Ok(Said {
        labels: labels(alert.labels),
        annotations: alert.annotations,
        starts_at: Some(alert.starts_at),
        ends_at,
        generator_url: alert.generator_url,
        value: String::new(),
    })
}
