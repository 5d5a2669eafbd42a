//! What is known of each alert of each source, and who was told.

use std::collections::BTreeMap;

use dynamo_table::{Condition, ItemBuilder, TableError, Write, Written};
use ids::{NotificationId, TenantId};
use jiff::{SignedDuration, Timestamp};
use messages::Alert;
use notification_content::AlertStatus;
use serde::{Deserialize, Serialize};
use series::SeriesId;

use crate::notifications::Notification;
use crate::{StateTable, keys};

/// An alert that ended is forgotten after this: before its source's state, whose sequence would begin
/// again (30 days, see `rule_states`).
const RESOLVED_KEPT: SignedDuration = SignedDuration::from_hours(24 * 15);

/// Beyond this, times of decision tell which of two came later, whatever the sequences say.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(1);

/// Where a transition stands among those of its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// When it was decided.
    pub decided_at: Timestamp,
    /// The decision's number.
    pub sequence: u64,
    /// The message's number within the decision.
    pub part: u16,
    /// The transition's number within the message.
    pub index: u32,
}

impl Position {
    /// Whether this comes after `other`. A source that was forgotten begins again at 1; then the later
    /// decision wins, which by that time is days apart.
    #[must_use]
    pub fn is_after(&self, other: &Self) -> bool {
        let apart = self.decided_at.duration_since(other.decided_at);
        if apart.abs() > CLOCK_TOLERANCE {
            return apart.is_positive();
        }
        let order = |position: &Self| (position.sequence, position.part, position.index);
        order(self) > order(other)
    }
}

/// What one receiver heard last of one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The last notification.
    pub notification: NotificationId,
    /// Whether it said that the alert fires.
    pub firing: bool,
}

/// One alert of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredAlert {
    /// The alert as it was last seen.
    pub alert: Alert,
    /// Whether it holds.
    pub status: AlertStatus,
    /// Whose alert it is.
    pub source: String,
    /// The last transition that was applied.
    pub position: Position,
    /// Who heard what, by the receiver's name.
    #[serde(default)]
    pub told: BTreeMap<String, Told>,
    /// When it is forgotten.
    #[serde(default)]
    pub expires_at: Option<i64>,
    /// Rises by one with each write.
    pub revision: u64,
}

/// What was found in the alert's place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlertPlace {
    /// Of the item, 0 where there is none.
    pub revision: u64,
    /// The alert, unless it is unknown or forgotten.
    pub stored: Option<StoredAlert>,
}

impl StateTable {
    /// What is known of one alert.
    pub async fn alert_place(
        &self,
        tenant: &TenantId,
        fingerprint: SeriesId,
        source: &str,
        now: Timestamp,
    ) -> Result<AlertPlace, TableError> {
        let key = keys::alert(tenant, fingerprint, source);
        let found: Option<StoredAlert> = self.table.get(&key, true).await?;
        let revision = found.as_ref().map_or(0, |stored| stored.revision);
        let is_known =
            |stored: &StoredAlert| stored.expires_at.is_none_or(|at| at > now.as_second());
        Ok(AlertPlace {
            revision,
            stored: found.filter(is_known),
        })
    }

    /// Stores what an alert became together with the notifications that follow, both or neither. Loses
    /// the race where the alert has another revision than `next` follows.
    pub async fn commit_alert(
        &self,
        tenant: &TenantId,
        next: &StoredAlert,
        notifications: &[Notification],
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let mut writes = vec![alert_write(tenant, next, now)?];
        for notification in notifications {
            writes.push(notification.write()?);
        }
        self.table.transact(writes).await
    }
}

fn alert_write(tenant: &TenantId, next: &StoredAlert, now: Timestamp) -> Result<Write, TableError> {
    let key = keys::alert(tenant, next.alert.fingerprint(), &next.source);
    let mut next = next.clone();
    next.expires_at = match next.status {
        AlertStatus::Firing => None,
        AlertStatus::Resolved => Some((now + RESOLVED_KEPT).as_second()),
    };
    let mut item = ItemBuilder::new(&key, "alert", 1, &next)?;
    if let Some(at) = next.expires_at {
        item = item.expires_at(at);
    }
    Ok(Write::Put(item.build(), Some(follows(next.revision))))
}

/// The stored item is the one before `revision`.
pub(crate) fn follows(revision: u64) -> Condition {
    match revision {
        0 | 1 => Condition::absent(),
        _ => Condition::new("#revision = :previous")
            .name("#revision", "revision")
            .number(":previous", revision - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(decided_at: &str, sequence: u64, part: u16, index: u32) -> Position {
        Position {
            decided_at: decided_at.parse().unwrap(),
            sequence,
            part,
            index,
        }
    }

    #[test]
    fn sequences_order_decisions_unless_a_source_began_again() {
        let stored = position("2026-11-20T10:00:00Z", 7, 1, 2);
        for (other, after) in [
            (position("2026-11-20T10:00:00Z", 7, 1, 2), false),
            (position("2026-11-20T10:00:00Z", 7, 1, 3), true),
            (position("2026-11-20T10:00:00Z", 7, 2, 0), true),
            (position("2026-11-20T09:59:59Z", 8, 0, 0), true),
            (position("2026-11-20T10:00:01Z", 6, 9, 9), false),
            (position("2026-12-20T10:00:00Z", 1, 0, 0), true),
            (position("2026-10-20T10:00:00Z", 99, 0, 0), false),
        ] {
            assert_eq!(other.is_after(&stored), after, "{other:?}");
        }
    }
}
