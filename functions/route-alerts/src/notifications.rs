//! From what was decided to what is delivered. Pure.

use alert_routing::{Commit, Notice, Why};
use alertmanager_config::Config;
use ids::{NotificationId, TenantId};
use messages::DeliveryOrder;
use notification_content::{AlertStatus, NotifiedAlert};
use receiver_messages::Channel;
use state_table::notifications::{Addressee, Notification, Status, notification_id};
use state_table::settings::{Language, Receiver, ReceiverKind, Settings};

use crate::plans::Configured;

/// So many bytes of alerts are carried by one notification; an item holds 400 KB.
const MAX_ALERT_BYTES: usize = 320_000;

/// One notification for each decision: what is sent, and why something is not.
pub(crate) fn of(
    tenant: &TenantId,
    configured: &Configured,
    commit: &Commit,
) -> Result<Vec<Notification>, ids::InvalidId> {
    let notices = commit.notices.iter();
    notices
        .map(|notice| notification(tenant, configured, notice))
        .collect()
}

/// Orders for those that are to be sent.
pub(crate) fn orders(notifications: &[Notification]) -> impl Iterator<Item = DeliveryOrder> {
    let pending = notifications
        .iter()
        .filter(|notification| notification.status == Status::Pending);
    pending.map(|notification| DeliveryOrder {
        version: messages::VERSION,
        tenant: notification.tenant.clone(),
        notification: notification.id.clone(),
    })
}

fn notification(
    tenant: &TenantId,
    configured: &Configured,
    notice: &Notice,
) -> Result<Notification, ids::InvalidId> {
    let id = |decided| notification_id(tenant, &notice.group, decided, &notice.integration);
    let is_told = matches!(notice.why, Why::Told(_));
    let after: Option<NotificationId> = notice.after.filter(|_| is_told).map(id).transpose()?;
    let (alerts, omitted_alerts) = alerts(notice);
    let receiver = addressee(configured, notice);
    let heard_at = notice.alerts.iter().map(|(alert, _)| alert.updated_at);
    Ok(Notification {
        id: id((notice.at, notice.version))?,
        tenant: tenant.clone(),
        language: language(&configured.settings, receiver.as_ref()),
        receiver,
        reason: notice.why,
        group_key: notice.key.clone(),
        group_labels: notice.labels.clone(),
        alerts,
        omitted_alerts,
        caused_at: heard_at.max().unwrap_or(notice.at),
        decided_at: notice.at,
        created_at: notice.at,
        after,
        status: if is_told {
            Status::Pending
        } else {
            Status::NotSent
        },
        attempts_made: 0,
        attempts: Vec::new(),
        revision: 1,
    })
}

fn alerts(notice: &Notice) -> (Vec<NotifiedAlert>, usize) {
    let mut size = 0;
    let mut carried = Vec::new();
    for (alert, muted) in &notice.alerts {
        let status = if alert.is_resolved(notice.at) {
            AlertStatus::Resolved
        } else {
            AlertStatus::Firing
        };
        let mut notified = NotifiedAlert::bounded(status, alert.clone());
        notified.muted.clone_from(muted);
        size += serde_json::to_vec(&notified).map_or(MAX_ALERT_BYTES, |bytes| bytes.len());
        if size > MAX_ALERT_BYTES && !carried.is_empty() {
            break;
        }
        carried.push(notified);
    }
    let omitted = notice.alerts.len() - carried.len();
    (carried, omitted)
}

fn addressee(configured: &Configured, notice: &Notice) -> Option<Addressee> {
    if notice.integration.is_empty() {
        return None;
    }
    match &configured.config {
        Some(config) => Some(configured_addressee(config, notice)),
        None => {
            let mut receivers = configured.settings.default_receivers.iter();
            let receiver = receivers.find(|one| one.name == notice.receiver)?;
            Some(Addressee::from(receiver))
        }
    }
}

/// Its secrets are not here: where they alone say where it leads, whoever sends fills it in.
fn configured_addressee(config: &Config, notice: &Notice) -> Addressee {
    let channel = Channel::find(config, &notice.integration);
    Addressee {
        name: notice.receiver.clone(),
        integration: notice.integration.clone(),
        kind: channel.map_or("", Channel::kind).to_owned(),
        place: channel.map(Channel::place).unwrap_or_default(),
    }
}

fn language(settings: &Settings, receiver: Option<&Addressee>) -> Language {
    let mut receivers = settings.default_receivers.iter();
    let is_it = |one: &&Receiver| receiver.is_some_and(|receiver| receiver.integration == one.name);
    match receivers.find(is_it).map(|receiver| &receiver.kind) {
        Some(ReceiverKind::Mail { language, .. }) => *language,
        _ => settings.language,
    }
}
