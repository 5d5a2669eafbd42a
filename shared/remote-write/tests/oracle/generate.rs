//! Any request.

use proptest::prelude::*;

use crate::oracle::{
    Count, Histogram, Label, NOW_MS, ProtoSample, Span, TimeSeries, WriteRequest, ZeroCount,
};

pub fn any_time() -> impl Strategy<Value = i64> {
    prop_oneof![6 => NOW_MS - 60_000..NOW_MS, 1 => any::<i64>(), 1 => Just(0)]
}

pub fn any_labels() -> impl Strategy<Value = Vec<Label>> {
    let name = prop_oneof![
        6 => "[a-z_]{1,8}",
        2 => Just("__name__".to_owned()),
        1 => Just("le".to_owned()),
        1 => "\\PC{0,4}",
        1 => "[A-Z]{1,3}",
        1 => "[a-z]{100,150}"
    ];
    let value = prop_oneof![
        6 => "[a-z0-9.:]{1,12}",
        1 => Just(String::new()),
        1 => "\\PC{0,20}",
        1 => "[a-z]{90,260}"
    ];
    let label = (name, value).prop_map(|(name, value)| Label { name, value });
    let labels = prop::collection::vec(label, 0..6);
    (labels, any::<bool>(), any::<bool>()).prop_map(|(mut labels, named, sorted)| {
        if named {
            labels.push(Label {
                name: "__name__".into(),
                value: "up".into(),
            });
        }
        if sorted {
            labels.sort_by(|a, b| a.name.cmp(&b.name));
        }
        labels
    })
}

fn any_spans() -> impl Strategy<Value = (Vec<Span>, Vec<u64>)> {
    let span = (-3..6_i32, prop::collection::vec(0..9_u64, 0..4));
    prop::collection::vec(span, 0..3).prop_map(|spans| {
        let mut counts = Vec::new();
        let spans = spans.into_iter().enumerate().map(|(at, (offset, more))| {
            let length = more.len() as u32;
            counts.extend(more);
            let offset = if at == 0 { offset } else { offset.max(-1) };
            Span { offset, length }
        });
        (spans.collect(), counts)
    })
}

fn deltas(counts: &[u64]) -> Vec<i64> {
    let before = std::iter::once(&0).chain(counts);
    let pairs = counts.iter().zip(before);
    pairs
        .map(|(count, before)| *count as i64 - *before as i64)
        .collect()
}

fn slipped(mut histogram: Histogram, slip: u8) -> Histogram {
    if histogram.schema == -53 {
        histogram.custom_values = (0..20).map(|at| f64::from(at) / 4.0 - 1.0).collect();
    }
    match slip {
        2 => histogram.positive_deltas.push(1),
        3 => histogram.custom_values.push(0.0),
        4 => histogram.count = None,
        _ => {}
    }
    histogram
}

/// Mostly valid; `slip` makes some of them wrong.
pub fn any_histogram() -> impl Strategy<Value = Histogram> {
    (
        (any_spans(), any_spans(), 0..5_u64),
        (
            any::<bool>(),
            any_time(),
            prop_oneof![3 => Just(0.0), 1 => Just(2.0_f64.powi(-30))],
        ),
        (
            prop_oneof![6 => Just(0), 2 => Just(-53), 1 => Just(-20)],
            0..12_u8,
        ),
        prop_oneof![4 => any::<f64>(), 1 => Just(f64::NAN)],
    )
        .prop_map(
            |(buckets, (is_float, timestamp, zero_threshold), (schema, slip), sum)| {
                let ((negative_spans, negative), (positive_spans, positive), zero) = buckets;
                let is_custom = schema == -53 && slip != 0;
                let (negative_spans, negative, zero, zero_threshold) = if is_custom {
                    (Vec::new(), Vec::new(), 0, 0.0)
                } else {
                    (negative_spans, negative, zero, zero_threshold)
                };
                let count =
                    zero + negative.iter().chain(&positive).sum::<u64>() + u64::from(slip == 1);
                let floats =
                    |counts: &[u64]| counts.iter().map(|count| *count as f64 / 2.0).collect();
                let mut histogram = Histogram {
                    count: Some(if is_float {
                        Count::Float(count as f64 / 2.0)
                    } else {
                        Count::Int(count)
                    }),
                    zero_count: Some(if is_float {
                        ZeroCount::Float(zero as f64)
                    } else {
                        ZeroCount::Int(zero)
                    }),
                    sum,
                    schema,
                    zero_threshold,
                    negative_spans,
                    positive_spans,
                    timestamp,
                    ..Histogram::default()
                };
                if is_float {
                    (histogram.negative_counts, histogram.positive_counts) =
                        (floats(&negative), floats(&positive));
                } else {
                    (histogram.negative_deltas, histogram.positive_deltas) =
                        (deltas(&negative), deltas(&positive));
                }
                slipped(histogram, slip)
            },
        )
}

pub fn any_request() -> impl Strategy<Value = WriteRequest> {
    let value =
        prop_oneof![3 => any::<f64>(), 1 => Just(0.0), 1 => any::<u64>().prop_map(f64::from_bits)];
    let sample =
        (any_time(), value).prop_map(|(timestamp, value)| ProtoSample { timestamp, value });
    let histograms = prop_oneof![
        3 => Just(Vec::new()),
        1 => prop::collection::vec(any_histogram(), 0..3)
    ];
    let series = (
        any_labels(),
        prop::collection::vec(sample, 0..4),
        histograms,
        any::<bool>(),
        1..4_usize,
    )
        .prop_map(
            |(labels, mut samples, histograms, only_histograms, times)| {
                if only_histograms && !histograms.is_empty() {
                    samples.clear();
                }
                let series = TimeSeries {
                    labels,
                    samples,
                    histograms,
                    exemplars: Vec::new(),
                };
                vec![series; times]
            },
        );
    prop::collection::vec(series, 0..8).prop_map(|timeseries| WriteRequest {
        timeseries: timeseries.into_iter().flatten().collect(),
        metadata: Vec::new(),
    })
}
