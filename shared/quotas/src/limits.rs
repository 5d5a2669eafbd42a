use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// What one tenant may send. What is left out has its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// Different series within five minutes.
    pub active_series: u64,
    /// Points a second, as they are sent: a histogram's is one, however many samples it becomes.
    pub samples_per_sec: u64,
    /// Size of one body as it is sent, before decompression.
    pub body_bytes: u64,
    /// Labels of one series, the metric's name included.
    pub labels_per_series: u64,
    /// Length of a label's name in UTF-8.
    pub label_name_bytes: u64,
    /// Length of a label's value (the metric's name included) in UTF-8.
    pub label_value_bytes: u64,
}

impl Default for Quotas {
    /// A million series, 100,000 points a second, what fits an invocation, and labels as decoders limit them.
    fn default() -> Self {
        Self {
            active_series: 1_000_000,
            samples_per_sec: 100_000,
            body_bytes: 4_500_000,
            labels_per_series: 64,
            label_name_bytes: 256,
            label_value_bytes: 2048,
        }
    }
}

/// One of the quotas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "as the fields of `Quotas`")]
pub enum Name {
    ActiveSeries,
    SamplesPerSec,
    BodyBytes,
    LabelsPerSeries,
    LabelNameBytes,
    LabelValueBytes,
}

impl Name {
    /// Every quota.
    pub const ALL: [Self; 6] = [
        Self::ActiveSeries,
        Self::SamplesPerSec,
        Self::BodyBytes,
        Self::LabelsPerSeries,
        Self::LabelNameBytes,
        Self::LabelValueBytes,
    ];

    /// As in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ActiveSeries => "active_series",
            Self::SamplesPerSec => "samples_per_sec",
            Self::BodyBytes => "body_bytes",
            Self::LabelsPerSeries => "labels_per_series",
            Self::LabelNameBytes => "label_name_bytes",
            Self::LabelValueBytes => "label_value_bytes",
        }
    }

    /// What may be set. The largest count of series is what is measured exactly; the largest body is what fits
    /// a Lambda invocation; the largest labels of a series fit one chunk (128 * (256 + 2,048) bytes).
    #[must_use]
    pub const fn range(self) -> RangeInclusive<u64> {
        match self {
            Self::ActiveSeries => 1..=1_000_000,
            Self::SamplesPerSec => 1..=1_000_000,
            Self::BodyBytes => 1024..=4_500_000,
            Self::LabelsPerSeries => 4..=128,
            Self::LabelNameBytes => 16..=256,
            Self::LabelValueBytes => 16..=2048,
        }
    }
}

impl Quotas {
    /// The limit of one quota.
    #[must_use]
    pub const fn of(&self, name: Name) -> u64 {
        match name {
            Name::ActiveSeries => self.active_series,
            Name::SamplesPerSec => self.samples_per_sec,
            Name::BodyBytes => self.body_bytes,
            Name::LabelsPerSeries => self.labels_per_series,
            Name::LabelNameBytes => self.label_name_bytes,
            Name::LabelValueBytes => self.label_value_bytes,
        }
    }

    /// What can't be set, each with what can.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let wrong = Name::ALL
            .into_iter()
            .filter(|name| !name.range().contains(&self.of(*name)));
        wrong
            .map(|name| {
                let (name, range) = (name.as_str(), name.range());
                format!("{name} must be {} to {}", range.start(), range.end())
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_its_default_and_what_is_unknown_is_refused() {
        let some: Quotas = serde_json::from_str(r#"{"active_series": 7}"#).unwrap();
        let expected = Quotas {
            active_series: 7,
            ..Quotas::default()
        };
        assert_eq!(some, expected);
        assert!(serde_json::from_str::<Quotas>(r#"{"series": 7}"#).is_err());
        assert!(serde_json::from_str::<Quotas>(r#"{"active_series": -7}"#).is_err());
    }

    #[test]
    fn every_quota_has_the_name_that_it_has_in_json() {
        let json = serde_json::to_value(Quotas::default()).unwrap();
        assert_eq!(json.as_object().unwrap().len(), Name::ALL.len());
        for name in Name::ALL {
            assert_eq!(json[name.as_str()], Quotas::default().of(name));
            assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
        }
    }

    #[test]
    fn what_can_t_be_set_says_what_can() {
        assert_eq!(Quotas::default().problems(), Vec::<String>::new());
        let quotas = Quotas {
            active_series: 0,
            body_bytes: 4_500_001,
            ..Quotas::default()
        };
        assert_eq!(
            quotas.problems(),
            [
                "active_series must be 1 to 1000000",
                "body_bytes must be 1024 to 4500000"
            ]
        );
    }
}
