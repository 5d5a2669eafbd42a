use crate::Refusal;
use crate::label::text_of_field;
use crate::wire::{Key, LENGTH, Reader, VARINT};

/// What kind of metric it is. Numbers as in both protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
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

impl MetricKind {
    /// As `/api/v1/metadata` of Prometheus names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::StateSet => "stateset",
        }
    }

    pub(crate) fn of_number(number: u64) -> Self {
        match number {
            1 => Self::Counter,
            2 => Self::Gauge,
            3 => Self::Histogram,
            4 => Self::GaugeHistogram,
            5 => Self::Summary,
            6 => Self::Info,
            7 => Self::StateSet,
            _ => Self::Unknown,
        }
    }

    /// The family a series belongs to: its metric's name without the endings of the kind's parts.
    fn family(self, metric: &str) -> &str {
        let endings: &[&str] = match self {
            Self::Histogram | Self::GaugeHistogram => {
                &["_bucket", "_count", "_sum", "_gcount", "_gsum"]
            }
            Self::Summary => &["_count", "_sum"],
            _ => &[],
        };
        let stripped = endings.iter().find_map(|end| metric.strip_suffix(end));
        stripped.filter(|name| !name.is_empty()).unwrap_or(metric)
    }
}

/// What a body says about a metric. The same metric may come more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl<'a> MetadataView<'a> {
    /// As remote write 2.0 says it with a series; `None` where it says nothing.
    pub(crate) fn of_series(
        metric: &'a str,
        kind: MetricKind,
        help: &'a str,
        unit: &'a str,
    ) -> Option<Self> {
        let says_something = kind != MetricKind::Unknown || !help.is_empty() || !unit.is_empty();
        says_something.then(|| Self {
            metric: kind.family(metric),
            kind,
            help,
            unit,
        })
    }

    /// `prometheus.MetricMetadata`: type 1, name 2, help 4, unit 5.
    pub(crate) fn read_v1(mut message: Reader<'a>) -> Result<Self, Refusal> {
        let mut view = Self {
            metric: "",
            kind: MetricKind::Unknown,
            help: "",
            unit: "",
        };
        while !message.is_done() {
            let start = message;
            let key = message.key()?;
            match key {
                Key {
                    field: 1,
                    wire: VARINT,
                } => view.kind = MetricKind::of_number(message.varint()?),
                Key {
                    field: 2,
                    wire: LENGTH,
                } => view.metric = text_of_field(message.message()?)?,
                Key {
                    field: 4,
                    wire: LENGTH,
                } => view.help = text_of_field(message.message()?)?,
                Key {
                    field: 5,
                    wire: LENGTH,
                } => view.unit = text_of_field(message.message()?)?,
                Key {
                    field: 1 | 2 | 4 | 5,
                    ..
                } => return Err(start.malformed("a metadata field has the wrong type")),
                unknown => message.skip(unknown)?,
            }
        }
        Ok(view)
    }
}
