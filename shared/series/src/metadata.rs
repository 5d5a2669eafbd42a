use serde::{Deserialize, Serialize};

/// What kind of metric it is. In JSON as `/api/v1/metadata` of Prometheus names it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum MetricKind {
    /// Not said, or of a kind nobody here knows.
    #[default]
    Unknown,
    /// Only grows, or begins again.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts per bucket that only grow.
    Histogram,
    /// Counts per bucket that go up and down.
    GaugeHistogram,
    /// Quantiles.
    Summary,
    /// Facts in labels.
    Info,
    /// One state out of several.
    StateSet,
}

/// What a sender says about a metric, by whichever protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetadataView<'a> {
    /// The metric family's name: `x` also for the series `x_bucket` of a histogram.
    pub metric: &'a str,
    /// Its kind.
    pub kind: MetricKind,
    /// What it means, empty where nobody says.
    pub help: &'a str,
    /// Its unit, empty where nobody says.
    pub unit: &'a str,
}
