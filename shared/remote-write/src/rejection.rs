use std::fmt;

/// Why a series or a sample is rejected while the rest of its body is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No label `__name__`, or an empty one.
    NoMetricName,
    /// A metric's name outside `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    InvalidMetricName,
    /// A label without a name.
    EmptyLabelName,
    /// A label's name outside `[a-zA-Z_][a-zA-Z0-9_]*`.
    InvalidLabelName,
    /// One label name twice in a series.
    DuplicateLabelName,
    /// More labels than [`crate::Limits::labels_per_series`].
    TooManyLabels,
    /// A name longer than [`crate::Limits::label_name_bytes`].
    LabelNameTooLong,
    /// A value longer than [`crate::Limits::label_value_bytes`].
    LabelValueTooLong,
    /// A sample before the window.
    TooOld,
    /// A sample after the window.
    TooFarInFuture,
    /// A native histogram that contradicts itself, or is too large to become classic buckets.
    NativeHistogram,
    /// Samples and native histograms in one series (remote write 2.0).
    SamplesAndHistograms,
    /// A reference to a symbol that is not there (remote write 2.0).
    UnknownSymbol,
    /// A label's name without a value: an odd number of references (remote write 2.0).
    OddReferences,
    /// A new series where [`crate::Limits::admission`] has no room for another.
    ActiveSeriesQuota,
    /// An exemplar without time, outside of the window or with bad labels (remote write 2.0).
    InvalidExemplar,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 16] = [
        Self::NoMetricName,
        Self::InvalidMetricName,
        Self::EmptyLabelName,
        Self::InvalidLabelName,
        Self::DuplicateLabelName,
        Self::TooManyLabels,
        Self::LabelNameTooLong,
        Self::LabelValueTooLong,
        Self::TooOld,
        Self::TooFarInFuture,
        Self::NativeHistogram,
        Self::SamplesAndHistograms,
        Self::UnknownSymbol,
        Self::OddReferences,
        Self::ActiveSeriesQuota,
        Self::InvalidExemplar,
    ];

    /// A stable word for ledgers and logs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoMetricName => "no_metric_name",
            Self::InvalidMetricName => "invalid_metric_name",
            Self::EmptyLabelName => "empty_label_name",
            Self::InvalidLabelName => "invalid_label_name",
            Self::DuplicateLabelName => "duplicate_label_name",
            Self::TooManyLabels => "too_many_labels",
            Self::LabelNameTooLong => "label_name_too_long",
            Self::LabelValueTooLong => "label_value_too_long",
            Self::TooOld => "too_old",
            Self::TooFarInFuture => "too_far_in_future",
            Self::NativeHistogram => "native_histogram",
            Self::SamplesAndHistograms => "samples_and_histograms",
            Self::UnknownSymbol => "unknown_symbol",
            Self::OddReferences => "odd_references",
            Self::ActiveSeriesQuota => "active_series_quota",
            Self::InvalidExemplar => "invalid_exemplar",
        }
    }

    /// What the sender should change.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::NoMetricName => "every series needs a label __name__",
            Self::InvalidMetricName => "metric names match [a-zA-Z_:][a-zA-Z0-9_:]*",
            Self::EmptyLabelName => "every label needs a name",
            Self::InvalidLabelName => "label names match [a-zA-Z_][a-zA-Z0-9_]*",
            Self::DuplicateLabelName => "a label name may come once per series",
            Self::TooManyLabels => "drop labels before sending",
            Self::LabelNameTooLong => "shorten the label's name",
            Self::LabelValueTooLong => "shorten the label's value",
            Self::TooOld => "samples are taken for 24 hours: check the sender's clock and backlog",
            Self::TooFarInFuture => "check the sender's clock",
            Self::NativeHistogram => {
                "native histograms become classic buckets: their counts, spans and bounds must agree"
            }
            Self::SamplesAndHistograms => {
                "send samples and native histograms of a series as two series"
            }
            Self::UnknownSymbol => "every reference must point into the table of symbols",
            Self::OddReferences => "labels_refs holds a name and a value for each label",
            Self::ActiveSeriesQuota => {
                "the quota of active series is used up: send fewer, or ask for more (GET /api/v1/quotas)"
            }
            Self::InvalidExemplar => {
                "an exemplar needs a time in the window and at most 128 characters of labels"
            }
        }
    }
}

/// What was rejected for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Why.
    pub reason: Reason,
    /// Samples and native histograms (for [`Reason::InvalidExemplar`]: exemplars) that are not taken.
    pub samples: u64,
    /// Series that lost something for this reason.
    pub series: u64,
    /// The first series, or the offending part of it, cut to a readable length.
    pub example: String,
}

/// What was rejected of one body, by reason.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rejections(Vec<Rejected>);

impl Rejections {
    /// Whether everything was taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One entry per reason, in order of first appearance.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Rejected> {
        self.0.iter()
    }

    /// The entry for one reason.
    #[must_use]
    pub fn of(&self, reason: Reason) -> Option<&Rejected> {
        self.0.iter().find(|rejected| rejected.reason == reason)
    }

    /// Samples and histograms rejected for any reason; exemplars are not among them.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.0
            .iter()
            .filter(|rejected| rejected.reason != Reason::InvalidExemplar)
            .map(|rejected| rejected.samples)
            .sum()
    }

    pub(crate) fn count(
        &mut self,
        reason: Reason,
        samples: u64,
        series: u64,
        example: impl FnOnce() -> String,
    ) {
        if let Some(rejected) = self.0.iter_mut().find(|r| r.reason == reason) {
            rejected.samples += samples;
            rejected.series += series;
        } else {
            self.0.push(Rejected {
                reason,
                samples,
                series,
                example: example(),
            });
        }
    }
}

/// One line per reason: count, what to change, one example.
impl fmt::Display for Rejections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, rejected) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(
                f,
                "{}: {} samples of {} series; {}; for example {}",
                rejected.reason.code(),
                rejected.samples,
                rejected.series,
                rejected.reason.advice(),
                rejected.example
            )?;
        }
        Ok(())
    }
}
