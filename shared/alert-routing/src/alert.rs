//! What is known of one alert, and what a sender says of it.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use series::Labels;

/// The end of an alert of which nobody knows when it ends.
pub const NO_END: Timestamp = Timestamp::MAX;

/// An alert is its label set; everything else may change while it is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Identity.
    pub labels: Labels,
    /// Texts for people.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// Since when it fires.
    pub starts_at: Timestamp,
    /// When it ends, or ended.
    pub ends_at: Timestamp,
    /// Nobody said when it ends: it does when nobody sends it again.
    #[serde(default)]
    pub ends_by_timeout: bool,
    /// When it was last heard of.
    pub updated_at: Timestamp,
    /// Where its sender shows it.
    #[serde(default)]
    pub generator_url: String,
    /// The value that one of our own rules saw, as text, because JSON has no NaN.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
}

/// An alert as it is sent: times may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Identity.
    pub labels: Labels,
    /// Texts for people.
    pub annotations: BTreeMap<String, String>,
    /// Since when it fires.
    pub starts_at: Option<Timestamp>,
    /// When it ends, or ended.
    pub ends_at: Option<Timestamp>,
    /// Where its sender shows it.
    #[serde(default)]
    pub generator_url: String,
    /// The value that one of our own rules saw.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
}

/// Why an alert was refused, in Alertmanager's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAlert {
    /// No label is left without those that are empty.
    #[error("at least one label pair required")]
    NoLabels,
    /// The end is before the beginning.
    #[error("start time must be before end time")]
    EndsBeforeStart,
}

impl Said {
    /// The alert that is meant by what was said at `now`; without an end it ends after `resolve_timeout`.
    pub fn heard(
        self,
        resolve_timeout: SignedDuration,
        now: Timestamp,
    ) -> Result<Alert, InvalidAlert> {
        if self.labels.is_empty() {
            return Err(InvalidAlert::NoLabels);
        }
        let starts_at = self.starts_at.or(self.ends_at).unwrap_or(now);
        if self.ends_at.is_some_and(|ends_at| ends_at < starts_at) {
            return Err(InvalidAlert::EndsBeforeStart);
        }
        let by_timeout = || now.checked_add(resolve_timeout).unwrap_or(Timestamp::MAX);
        Ok(Alert {
            labels: self.labels,
            annotations: self.annotations,
            starts_at,
            ends_at: self.ends_at.unwrap_or_else(by_timeout),
            ends_by_timeout: self.ends_at.is_none(),
            updated_at: now,
            generator_url: self.generator_url,
            value: self.value,
        })
    }
}

impl Alert {
    /// Whether it has ended.
    #[must_use]
    pub fn is_resolved(&self, now: Timestamp) -> bool {
        self.ends_at <= now
    }

    /// What is known after both were heard, in whichever order they arrive: the one that was sent later counts, and
    /// where they overlap, the other one widens it.
    ///
    /// Source: Alertmanager, `provider/mem` (which alerts overlap) and `types.Alert.Merge`. There the earlier one never
    /// arrives later.
    #[must_use]
    pub fn merged(self, known: &Self, now: Timestamp) -> Self {
        let (older, mut younger) = if self.updated_at < known.updated_at {
            (&self, known.clone())
        } else {
            (known, self)
        };
        let is_within = |at: Timestamp| at > older.starts_at && at < older.ends_at;
        if !is_within(younger.ends_at) && !is_within(younger.starts_at) {
            return younger;
        }
        let is_later = older.ends_at > younger.ends_at;
        let prevails = if younger.is_resolved(now) {
            older.is_resolved(now)
        } else {
            !older.ends_by_timeout
        };
        if is_later && prevails {
            younger.ends_at = older.ends_at;
        }
        younger.starts_at = younger.starts_at.min(older.starts_at);
        younger
    }

    /// The order in which alerts stand in a notification: by `job`, `instance`, then all labels.
    ///
    /// Source: Alertmanager, `types.AlertSlice`.
    #[must_use]
    pub fn reading_order(&self, other: &Self) -> Ordering {
        fn place<'a>(alert: &'a Alert, name: &str) -> (bool, &'a str) {
            let value = alert.labels.value(name);
            (value.is_empty(), value)
        }
        let by = |name| place(self, name).cmp(&place(other, name));
        by("job")
            .then_with(|| by("instance"))
            .then_with(|| label_order(&self.labels, &other.labels))
    }
}

/// The order of label sets: those of fewer labels first; of as many, at the first name that only one has, the one that
/// lacks it, and at the first value that differs, the smaller one.
///
/// Source: Prometheus' `model.LabelSet.Before`.
#[must_use]
pub fn label_order(one: &Labels, other: &Labels) -> Ordering {
    let pairs = one.iter().zip(other.iter());
    let mut differing = pairs.map(|((name, value), (other_name, other_value))| {
        other_name.cmp(name).then_with(|| value.cmp(other_value))
    });
    let mut by_pairs = || differing.find(|order| order.is_ne());
    one.len()
        .cmp(&other.len())
        .then_with(|| by_pairs().unwrap_or(Ordering::Equal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_sets_stand_as_prometheus_puts_them() {
        let labels = |pairs: &[(&str, &str)]| Labels::new(pairs.iter().copied()).unwrap();
        let sorted = [
            labels(&[]),
            labels(&[("z", "9")]),
            labels(&[("b", "1")]),
            labels(&[("b", "2")]),
            labels(&[("b", "0"), ("c", "0")]),
            labels(&[("a", "1"), ("c", "0")]),
            labels(&[("a", "1"), ("b", "0")]),
        ];
        for (at, one) in sorted.iter().enumerate() {
            for (other_at, other) in sorted.iter().enumerate() {
                assert_eq!(label_order(one, other), at.cmp(&other_at), "{one} {other}");
            }
        }
    }
}
