//! A data point as both encodings say it, one at a time, so that a body never stands in memory twice.

use std::borrow::Cow;

use series::MetricKind;

/// `DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK` of metrics.proto.
const NO_RECORDED_VALUE: u32 = 1;

/// Key and value (as text) of an attribute.
#[derive(Debug, Clone)]
pub(crate) struct Attribute<'b> {
    pub(crate) key: Cow<'b, str>,
    pub(crate) value: Cow<'b, str>,
}

/// A list that stops growing at a limit and remembers that there was more.
#[derive(Debug)]
pub(crate) struct Bounded<T> {
    pub(crate) items: Vec<T>,
    pub(crate) is_cut: bool,
    limit: usize,
}

impl<T> Bounded<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            items: Vec::new(),
            is_cut: false,
            limit,
        }
    }

    pub(crate) fn push(&mut self, item: T) {
        if self.items.len() < self.limit {
            self.items.push(item);
        } else {
            self.is_cut = true;
        }
    }
}

pub(crate) type Attributes<'b> = Bounded<Attribute<'b>>;

/// What every data point of one metric has in common.
#[derive(Debug)]
pub(crate) struct Metric<'b> {
    pub(crate) name: Cow<'b, str>,
    pub(crate) description: Cow<'b, str>,
    pub(crate) unit: Cow<'b, str>,
    pub(crate) kind: Kind,
    pub(crate) temporality: Temporality,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Gauge,
    Sum { is_monotonic: bool },
    Histogram,
    ExponentialHistogram,
    Summary,
}

impl Kind {
    /// Source: OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility".
    pub(crate) fn of_prometheus(self) -> MetricKind {
        match self {
            Self::Sum { is_monotonic: true } => MetricKind::Counter,
            Self::Gauge | Self::Sum { .. } => MetricKind::Gauge,
            Self::Histogram | Self::ExponentialHistogram => MetricKind::Histogram,
            Self::Summary => MetricKind::Summary,
        }
    }
}

/// Gauges and summaries have none on the wire and count as cumulative here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Temporality {
    Cumulative,
    Delta,
    Unspecified,
}

impl Temporality {
    /// `AggregationTemporality` of metrics.proto.
    pub(crate) fn of_number(number: i64) -> Self {
        match number {
            1 => Self::Delta,
            2 => Self::Cumulative,
            _ => Self::Unspecified,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Point<'b> {
    pub(crate) attributes: Attributes<'b>,
    pub(crate) time_ns: u64,
    pub(crate) flags: u32,
    pub(crate) exemplars: u64,
    pub(crate) value: Value,
}

impl Point<'_> {
    pub(crate) fn has_no_recorded_value(&self) -> bool {
        self.flags & NO_RECORDED_VALUE != 0
    }
}

#[derive(Debug)]
pub(crate) enum Value {
    Number(Option<f64>),
    Histogram(Histogram),
    Exponential(Exponential),
    Summary(Summary),
}

#[derive(Debug)]
pub(crate) struct Histogram {
    pub(crate) count: u64,
    pub(crate) sum: Option<f64>,
    pub(crate) counts: Bounded<u64>,
    pub(crate) bounds: Bounded<f64>,
}

#[derive(Debug)]
pub(crate) struct Exponential {
    pub(crate) count: u64,
    pub(crate) sum: Option<f64>,
    pub(crate) scale: i32,
    pub(crate) zero_count: u64,
    pub(crate) zero_threshold: f64,
    pub(crate) positive: Buckets,
    pub(crate) negative: Buckets,
}

/// Counts of the buckets from index `offset` on.
#[derive(Debug)]
pub(crate) struct Buckets {
    pub(crate) offset: i32,
    pub(crate) counts: Bounded<u64>,
}

#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) quantiles: Bounded<(f64, f64)>,
}

impl Value {
    pub(crate) fn empty(kind: Kind, limit: usize) -> Self {
        let buckets = || Buckets {
            offset: 0,
            counts: Bounded::new(limit),
        };
        match kind {
            Kind::Gauge | Kind::Sum { .. } => Self::Number(None),
            Kind::Histogram => Self::Histogram(Histogram {
                count: 0,
                sum: None,
                counts: Bounded::new(limit),
                bounds: Bounded::new(limit),
            }),
            Kind::ExponentialHistogram => Self::Exponential(Exponential {
                count: 0,
                sum: None,
                scale: 0,
                zero_count: 0,
                zero_threshold: 0.0,
                positive: buckets(),
                negative: buckets(),
            }),
            Kind::Summary => Self::Summary(Summary {
                count: 0,
                sum: 0.0,
                quantiles: Bounded::new(limit),
            }),
        }
    }
}
