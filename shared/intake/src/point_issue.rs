use crate::LabelIssue;

/// Why a point can't be taken, whatever its protocol. Words that remote write has too are the same there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PointIssue {
    /// A metric's name without a single letter or digit.
    InvalidMetricName,
    /// A label without a name.
    EmptyLabelName,
    /// More labels than [`crate::Limits::labels_per_series`].
    TooManyLabels,
    /// A label's name longer than [`crate::Limits::label_name_bytes`].
    LabelNameTooLong,
    /// A value, or the metric's name, longer than [`crate::Limits::label_value_bytes`].
    LabelValueTooLong,
    /// A time before the window.
    TooOld,
    /// A time after the window.
    TooFarInFuture,
    /// A new series where [`crate::Limits::admission`] has no room for another.
    ActiveSeriesQuota,
}

impl PointIssue {
    /// Every issue.
    pub const ALL: [Self; 8] = [
        Self::InvalidMetricName,
        Self::EmptyLabelName,
        Self::TooManyLabels,
        Self::LabelNameTooLong,
        Self::LabelValueTooLong,
        Self::TooOld,
        Self::TooFarInFuture,
        Self::ActiveSeriesQuota,
    ];

    /// A stable word for ledgers and logs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidMetricName => "invalid_metric_name",
            Self::EmptyLabelName => "empty_label_name",
            Self::TooManyLabels => "too_many_labels",
            Self::LabelNameTooLong => "label_name_too_long",
            Self::LabelValueTooLong => "label_value_too_long",
            Self::TooOld => "too_old",
            Self::TooFarInFuture => "too_far_in_future",
            Self::ActiveSeriesQuota => "active_series_quota",
        }
    }

    /// What the sender should change.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::InvalidMetricName => "a metric's name needs a letter from A to Z or a digit",
            Self::EmptyLabelName => "every label needs a name",
            Self::TooManyLabels => "drop labels before sending",
            Self::LabelNameTooLong => "shorten the label's name",
            Self::LabelValueTooLong => "shorten the label's value or the metric's name",
            Self::TooOld => "samples are taken for 24 hours: check the sender's clock and backlog",
            Self::TooFarInFuture => "check the sender's clock",
            Self::ActiveSeriesQuota => {
                "the quota of active series is used up: send fewer, or ask for more (GET /api/v1/quotas)"
            }
        }
    }
}

impl From<LabelIssue> for PointIssue {
    fn from(issue: LabelIssue) -> Self {
        match issue {
            LabelIssue::EmptyName => Self::EmptyLabelName,
            LabelIssue::NameTooLong => Self::LabelNameTooLong,
            LabelIssue::ValueTooLong => Self::LabelValueTooLong,
            LabelIssue::TooMany => Self::TooManyLabels,
        }
    }
}
