use series::{Sample, Series, SeriesView};

// Keys of prometheus.WriteRequest, TimeSeries, Label and Sample (remote write 1.0).
const TIME_SERIES: u8 = 0x0A;
const LABEL: u8 = 0x0A;
pub(crate) const SAMPLE: u8 = 0x12;
const NAME: u8 = 0x0A;
const LABEL_VALUE: u8 = 0x12;
const VALUE: u8 = 0x09;
const TIME: u8 = 0x10;

/// The remote-write 1.0 body (a snappy block) that carries `series`.
#[must_use]
pub fn encode(series: &[Series]) -> Vec<u8> {
    let mut request = Vec::new();
    for series in series {
        time_series(&mut request, series.labels.iter(), &series.samples);
    }
    compress(&request)
}

/// As [`encode`], from borrowed series.
#[must_use]
pub fn encode_views(series: &[SeriesView<'_>]) -> Vec<u8> {
    let mut request = Vec::new();
    for series in series {
        time_series(&mut request, series.labels.iter().copied(), series.samples);
    }
    compress(&request)
}

/// Snappy fails only beyond 4 GiB; such a body would be refused anyway, as the empty one it becomes.
pub(crate) fn compress(request: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new()
        .compress_vec(request)
        .unwrap_or_default()
}

fn time_series<'a>(
    request: &mut Vec<u8>,
    labels: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    samples: &[Sample],
) {
    let label_sizes = labels.clone().map(|(name, value)| label_size(name, value));
    let sample_sizes = samples.iter().map(sample_size);
    let size = label_sizes
        .chain(sample_sizes)
        .map(|size| 1 + varint_size(size as u64) + size)
        .sum();
    header(request, TIME_SERIES, size);
    for (name, value) in labels {
        header(request, LABEL, label_size(name, value));
        header(request, NAME, name.len());
        request.extend_from_slice(name.as_bytes());
        header(request, LABEL_VALUE, value.len());
        request.extend_from_slice(value.as_bytes());
    }
    for sample in samples {
        header(request, SAMPLE, sample_size(sample));
        sample_field(request, sample);
    }
}

pub(crate) fn sample_field(request: &mut Vec<u8>, sample: &Sample) {
    request.push(VALUE);
    request.extend_from_slice(&sample.value.to_bits().to_le_bytes());
    request.push(TIME);
    varint(request, sample.time_ms.cast_unsigned());
}

fn label_size(name: &str, value: &str) -> usize {
    let text = |text: &str| 1 + varint_size(text.len() as u64) + text.len();
    text(name) + text(value)
}

pub(crate) fn sample_size(sample: &Sample) -> usize {
    1 + 8 + 1 + varint_size(sample.time_ms.cast_unsigned())
}

pub(crate) fn header(request: &mut Vec<u8>, key: u8, size: usize) {
    request.push(key);
    varint(request, size as u64);
}

pub(crate) fn varint_size(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

pub(crate) fn varint(request: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        request.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    request.push(value as u8);
}
