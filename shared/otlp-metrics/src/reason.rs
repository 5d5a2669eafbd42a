use intake::Why;

/// Why a data point is rejected while the rest of its body is taken. Words that remote write has too are
/// the same there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A metric without a name.
    NoMetricName,
    /// A metric's name without a single letter, digit or colon.
    InvalidMetricName,
    /// An attribute without a key.
    EmptyLabelName,
    /// More labels (or attributes) than [`intake::Limits::labels_per_series`].
    TooManyLabels,
    /// A label's name longer than [`intake::Limits::label_name_bytes`].
    LabelNameTooLong,
    /// A value, or the metric's name, longer than [`intake::Limits::label_value_bytes`].
    LabelValueTooLong,
    /// More buckets or quantiles than [`intake::Limits::buckets_per_point`].
    TooManyBuckets,
    /// No time.
    MissingTime,
    /// A time before the window.
    TooOld,
    /// A time after the window.
    TooFarInFuture,
    /// A number data point without a number.
    NoValue,
    /// Buckets and bounds that do not belong together, or bounds that do not rise.
    InvalidHistogram,
    /// New series where [`intake::Limits::admission`] has no room for them.
    ActiveSeriesQuota,
    /// A sum or histogram that counts from its last export.
    DeltaTemporality,
    /// A sum or histogram that does not say what it counts from.
    UnspecifiedTemporality,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 15] = [
        Self::NoMetricName,
        Self::InvalidMetricName,
        Self::EmptyLabelName,
        Self::TooManyLabels,
        Self::LabelNameTooLong,
        Self::LabelValueTooLong,
        Self::TooManyBuckets,
        Self::MissingTime,
        Self::TooOld,
        Self::TooFarInFuture,
        Self::NoValue,
        Self::InvalidHistogram,
        Self::ActiveSeriesQuota,
        Self::DeltaTemporality,
        Self::UnspecifiedTemporality,
    ];
}

impl Why for Reason {
    const UNIT: &'static str = "data points";

    fn code(self) -> &'static str {
        match self {
            Self::NoMetricName => "no_metric_name",
            Self::InvalidMetricName => "invalid_metric_name",
            Self::EmptyLabelName => "empty_label_name",
            Self::TooManyLabels => "too_many_labels",
            Self::LabelNameTooLong => "label_name_too_long",
            Self::LabelValueTooLong => "label_value_too_long",
            Self::TooManyBuckets => "too_many_buckets",
            Self::MissingTime => "missing_time",
            Self::TooOld => "too_old",
            Self::TooFarInFuture => "too_far_in_future",
            Self::NoValue => "no_value",
            Self::InvalidHistogram => "invalid_histogram",
            Self::ActiveSeriesQuota => "active_series_quota",
            Self::DeltaTemporality => "delta_temporality",
            Self::UnspecifiedTemporality => "unspecified_temporality",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::NoMetricName => "every metric needs a name",
            Self::InvalidMetricName => "a metric's name needs a letter from A to Z or a digit",
            Self::EmptyLabelName => "every attribute needs a key",
            Self::TooManyLabels => "drop attributes before sending",
            Self::LabelNameTooLong => "shorten the attribute's key",
            Self::LabelValueTooLong => "shorten the attribute's value or the metric's name",
            Self::TooManyBuckets => "send fewer buckets per data point",
            Self::MissingTime => "set timeUnixNano",
            Self::TooOld => {
                "data points are taken for 24 hours: check the sender's clock and backlog"
            }
            Self::TooFarInFuture => "check the sender's clock",
            Self::NoValue => "set asDouble or asInt",
            Self::InvalidHistogram => {
                "bounds must rise, and there is one bucket more than there are bounds"
            }
            Self::ActiveSeriesQuota => {
                "the quota of active series is used up: send fewer, or ask for more (GET /api/v1/quotas)"
            }
            Self::DeltaTemporality => {
                "send cumulative values: OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=cumulative, \
                 or the Collector's deltatocumulative processor"
            }
            Self::UnspecifiedTemporality => "set aggregationTemporality to 2 (cumulative)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_remote_write_has_too_has_the_same_word() {
        let theirs: Vec<_> = remote_write::Reason::ALL.map(|r| r.code()).to_vec();
        for ours in [
            Reason::NoMetricName,
            Reason::InvalidMetricName,
            Reason::EmptyLabelName,
            Reason::TooManyLabels,
            Reason::LabelNameTooLong,
            Reason::LabelValueTooLong,
            Reason::TooOld,
            Reason::TooFarInFuture,
            Reason::ActiveSeriesQuota,
        ] {
            assert!(theirs.contains(&ours.code()), "{ours:?}");
        }
    }

    #[test]
    fn every_reason_has_a_word_of_its_own_and_advice() {
        let mut words: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Reason::ALL.len());
        assert!(Reason::ALL.iter().all(|reason| !reason.advice().is_empty()));
    }
}
