//! What decoding should give, worked out the slow way from what `prost` reads.

use series::{Labels, METRIC_NAME, Sample, Series};

use super::v2::{Request, labels_of};
use super::{Count, Histogram, Label, NOW_MS, ProtoSample, Span, TimeSeries, ZeroCount};
use remote_write::{Limits, Protocol, WriteRequest};

#[derive(Debug, PartialEq, Default)]
pub struct Expected {
    /// Of samples.
    pub series: Vec<Series>,
    /// Of histograms.
    pub classic: Vec<Series>,
    pub samples_rejected: u64,
    pub histograms_accepted: u64,
    pub histograms_rejected: u64,
}

/// The same account of what was decoded.
pub fn found(request: &WriteRequest<'_>) -> Expected {
    let series = request.series().map(|view| {
        assert_eq!(view.id, Labels::from_sorted(view.labels).series_id());
        Series {
            labels: canonical(&Labels::from_sorted(view.labels)),
            samples: view.samples.to_vec(),
        }
    });
    let counts = request.counts;
    let rejected = counts.samples.rejected + counts.histograms.rejected;
    assert_eq!(request.rejected.samples(), rejected);
    let mut series: Vec<Series> = series.collect();
    // Each classic series has one sample, and they come last.
    let converted = request.stored_sample_count() - request.sample_count();
    let classic = series.split_off(series.len() - converted);
    Expected {
        series,
        classic,
        samples_rejected: counts.samples.rejected,
        histograms_accepted: counts.histograms.accepted,
        histograms_rejected: counts.histograms.rejected,
    }
}

/// Bounds as numbers, whatever the text.
fn canonical(labels: &Labels) -> Labels {
    match labels.value("le").parse::<f64>() {
        Ok(bound) => labels.with("le", &format!("{bound:?}")),
        Err(_) => labels.clone(),
    }
}

/// Of a body of 1.0.
pub fn of_v1(request: super::WriteRequest, limits: &Limits) -> Expected {
    let series = request.timeseries.into_iter();
    let series = series.map(|series| (Some(series.labels.clone()), series));
    expected(series, limits, Protocol::V1)
}

/// Of a body of 2.0.
pub fn of_v2(request: &Request, limits: &Limits) -> Expected {
    let series = request.timeseries.iter().map(|series| {
        let plain = TimeSeries {
            samples: series
                .samples
                .iter()
                .map(|sample| ProtoSample {
                    value: sample.value,
                    timestamp: sample.timestamp,
                })
                .collect(),
            histograms: series.histograms.clone(),
            ..TimeSeries::default()
        };
        // A broken reference of the metadata breaks its series.
        let text = |at: u32| request.symbols.get(at as usize);
        let metadata = series.metadata.unwrap_or_default();
        let is_said =
            (1..=7).contains(&metadata.kind) || metadata.help_ref > 0 || metadata.unit_ref > 0;
        let is_whole = text(metadata.help_ref).is_some() && text(metadata.unit_ref).is_some();
        let labels = labels_of(request, series).filter(|_| !is_said || is_whole);
        (labels, plain)
    });
    expected(series, limits, Protocol::V2)
}

/// `timeseries`: series whose labels could be read, and those whose could not.
fn expected(
    timeseries: impl IntoIterator<Item = (Option<Vec<Label>>, TimeSeries)>,
    limits: &Limits,
    protocol: Protocol,
) -> Expected {
    let mut expected = Expected::default();
    for (labels, series) in timeseries {
        let (samples, histograms) = (series.samples.len() as u64, series.histograms.len() as u64);
        let is_mixed = protocol == Protocol::V2 && samples > 0 && histograms > 0;
        let labels = labels.and_then(|labels| valid(labels, limits, protocol));
        let Some(labels) = labels.filter(|_| !is_mixed) else {
            expected.samples_rejected += samples;
            expected.histograms_rejected += histograms;
            continue;
        };
        let kept: Vec<Sample> = series
            .samples
            .iter()
            .map(|s| Sample {
                time_ms: s.timestamp,
                value: s.value,
            })
            .filter(|s| is_in_window(s.time_ms, limits))
            .collect();
        expected.samples_rejected += samples - kept.len() as u64;
        for histogram in &series.histograms {
            match classic_series(&labels, histogram, limits) {
                Some(series) => {
                    expected.histograms_accepted += 1;
                    expected.classic.extend(series);
                }
                None => expected.histograms_rejected += 1,
            }
        }
        if !kept.is_empty() {
            expected.series.push(Series {
                labels: canonical(&labels),
                samples: kept,
            });
        }
    }
    expected
}

fn is_in_window(time_ms: i64, limits: &Limits) -> bool {
    let oldest = NOW_MS.saturating_sub(limits.past_ms);
    (oldest..=NOW_MS.saturating_add(limits.future_ms)).contains(&time_ms)
}

fn valid(labels: Vec<Label>, limits: &Limits, protocol: Protocol) -> Option<Labels> {
    let is_short = |label: &Label| {
        label.name.len() <= limits.label_name_bytes && label.value.len() <= limits.label_value_bytes
    };
    if labels.len() > limits.labels_per_series || !labels.iter().all(is_short) {
        return None;
    }
    let is_name = |name: &str, metric: bool| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || (metric && c == ':');
        let is_classic =
            !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(is_plain);
        !name.is_empty() && (protocol == Protocol::V2 || is_classic)
    };
    let are_names = labels.iter().all(|l| is_name(&l.name, false));
    let labels = Labels::new(labels.into_iter().map(|l| (l.name, l.value))).ok()?;
    (are_names && is_name(labels.metric_name(), true)).then_some(labels)
}

/// A bucket's lower and upper end, and what is in it.
type Bucket = (f64, f64, f64);

/// For schema 0, whose bounds are powers of two, and for custom buckets.
fn classic_series(labels: &Labels, histogram: &Histogram, limits: &Limits) -> Option<Vec<Series>> {
    if !is_in_window(histogram.timestamp, limits) || !labels.value("le").is_empty() {
        return None;
    }
    let (count, buckets) = buckets(histogram)?;
    let mut bounds: Vec<f64> = if histogram.schema == -53 {
        histogram.custom_values.clone()
    } else {
        buckets
            .iter()
            .flat_map(|(lower, upper, _)| [*lower, *upper])
            .collect()
    };
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    let below = |bound: f64| -> f64 {
        buckets
            .iter()
            .filter(|(_, upper, _)| *upper <= bound)
            // The sum of nothing would be -0.
            .fold(0.0, |sum, (_, _, count)| sum + count)
    };
    let series = |ending: &str, bound: Option<f64>, value: f64| Series {
        labels: labels
            .with(METRIC_NAME, &format!("{}{ending}", labels.metric_name()))
            .with(
                "le",
                &bound.map_or(String::new(), |bound| format!("{bound:?}")),
            ),
        samples: vec![Sample {
            time_ms: histogram.timestamp,
            value,
        }],
    };
    let finite = bounds
        .iter()
        .map(|bound| series("_bucket", Some(*bound), below(*bound)));
    let mut classic: Vec<Series> = finite.collect();
    classic.push(series("_bucket", Some(f64::INFINITY), count));
    classic.push(series("_count", None, count));
    classic.push(series("_sum", None, histogram.sum));
    Some(classic)
}

fn buckets(histogram: &Histogram) -> Option<(f64, Vec<Bucket>)> {
    let is_float = matches!(histogram.count, Some(Count::Float(_)));
    let Histogram {
        negative_spans,
        negative_deltas,
        negative_counts,
        positive_spans,
        positive_deltas,
        positive_counts,
        ..
    } = histogram;
    let negative = indexed(negative_spans, negative_deltas, negative_counts, is_float)?;
    let positive = indexed(positive_spans, positive_deltas, positive_counts, is_float)?;
    let zero = match (histogram.zero_count, is_float) {
        (Some(ZeroCount::Int(count)), false) => count as f64,
        (Some(ZeroCount::Float(count)), true) => count,
        _ => 0.0,
    };
    let count = match histogram.count {
        Some(Count::Int(count)) => count as f64,
        Some(Count::Float(count)) => count,
        None => 0.0,
    };
    let all = negative.iter().chain(&positive);
    let sum: f64 = zero + all.map(|(_, count)| count).sum::<f64>();
    let agrees = is_float || sum == count || (histogram.sum.is_nan() && sum <= count);
    if !agrees || count.is_nan() || count < 0.0 || zero.is_nan() || zero < 0.0 {
        return None;
    }
    if histogram.schema == -53 {
        return Some((count, custom(histogram, zero, &negative, &positive)?));
    }
    if histogram.schema != 0 {
        return None;
    }
    let power = |index: i64| 2.0_f64.powi(index as i32);
    let width = histogram.zero_threshold;
    let mut buckets: Vec<Bucket> = Vec::new();
    // The zero bucket's lower end only shows where something is below it.
    let lower = if negative.is_empty() {
        width
    } else {
        0.0 - width
    };
    buckets.push((lower + 0.0, width, zero));
    for (index, count) in negative {
        buckets.push((-power(index), -power(index - 1), count));
    }
    for (index, count) in positive {
        buckets.push((power(index - 1), power(index), count));
    }
    Some((count, buckets))
}

fn custom(
    histogram: &Histogram,
    zero: f64,
    negative: &[(i64, f64)],
    positive: &[(i64, f64)],
) -> Option<Vec<Bucket>> {
    let uppers = &histogram.custom_values;
    let rises = uppers.windows(2).all(|pair| pair[0] < pair[1]);
    let are_numbers = uppers.iter().all(|upper| upper.is_finite());
    if zero != 0.0
        || histogram.zero_threshold != 0.0
        || !negative.is_empty()
        || !rises
        || !are_numbers
    {
        return None;
    }
    let upper = |index: i64| match usize::try_from(index) {
        Ok(at) if at == uppers.len() => Some(f64::INFINITY),
        Ok(at) => uppers.get(at).copied(),
        Err(_) => None,
    };
    positive
        .iter()
        .map(|(index, count)| Some((f64::NAN, upper(*index)?, *count)))
        .collect()
}

fn indexed(
    spans: &[Span],
    deltas: &[i64],
    counts: &[f64],
    is_float: bool,
) -> Option<Vec<(i64, f64)>> {
    let mut running = 0_i128;
    let of_deltas = deltas.iter().map(|delta| {
        running += i128::from(*delta);
        running as f64
    });
    let all: Vec<f64> = if is_float {
        counts.to_vec()
    } else {
        of_deltas.collect()
    };
    let spanned: u64 = spans.iter().map(|span| u64::from(span.length)).sum();
    let overlap = spans.iter().skip(1).any(|span| span.offset < 0);
    if spanned != all.len() as u64 || overlap || all.iter().any(|c| c.is_nan() || *c < 0.0) {
        return None;
    }
    let mut next = 0_i64;
    let mut places = Vec::new();
    for span in spans {
        next += i64::from(span.offset);
        for _ in 0..span.length {
            places.push(next);
            next += 1;
        }
    }
    Some(places.into_iter().zip(all).collect())
}
