//! What is written for one decision: the alert as it is now, and the notifications. Pure.

use ids::TenantId;
use jiff::Timestamp;
use messages::{Change, Transition};
use notification_content::{AlertStatus, NotifiedAlert};
use state_table::alerts::{AlertPlace, Position, StoredAlert, Told};
use state_table::notifications::{Addressee, Notification, Reason, Status, notification_id};
use state_table::settings::{Language, Receiver, ReceiverKind, Settings};

/// Where a transition comes from, and whose it is.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Whose.
    pub tenant: &'a TenantId,
    /// Whose decision.
    pub source: &'a str,
    /// Which one of the source's.
    pub position: Position,
}

/// The items that one decision makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What is known of the alert from now on.
    pub alert: StoredAlert,
    /// One for each receiver, or one that says why there is none.
    pub notifications: Vec<Notification>,
}

/// Applies a decision to what was stored.
pub fn outcome(
    origin: &Origin<'_>,
    transition: &Transition,
    place: &AlertPlace,
    (notify, reason): (&[&Receiver], Reason),
    settings: &Settings,
    now: Timestamp,
) -> Result<Outcome, ids::InvalidId> {
    let status = match transition.change {
        Change::Fired => AlertStatus::Firing,
        Change::Resolved => AlertStatus::Resolved,
    };
    let notified = NotifiedAlert::bounded(status, transition.alert.clone());
    let mut told = place
        .stored
        .as_ref()
        .map(|stored| stored.told.clone())
        .unwrap_or_default();
    told.retain(|name, _| settings.default_receivers.iter().any(|r| r.name == *name));
    let draft = |receiver: Option<&Receiver>| -> Result<Notification, ids::InvalidId> {
        let name = receiver.map_or("", |receiver| &receiver.name);
        let fingerprint = transition.alert.fingerprint();
        Ok(Notification {
            id: notification_id(
                origin.tenant,
                fingerprint,
                origin.source,
                &origin.position,
                name,
            )?,
            tenant: origin.tenant.clone(),
            receiver: receiver.map(Addressee::from),
            language: receiver.map_or(settings.language, |r| language(r, settings)),
            reason,
            group_labels: transition.alert.labels.clone(),
            alerts: vec![notified.clone()],
            caused_at: transition.caused_at,
            decided_at: origin.position.decided_at,
            created_at: now,
            after: told.get(name).map(|told| told.notification.clone()),
            status: receiver.map_or(Status::NotSent, |_| Status::Pending),
            attempts_made: 0,
            attempts: Vec::new(),
            revision: 1,
        })
    };
    let notifications = if notify.is_empty() {
        vec![draft(None)?]
    } else {
        notify
            .iter()
            .map(|receiver| draft(Some(receiver)))
            .collect::<Result<_, _>>()?
    };
    for (receiver, notification) in notify.iter().zip(&notifications) {
        let heard = Told {
            notification: notification.id.clone(),
            firing: status == AlertStatus::Firing,
        };
        told.insert(receiver.name.clone(), heard);
    }
    let alert = StoredAlert {
        alert: notified.alert,
        status,
        source: origin.source.to_owned(),
        position: origin.position,
        told,
        expires_at: None,
        revision: place.revision + 1,
    };
    Ok(Outcome {
        alert,
        notifications,
    })
}

fn language(receiver: &Receiver, settings: &Settings) -> Language {
    match receiver.kind {
        ReceiverKind::Mail { language, .. } => language,
        ReceiverKind::Webhook { .. } | ReceiverKind::Sns { .. } => settings.language,
    }
}
