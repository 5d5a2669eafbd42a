//! Requests that are mostly valid. The fuzzer's bytes choose among what senders say, so that it gets past the
//! framing and to what series, histograms and references may mean together.

use arbitrary::{Result, Unstructured};
use prost::Message;

use crate::remote_write_oracle::{
    Count, Histogram, Label, NOW_MS, ProtoSample, Span, TimeSeries, WriteRequest, ZeroCount, v2,
};
use crate::{remote_write_v1, remote_write_v2};

const NAMES: [&str; 10] = [
    "__name__",
    "__name__",
    "instance",
    "job",
    "le",
    "mode",
    "A",
    "a_rather_long_name",
    "9",
    "",
];
const VALUES: [&str; 9] = [
    "up",
    "x_total",
    "a",
    "ab",
    "web-1:9100",
    "0.5",
    "\u{e9}",
    "a value of more than forty-eight bytes, a long one",
    "",
];

/// A request in both messages.
pub fn remote_write_built(choices: &[u8]) {
    let mut choices = Unstructured::new(choices);
    let Ok(request) = request(&mut choices) else {
        return;
    };
    remote_write_v1(&request.encode_to_vec());
    let mut request = v2::of_v1(&request);
    if decorate(&mut request, &mut choices).is_ok() {
        remote_write_v2(&request.encode_to_vec());
    }
}

fn request(choices: &mut Unstructured<'_>) -> Result<WriteRequest> {
    Ok(WriteRequest {
        timeseries: list(choices, 16, time_series)?,
        ..WriteRequest::default()
    })
}

fn list<T>(
    choices: &mut Unstructured<'_>,
    most: usize,
    mut each: impl FnMut(&mut Unstructured<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let count = choices.int_in_range(0..=most)?;
    (0..count).map(|_| each(choices)).collect()
}

fn time_series(choices: &mut Unstructured<'_>) -> Result<TimeSeries> {
    let label = |choices: &mut Unstructured<'_>| {
        Ok(Label {
            name: (*choices.choose(&NAMES)?).to_owned(),
            value: (*choices.choose(&VALUES)?).to_owned(),
        })
    };
    let mut labels = list(choices, 9, label)?;
    if choices.ratio(7, 8)? {
        labels.sort_by(|a, b| a.name.cmp(&b.name));
        labels.dedup_by(|a, b| a.name == b.name);
    }
    let sample = |choices: &mut Unstructured<'_>| {
        Ok(ProtoSample {
            value: value(choices)?,
            timestamp: time(choices)?,
        })
    };
    Ok(TimeSeries {
        labels,
        samples: list(choices, 3, sample)?,
        exemplars: Vec::new(),
        histograms: list(choices, 1, histogram)?,
    })
}

fn value(choices: &mut Unstructured<'_>) -> Result<f64> {
    Ok(match choices.int_in_range(0..=3)? {
        0 => f64::from_bits(choices.arbitrary()?),
        1 => 0.0,
        _ => f64::from(choices.arbitrary::<i16>()?) / 4.0,
    })
}

fn time(choices: &mut Unstructured<'_>) -> Result<i64> {
    Ok(match choices.int_in_range(0..=7)? {
        0 => choices.arbitrary()?,
        1 => 0,
        _ => NOW_MS - i64::from(choices.arbitrary::<u16>()?),
    })
}

fn histogram(choices: &mut Unstructured<'_>) -> Result<Histogram> {
    let schema = *choices.choose(&[0, 0, 3, 8, -4, -53, -53, 9, i32::MIN])?;
    let (positive_spans, positive) = buckets(choices)?;
    let (negative_spans, negative) = buckets(choices)?;
    let zero: u8 = choices.arbitrary()?;
    let total = positive.iter().chain(&negative).sum::<u64>() + u64::from(zero);
    let slip = choices.ratio(1, 8)?;
    let mut histogram = Histogram {
        sum: value(choices)?,
        schema,
        zero_threshold: value(choices)?,
        positive_spans,
        negative_spans,
        timestamp: time(choices)?,
        ..Histogram::default()
    };
    if schema == -53 {
        histogram.custom_values = list(choices, 20, value)?;
        histogram.custom_values.sort_by(f64::total_cmp);
    }
    if choices.ratio(1, 4)? {
        let floats = |counts: &[u64]| counts.iter().map(|count| *count as f64).collect();
        histogram.positive_counts = floats(&positive);
        histogram.negative_counts = floats(&negative);
        histogram.zero_count = Some(ZeroCount::Float(f64::from(zero)));
        histogram.count = Some(Count::Float(total as f64));
    } else {
        histogram.positive_deltas = deltas(&positive);
        histogram.negative_deltas = deltas(&negative);
        histogram.zero_count = Some(ZeroCount::Int(zero.into()));
        histogram.count = Some(Count::Int(total + u64::from(slip)));
    }
    Ok(histogram)
}

/// Spans, and as many counts.
fn buckets(choices: &mut Unstructured<'_>) -> Result<(Vec<Span>, Vec<u64>)> {
    let span = |choices: &mut Unstructured<'_>| {
        Ok(Span {
            offset: *choices.choose(&[0, 1, 5, -3, 900, i32::MAX, i32::MIN])?,
            length: *choices.choose(&[0, 1, 2, 9, 40, 300])?,
        })
    };
    let spans = list(choices, 3, span)?;
    let length: u32 = spans.iter().map(|span| span.length).sum();
    let counts: Result<Vec<u64>> = (0..length)
        .map(|_| Ok(u64::from(choices.arbitrary::<u8>()?)))
        .collect();
    Ok((spans, counts?))
}

fn deltas(counts: &[u64]) -> Vec<i64> {
    let mut before = 0;
    let differences = counts.iter().map(|count| {
        let delta = count.cast_signed() - before;
        before = count.cast_signed();
        delta
    });
    differences.collect()
}

/// What only 2.0 has, with references that lead nowhere at times.
fn decorate(request: &mut v2::Request, choices: &mut Unstructured<'_>) -> Result<()> {
    let symbols = request.symbols.len() as u32;
    for series in &mut request.timeseries {
        let mut reference = || choices.int_in_range(0..=symbols);
        let (help_ref, unit_ref) = (reference()?, reference()?);
        let refs = [reference()?, reference()?, reference()?];
        if choices.ratio(1, 2)? {
            let kind = choices.int_in_range(0..=9)?;
            series.metadata = Some(v2::Metadata {
                kind,
                help_ref,
                unit_ref,
            });
        }
        if choices.ratio(1, 4)? {
            series.exemplars.push(v2::Exemplar {
                labels_refs: refs[..choices.int_in_range(0..=3)?].to_vec(),
                value: value(choices)?,
                timestamp: time(choices)?,
            });
        }
        if choices.ratio(1, 16)? {
            series.labels_refs.push(refs[0]);
        }
    }
    Ok(())
}
