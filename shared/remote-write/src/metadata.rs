use series::{MetadataView, MetricKind};

use crate::Refusal;
use crate::label::text_of_field;
use crate::wire::{Key, LENGTH, Reader, VARINT};

/// Numbers as in both protocols.
pub(crate) fn kind_of_number(number: u64) -> MetricKind {
    match number {
        1 => MetricKind::Counter,
        2 => MetricKind::Gauge,
        3 => MetricKind::Histogram,
        4 => MetricKind::GaugeHistogram,
        5 => MetricKind::Summary,
        6 => MetricKind::Info,
        7 => MetricKind::StateSet,
        _ => MetricKind::Unknown,
    }
}

/// The family a series belongs to: its metric's name without the endings of the kind's parts.
fn family(kind: MetricKind, metric: &str) -> &str {
    let endings: &[&str] = match kind {
        MetricKind::Histogram | MetricKind::GaugeHistogram => {
            &["_bucket", "_count", "_sum", "_gcount", "_gsum"]
        }
        MetricKind::Summary => &["_count", "_sum"],
        _ => &[],
    };
    let stripped = endings.iter().find_map(|end| metric.strip_suffix(end));
    stripped.filter(|name| !name.is_empty()).unwrap_or(metric)
}

/// As remote write 2.0 says it with a series; `None` where it says nothing.
pub(crate) fn of_series<'a>(
    metric: &'a str,
    kind: MetricKind,
    help: &'a str,
    unit: &'a str,
) -> Option<MetadataView<'a>> {
    let says_something = kind != MetricKind::Unknown || !help.is_empty() || !unit.is_empty();
    says_something.then(|| MetadataView {
        metric: family(kind, metric),
        kind,
        help,
        unit,
    })
}

/// `prometheus.MetricMetadata`: type 1, name 2, help 4, unit 5.
pub(crate) fn read_v1(mut message: Reader<'_>) -> Result<MetadataView<'_>, Refusal> {
    let mut view = MetadataView {
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
            } => view.kind = kind_of_number(message.varint()?),
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
