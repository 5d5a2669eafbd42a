//! What is written for one decision: the alert as it is now, and the notifications. Pure.

use ids::{NotificationId, TenantId};
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
    let stored_told = place.stored.as_ref().map(|stored| &stored.told);
    let mut told = stored_told.cloned().unwrap_or_default();
    told.retain(|name, _| settings.default_receivers.iter().any(|r| r.name == *name));
    let draft = Draft {
        origin,
        transition,
        notified: NotifiedAlert::bounded(status, transition.alert.clone()),
        reason,
        settings,
        now,
    };
    let mut notifications = Vec::with_capacity(notify.len().max(1));
    for receiver in notify {
        let before = told
            .get(&receiver.name)
            .map(|told| told.notification.clone());
        let notification = draft.notification(Some(receiver), before)?;
        let heard = Told {
            notification: notification.id.clone(),
            firing: status == AlertStatus::Firing,
        };
        told.insert(receiver.name.clone(), heard);
        notifications.push(notification);
    }
    if notifications.is_empty() {
        notifications.push(draft.notification(None, None)?);
    }
    let alert = StoredAlert {
        alert: draft.notified.alert,
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

/// What the notifications of one decision have in common.
struct Draft<'a> {
    origin: &'a Origin<'a>,
    transition: &'a Transition,
    notified: NotifiedAlert,
    reason: Reason,
    settings: &'a Settings,
    now: Timestamp,
}

impl Draft<'_> {
    fn notification(
        &self,
        receiver: Option<&Receiver>,
        after: Option<NotificationId>,
    ) -> Result<Notification, ids::InvalidId> {
        let Origin {
            tenant,
            source,
            position,
        } = self.origin;
        let name = receiver.map_or("", |receiver| &receiver.name);
        let alert = &self.transition.alert;
        Ok(Notification {
            id: notification_id(tenant, alert.fingerprint(), source, position, name)?,
            tenant: (*tenant).clone(),
            receiver: receiver.map(Addressee::from),
            language: receiver.map_or(self.settings.language, |r| language(r, self.settings)),
            reason: self.reason,
            group_labels: alert.labels.clone(),
            alerts: vec![self.notified.clone()],
            caused_at: self.transition.caused_at,
            decided_at: position.decided_at,
            created_at: self.now,
            after,
            status: receiver.map_or(Status::NotSent, |_| Status::Pending),
            attempts_made: 0,
            attempts: Vec::new(),
            revision: 1,
        })
    }
}

fn language(receiver: &Receiver, settings: &Settings) -> Language {
    match receiver.kind {
        ReceiverKind::Mail { language, .. } => language,
        ReceiverKind::Webhook { .. } | ReceiverKind::Sns { .. } => settings.language,
    }
}
