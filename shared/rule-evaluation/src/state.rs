use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use series::{Labels, SeriesId};

/// The version of [`RuleState`] this build writes, and the newest it reads.
pub const STATE_VERSION: u8 = 1;

/// How long an ended alert is remembered one by one.
const ENDED_KEPT: SignedDuration = SignedDuration::from_hours(1);

/// The most ended alerts remembered one by one.
const ENDED_MAX: usize = 500;

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

impl RuleState {
    /// Whether an alert of these labels ended after `at`, or is too long ago to know.
    pub(crate) fn has_ended_after(&self, labels: &Labels, at: Timestamp) -> bool {
        if self.settled_until.is_some_and(|until| until > at) {
            return true;
        }
        if self.ended.is_empty() {
            return false;
        }
        let fingerprint = labels.series_id();
        self.ended
            .iter()
            .any(|ended| ended.fingerprint == fingerprint && ended.at > at)
    }

    /// The state that follows, with the ends that have to be remembered at `at`.
    pub(crate) fn next(
        &self,
        alerts: Vec<ActiveAlert>,
        newly_ended: Vec<EndedAlert>,
        at: Timestamp,
    ) -> Self {
        let is_new = |old: &EndedAlert| {
            newly_ended
                .iter()
                .any(|new| new.fingerprint == old.fingerprint)
        };
        let mut ended = self.ended.clone();
        ended.retain(|old| !is_new(old));
        ended.extend(newly_ended);
        ended.sort_by_key(|ended| (std::cmp::Reverse(ended.at), ended.fingerprint));
        let recent = ended
            .iter()
            .take_while(|ended| at.duration_since(ended.at) <= ENDED_KEPT)
            .count()
            .min(ENDED_MAX);
        let forgotten = ended.get(recent).map(|ended| ended.at);
        ended.truncate(recent);
        Self {
            sequence: self.sequence.saturating_add(1),
            alerts,
            ended,
            settled_until: self.settled_until.max(forgotten),
            ..Self::default()
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

impl EndedAlert {
    pub fn of(alert: &ActiveAlert, at: Timestamp) -> Self {
        Self {
            fingerprint: alert.labels.series_id(),
            at: at.max(alert.changed_at),
        }
    }
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
