use intake::Why;

/// Why a data point is rejected while the rest of its body is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A record in neither format, or a message of one that is none; it counts as one data point.
    UnknownRecord,
    /// A line of a record in JSON that is no data point; it counts as one.
    InvalidDatum,
    /// A statistic that has no place in a summary; the data point itself is taken.
    UnsupportedStatistic,
    /// As in every OTLP export.
    Otlp(otlp_metrics::Reason),
}

impl Reason {
    /// Whether something could not be read at all, so that nobody knows what it held.
    #[must_use]
    pub fn is_unread(self) -> bool {
        matches!(self, Self::UnknownRecord | Self::InvalidDatum)
    }
}

impl Why for Reason {
    const UNIT: &'static str = "data points";

    fn code(self) -> &'static str {
        match self {
            Self::UnknownRecord => "unknown_record",
            Self::InvalidDatum => "invalid_datum",
            Self::UnsupportedStatistic => "unsupported_statistic",
            Self::Otlp(reason) => reason.code(),
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::UnknownRecord => {
                "set the metric stream's output format to opentelemetry1.0 or json, and send nothing else through \
                 this Firehose stream"
            }
            Self::InvalidDatum => "send the metric stream's own JSON, without a transformation",
            Self::UnsupportedStatistic => {
                "of additional statistics only percentiles are kept: stream p99, not TM or PR"
            }
            Self::Otlp(reason) => reason.advice(),
        }
    }
}
