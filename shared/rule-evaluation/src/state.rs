use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use series::{Labels, SeriesId};

/// The version of [`RuleState`] this build writes, and the newest it reads.
pub const STATE_VERSION: u8 = 1;

/// What is known of one rule's alerts for one source. Written only when it changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleState {
    #[serde(deserialize_with = "readable_version")]
    pub(crate) version: u8,
    /// Rises by one with each change.
    pub sequence: u64,
    /// Pending and firing alerts, sorted by labels.
    #[serde(default)]
    pub alerts: Vec<ActiveAlert>,
    /// Alerts that ended lately, so that late samples don't begin them again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) ended: Vec<EndedAlert>,
    /// Before this time nothing begins: ended alerts up to here are forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub(crate) settled_until: Option<Timestamp>,
}

impl Default for RuleState {
    fn default() -> Self {
        Self {
            version: STATE_VERSION,
            sequence: 0,
            alerts: Vec::new(),
            ended: Vec::new(),
            settled_until: None,
        }
    }
}

/// An alert that is pending or firing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActiveAlert {
    /// Identity; `alertname` among them.
    pub labels: Labels,
    /// Texts for people, expanded when the alert last changed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The expression's value when the alert last changed.
    #[serde(with = "float_text")]
    pub value: f64,
    /// Pending or firing.
    pub phase: Phase,
    /// Since when the condition holds.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub active_at: Timestamp,
    /// The event time of the last change.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub changed_at: Timestamp,
    /// The one series whose absence ends it, where it was judged alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SeriesId>,
}

/// How far an alert has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The condition holds, but not long enough.
    Pending,
    /// It fires.
    Firing,
    /// The condition ended at this time; it still fires for `keep_firing_for`.
    KeptFiring(#[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")] Timestamp),
}

impl ActiveAlert {
    /// Whether receivers know it as firing.
    #[must_use]
    pub fn is_firing(&self) -> bool {
        self.phase != Phase::Pending
    }
}

/// An alert that ended: enough to know that a late sample is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EndedAlert {
    pub fingerprint: SeriesId,
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

fn readable_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let version = u8::deserialize(deserializer)?;
    if (1..=STATE_VERSION).contains(&version) {
        Ok(version)
    } else {
        Err(serde::de::Error::custom(format!(
            "rule state of version {version}; this build reads 1 to {STATE_VERSION}"
        )))
    }
}

/// JSON has no NaN and no infinity.
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
