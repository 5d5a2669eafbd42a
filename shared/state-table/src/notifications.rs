//! What is to be said to whom, what became of it, and every attempt.
//!
//! A notification is written together with the decision behind it, claimed before it leaves and
//! settled after. Until it is settled it stands in the index `due`, where a sweep finds it when its
//! message was lost. Who claims while another's claim holds gets nothing; a claim that runs out was a
//! crash, and the next one sends again under the same id.

mod lifecycle;

use alert_routing::{GroupId, Why};
use dynamo_table::{Condition, Item, ItemBuilder, Key, Page, TableError, Write, Written};
use ids::{NotificationId, TenantId};
use jiff::{SignedDuration, Timestamp};
use notification_content::NotifiedAlert;
use serde::{Deserialize, Serialize};
use series::Labels;
use sha2::{Digest, Sha256};

pub use lifecycle::{AttemptResult, Claim, Settlement};

use crate::alerts::follows;
use crate::settings::{Language, Receiver, ReceiverKind};
use crate::{StateTable, keys};

/// Notifications are listed so long.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The message on the queue has so long to be taken before the sweep sends another.
const QUEUE_GRACE: SignedDuration = SignedDuration::from_secs(30);

/// To whom a notification goes; where exactly, the settings say at the time of sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressee {
    /// The receiver's name.
    pub name: String,
    /// Which of its ways: `<receiver>/<kind>/<number>` of the configuration, or the receiver's name in the settings.
    #[serde(default)]
    pub integration: String,
    /// `webhook`, `mail`, `slack`, `pagerduty` or `sns`.
    pub kind: String,
    /// Of a URL scheme and host, else the address.
    pub place: String,
}

impl From<&Receiver> for Addressee {
    fn from(receiver: &Receiver) -> Self {
        let (kind, place) = match &receiver.kind {
            ReceiverKind::Webhook { url } => ("webhook", origin(url)),
            ReceiverKind::Mail { to, .. } => ("mail", to.clone()),
            ReceiverKind::Sns { topic_arn } => ("sns", topic_arn.clone()),
        };
        Self {
            name: receiver.name.clone(),
            integration: receiver.name.clone(),
            kind: kind.to_owned(),
            place,
        }
    }
}

/// Scheme and host: the rest of a webhook's address may be a secret.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", ""));
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Status {
    /// Nobody tried yet.
    Pending,
    /// Somebody is sending it.
    Delivering {
        /// After this, whoever it was has crashed.
        lease_until: Timestamp,
    },
    /// The receiver confirmed it.
    Delivered {
        /// When.
        at: Timestamp,
    },
    /// It did not arrive, and is tried again.
    Retrying {
        /// When.
        next_at: Timestamp,
    },
    /// It is not tried any more.
    Failed {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// It was decided that nobody is told.
    NotSent,
}

/// One sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// When it began.
    pub at: Timestamp,
    /// How it ended; none where the sender crashed or is still at it.
    pub result: Option<AttemptResult>,
}

/// One message to one receiver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    /// The same for the same decision, whoever makes it how often.
    pub id: NotificationId,
    /// Whose.
    pub tenant: TenantId,
    /// To whom; nobody where it is not sent.
    pub receiver: Option<Addressee>,
    /// The tenant's language, where the receiver has none of its own.
    pub language: Language,
    /// Why it is sent, or not.
    pub reason: Why,
    /// Its group, as Alertmanager writes it.
    #[serde(default)]
    pub group_key: String,
    /// By which its alerts belong together.
    pub group_labels: Labels,
    /// What it tells of.
    pub alerts: Vec<NotifiedAlert>,
    /// How many more there were, which the table can't hold.
    #[serde(default)]
    pub omitted_alerts: usize,
    /// The time of the sample, or of the silence, behind it.
    pub caused_at: Timestamp,
    /// When the rule decided.
    pub decided_at: Timestamp,
    /// When the routing decided.
    pub created_at: Timestamp,
    /// What the receiver has to hear before.
    #[serde(default)]
    pub after: Option<NotificationId>,
    /// How far it is.
    pub status: Status,
    /// How often it was sent.
    #[serde(default)]
    pub attempts_made: u32,
    /// The last sendings.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// Rises by one with each write.
    pub revision: u64,
}

/// The id of what version `version` of a group, decided at `at`, says to one receiver. Sorts by the time of the decision.
pub fn notification_id(
    tenant: &TenantId,
    group: &GroupId,
    (at, version): (Timestamp, u64),
    integration: &str,
) -> Result<NotificationId, ids::InvalidId> {
    let decision = format!("{tenant}\n{}\n{version}\n{integration}", group.0);
    let hash = hex::encode(&Sha256::digest(decision.as_bytes())[..16]);
    NotificationId::new(format!("{}-{hash}", keys::sortable(at)))
}

/// A notification whose message may be lost.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DueNotification {
    /// Whose.
    pub tenant: TenantId,
    /// Which one.
    pub id: NotificationId,
    due_sk: String,
}

impl Notification {
    /// When the sweep has to look after it; none once it is settled.
    fn due_at(&self) -> Option<Timestamp> {
        match &self.status {
            Status::Pending => Some(self.created_at + QUEUE_GRACE),
            Status::Delivering { lease_until } => Some(*lease_until),
            Status::Retrying { next_at } => Some(*next_at + QUEUE_GRACE),
            Status::Delivered { .. } | Status::Failed { .. } | Status::NotSent => None,
        }
    }

    fn key(&self) -> Key {
        keys::notification(&self.tenant, &self.id)
    }

    fn item(&self) -> Result<Item, TableError> {
        let mut item = ItemBuilder::new(&self.key(), "notification", 1, self)?
            .expires_at((self.created_at + KEPT).as_second());
        if let Some(at) = self.due_at() {
            item = item.due(keys::NOTIFICATION_OUTBOX, &keys::sortable(at));
        }
        Ok(item.build())
    }

    /// Writes it in the place of the revision before.
    pub(crate) fn write(&self) -> Result<Write, TableError> {
        Ok(Write::Put(
            self.item()?,
            Some(follows("revision", self.revision)),
        ))
    }
}

impl StateTable {
    /// One notification.
    pub async fn notification(
        &self,
        tenant: &TenantId,
        id: &NotificationId,
    ) -> Result<Option<Notification>, TableError> {
        self.table.get(&keys::notification(tenant, id), true).await
    }

    /// Stores the next revision of a notification. Loses the race where another did. A write whose answer
    /// was lost and that was sent again finds itself there; that is no lost race.
    pub async fn replace_notification(&self, next: &Notification) -> Result<Written, TableError> {
        let written = self
            .table
            .put(next.item()?, Some(follows("revision", next.revision)))
            .await?;
        if written.is_stored() {
            return Ok(written);
        }
        let found = self.notification(&next.tenant, &next.id).await?;
        let is_ours =
            found.is_some_and(|it| it.revision == next.revision && it.status == next.status);
        Ok(if is_ours {
            Written::Yes
        } else {
            Written::LostRace
        })
    }

    /// Some notifications, newest first, behind `after`.
    pub async fn notifications_page(
        &self,
        tenant: &TenantId,
        limit: usize,
        after: Option<&NotificationId>,
    ) -> Result<Page<Notification>, TableError> {
        self.table
            .query(keys::notifications(tenant))
            .descending()
            .limit(limit)
            .after(after.map(|id| keys::notification(tenant, id)))
            .page()
            .await
    }

    /// Notifications that nobody took in time, longest due first.
    pub async fn due_notifications(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueNotification>, TableError> {
        self.table
            .query(keys::NOTIFICATION_OUTBOX)
            .due()
            .between("0", keys::sortable(now))
            .limit(limit)
            .all()
            .await
    }

    /// Lets the sweep leave a notification alone until `until`. Loses the race where another sweep did,
    /// or it moved on.
    pub async fn postpone_due(
        &self,
        due: &DueNotification,
        until: Timestamp,
    ) -> Result<Written, TableError> {
        let condition = Condition::new("due_sk = :old")
            .text(":old", &due.due_sk)
            .text(":new", keys::sortable(until));
        let key = keys::notification(&due.tenant, &due.id);
        self.table
            .update(&key, "SET due_sk = :new", condition)
            .await
    }
}

#[cfg(test)]
mod tests;
