use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Name, Quotas};

/// Far from its quotas a tenant is measured so often; see [`Usage::is_due`].
const MEASURED_EVERY: SignedDuration = SignedDuration::from_secs(290);

/// What a tenant was found to use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// When it was measured.
    pub measured_at: Timestamp,
    /// The version of the quotas that it was held against.
    pub quotas_version: u64,
    /// Different series of the last five minutes.
    pub active_series: u64,
    /// Points a second in the last whole minute, rounded up.
    pub samples_per_sec: u64,
    /// Senders of whom something arrived in the last five minutes.
    pub senders: u64,
    /// The most labels that a series had.
    pub labels_per_series: u64,
    /// The longest name of a label.
    pub label_name_bytes: u64,
    /// The longest value of a label.
    pub label_value_bytes: u64,
    /// In how many parts it is stored which series these are; 0 where it is not.
    #[serde(default)]
    pub established_parts: u32,
}

impl Usage {
    /// Whether it has to be measured again: with each tick where a quarter of a quota is used, because from
    /// there a burst reaches it soon; else each five minutes, because measuring reads everything that arrived.
    #[must_use]
    pub fn is_due(before: Option<&Self>, quotas: &Quotas, version: u64, now: Timestamp) -> bool {
        let Some(before) = before else {
            return true;
        };
        before.quotas_version != version
            || before.reaches(quotas, 1, 4)
            || now.duration_since(before.measured_at) >= MEASURED_EVERY
    }

    /// Whether so many points came that every further one is leased before it is taken: half of the quota.
    #[must_use]
    pub fn is_near_rate(&self, quotas: &Quotas) -> bool {
        self.samples_per_sec.saturating_mul(2) >= quotas.samples_per_sec
    }

    /// Whether new series have to be told from established ones: from nine tenths of the quota on.
    #[must_use]
    pub fn is_near_series(&self, quotas: &Quotas) -> bool {
        self.active_series.saturating_mul(10) >= quotas.active_series.saturating_mul(9)
    }

    /// For how many new series there is room.
    #[must_use]
    pub fn room(&self, quotas: &Quotas) -> u64 {
        quotas.active_series.saturating_sub(self.active_series)
    }

    /// What names this measurement.
    #[must_use]
    pub fn measurement(&self) -> i64 {
        self.measured_at.as_second()
    }

    /// How much of one quota; none where that is not measured.
    #[must_use]
    pub const fn of(&self, name: Name) -> Option<u64> {
        match name {
            Name::ActiveSeries => Some(self.active_series),
            Name::SamplesPerSec => Some(self.samples_per_sec),
            Name::BodyBytes => None,
            Name::LabelsPerSeries => Some(self.labels_per_series),
            Name::LabelNameBytes => Some(self.label_name_bytes),
            Name::LabelValueBytes => Some(self.label_value_bytes),
        }
    }

    fn reaches(&self, quotas: &Quotas, part: u64, whole: u64) -> bool {
        let used = [
            (self.active_series, quotas.active_series),
            (self.samples_per_sec, quotas.samples_per_sec),
        ];
        used.iter()
            .any(|(used, quota)| used.saturating_mul(whole) >= quota.saturating_mul(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + secs).unwrap()
    }

    fn usage(active_series: u64, samples_per_sec: u64) -> Usage {
        Usage {
            measured_at: at(0),
            quotas_version: 1,
            active_series,
            samples_per_sec,
            senders: 1,
            labels_per_series: 5,
            label_name_bytes: 8,
            label_value_bytes: 9,
            established_parts: 0,
        }
    }

    #[test]
    fn a_tenant_far_from_its_quotas_is_measured_each_five_minutes_and_one_near_them_each_time() {
        let quotas = Quotas {
            active_series: 1000,
            samples_per_sec: 100,
            ..Quotas::default()
        };
        let cases = [
            (usage(249, 24), 1, 60, false),
            (usage(249, 24), 1, 289, false),
            (usage(249, 24), 1, 290, true),
            (usage(250, 0), 1, 1, true),
            (usage(0, 25), 1, 1, true),
            // New quotas, against which nothing was measured.
            (usage(0, 0), 2, 1, true),
        ];
        for (usage, version, secs, is_due) in cases {
            let found = Usage::is_due(Some(&usage), &quotas, version, at(secs));
            assert_eq!(found, is_due, "{usage:?} after {secs} s");
        }
        assert!(Usage::is_due(None, &quotas, 0, at(0)));
    }

    #[test]
    fn from_nine_tenths_of_the_series_on_new_ones_are_told_from_others() {
        let quotas = Quotas {
            active_series: 1000,
            ..Quotas::default()
        };
        for (active, is_near, room) in [(899, false, 101), (900, true, 100), (1_100, true, 0)] {
            let usage = usage(active, 0);
            assert_eq!(usage.is_near_series(&quotas), is_near, "{active}");
            assert_eq!(usage.room(&quotas), room, "{active}");
        }
    }

    #[test]
    fn half_of_the_rate_is_near() {
        let quotas = Quotas {
            samples_per_sec: 100,
            ..Quotas::default()
        };
        assert!(!usage(0, 49).is_near_rate(&quotas));
        assert!(usage(0, 50).is_near_rate(&quotas));
    }
}
