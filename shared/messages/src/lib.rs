//! What one function sends another. Pure.
//!
//! Every message carries its version; a reader takes the one before its own too.

use std::collections::BTreeMap;

use alert_routing::{GroupId, Said};
use ids::{NotificationId, TenantId};
use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use series::{Labels, SeriesId};

/// The version this build writes.
pub const VERSION: u8 = 1;

/// What one decision about one rule and one source changed: one message on the queue `alerts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransitionBatch {
    /// [`VERSION`] of the writer.
    pub version: u8,
    /// Whose alerts these are.
    pub tenant: TenantId,
    /// Where the decision's state lives: `<sender>#<rule id>`.
    pub source: String,
    /// Rises by one with each decision of `source`; a receiver drops what it has seen.
    pub sequence: u64,
    /// Part of the decision, from 0, where it did not fit one message.
    pub part: u16,
    /// When it was decided (the arrival of what was judged).
    pub decided_at: Timestamp,
    /// The alerts that changed.
    pub transitions: Vec<Transition>,
}

/// One alert that began to fire or ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// What happened.
    pub change: Change,
    /// To which alert.
    pub alert: Alert,
    /// The time of the sample, or of the silence, that caused it.
    pub caused_at: Timestamp,
}

/// What happened to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It fires from now on.
    Fired,
    /// It does not fire any more.
    Resolved,
}

/// An alert as receivers know it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Identity; `alertname` among them.
    pub labels: Labels,
    /// Texts for people, expanded.
    pub annotations: BTreeMap<String, String>,
    /// The expression's value when it changed, as text, because JSON has no NaN.
    #[serde(with = "float_text")]
    pub value: f64,
    /// Since when the condition holds.
    pub starts_at: Timestamp,
    /// Since when it does not, where it ended.
    pub ends_at: Option<Timestamp>,
}

impl Alert {
    /// The identity of [`Alert::labels`].
    #[must_use]
    pub fn fingerprint(&self) -> SeriesId {
        self.labels.series_id()
    }
}

/// One message on the queue `alerts`.
#[derive(Debug, Clone, PartialEq)]
pub enum AlertsMessage {
    /// Our own rules decided.
    Transitions(TransitionBatch),
    /// Clients said something.
    Said(SaidBatch),
    /// A group is due.
    Look(LookOrder),
    /// The reasons of a tenant's groups changed.
    Recheck(RecheckOrder),
}

/// What one client said of alerts at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaidBatch {
    /// [`VERSION`] of the writer.
    pub version: u8,
    /// Whose alerts these are.
    pub tenant: TenantId,
    /// When it arrived.
    pub received_at: Timestamp,
    /// What it said.
    pub said: Vec<Said>,
}

/// A group is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookOrder {
    /// [`VERSION`] of the writer.
    pub version: u8,
    /// Whose group it is.
    pub tenant: TenantId,
    /// Which one.
    pub look_at: GroupId,
}

/// What a tenant configured changed, or a silence ended before its time: every group must be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecheckOrder {
    /// [`VERSION`] of the writer.
    pub version: u8,
    /// Whose groups.
    pub tenant: TenantId,
    /// Since when.
    pub recheck_at: Timestamp,
    /// Whether it comes the second time, when no instance can have in mind what was before.
    #[serde(default)]
    pub is_last: bool,
}

impl AlertsMessage {
    /// Reads a message; which one it is, its fields say.
    pub fn read(body: &str) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Fields {
            said: Option<IgnoredAny>,
            look_at: Option<IgnoredAny>,
            recheck_at: Option<IgnoredAny>,
        }
        let has: Fields = serde_json::from_str(body)?;
        if has.said.is_some() {
            serde_json::from_str(body).map(Self::Said)
        } else if has.look_at.is_some() {
            serde_json::from_str(body).map(Self::Look)
        } else if has.recheck_at.is_some() {
            serde_json::from_str(body).map(Self::Recheck)
        } else {
            serde_json::from_str(body).map(Self::Transitions)
        }
    }

    /// [`VERSION`] of its writer.
    #[must_use]
    pub const fn version(&self) -> u8 {
        match self {
            Self::Transitions(batch) => batch.version,
            Self::Said(batch) => batch.version,
            Self::Look(order) => order.version,
            Self::Recheck(order) => order.version,
        }
    }

    /// Whose it is.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        match self {
            Self::Transitions(batch) => &batch.tenant,
            Self::Said(batch) => &batch.tenant,
            Self::Look(order) => &order.tenant,
            Self::Recheck(order) => &order.tenant,
        }
    }
}

/// One message on the queue `notifications`: the content is in the state table under this id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryOrder {
    /// [`VERSION`] of the writer.
    pub version: u8,
    /// Whose notification it is.
    pub tenant: TenantId,
    /// Which one.
    pub notification: NotificationId,
}

mod float_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_whose_value_is_no_number_survives_json() {
        let alert = Alert {
            labels: Labels::new([("alertname", "X")]).unwrap(),
            annotations: BTreeMap::new(),
            value: f64::NAN,
            starts_at: Timestamp::UNIX_EPOCH,
            ends_at: None,
        };
        let json = serde_json::to_string(&alert).unwrap();
        let back: Alert = serde_json::from_str(&json).unwrap();
        assert!(back.value.is_nan());
        assert_eq!(back.labels, alert.labels);
    }
}
