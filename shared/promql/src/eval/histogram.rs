//! Quantiles of classic histograms: series that differ in `le` only.

use std::collections::HashMap;

use series::SeriesId;

use crate::EvalError;

use super::frame::{Frame, Tags, is_present};

const BUCKET: &str = "le";

#[derive(Debug, Clone, Copy)]
struct Bucket {
    upper: f64,
    count: f64,
}

/// The quantile of each histogram at each step.
pub(crate) fn quantiles(frame: &Frame, quantiles: &[f64]) -> Result<Frame, EvalError> {
    let mut known: HashMap<SeriesId, usize> = HashMap::new();
    let mut histograms: Vec<(Tags, Vec<(f64, usize)>)> = Vec::new();
    for (row, tags) in frame.tags.iter().enumerate() {
        let Some(upper) = upper_bound(tags.value(BUCKET)) else {
            continue;
        };
        let keeps = |name: &str| name != BUCKET;
        let index = *known.entry(tags.id_of(keeps)).or_insert(histograms.len());
        if index == histograms.len() {
            histograms.push((Tags::of(tags.filtered(keeps)), Vec::new()));
        }
        histograms[index].1.push((upper, row));
    }
    let mut result = Frame::new(frame.steps);
    let mut buckets = Vec::new();
    for (tags, rows) in histograms {
        let target = result.push_empty(tags);
        for (step, q) in quantiles.iter().enumerate() {
            buckets.clear();
            buckets.extend(rows.iter().filter_map(|(upper, row)| {
                let count = frame.cell(*row, step);
                is_present(count).then_some(Bucket {
                    upper: *upper,
                    count,
                })
            }));
            if !buckets.is_empty() {
                result.row_mut(target)[step] = quantile(*q, &mut buckets);
            }
        }
    }
    result.compact().nameless()
}

/// A number as Go parses it: too large a one is none.
fn upper_bound(text: &str) -> Option<f64> {
    let bound: f64 = text.parse().ok()?;
    let digits = text.trim_start_matches(['+', '-']);
    let starts_with_digit = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let is_signed_nan = bound.is_nan() && digits.len() != text.len();
    let out_of_range = bound.is_infinite() && starts_with_digit;
    (!is_signed_nan && !out_of_range).then_some(bound)
}

fn quantile(q: f64, buckets: &mut Vec<Bucket>) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    buckets.sort_by(|a, b| {
        a.upper
            .partial_cmp(&b.upper)
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    if buckets
        .last()
        .is_none_or(|last| last.upper != f64::INFINITY)
    {
        return f64::NAN;
    }
    join_equal_bounds(buckets);
    never_fall(buckets);
    let [.., second_last, last] = buckets.as_slice() else {
        return f64::NAN;
    };
    if last.count == 0.0 {
        return f64::NAN;
    }
    let rank = q * last.count;
    let finite = &buckets[..buckets.len() - 1];
    // A count that is NaN reaches no rank.
    let reaches = |bucket: &Bucket| bucket.count >= rank;
    let at = finite.partition_point(|bucket| !reaches(bucket));
    let Some(bucket) = finite.get(at) else {
        return second_last.upper;
    };
    let before = at.checked_sub(1).map(|before| finite[before]);
    match before {
        None if bucket.upper <= 0.0 => bucket.upper,
        None => bucket.upper * (rank / bucket.count),
        Some(before) => {
            let count = bucket.count - before.count;
            let rank = rank - before.count;
            before.upper + (bucket.upper - before.upper) * (rank / count)
        }
    }
}

fn join_equal_bounds(buckets: &mut Vec<Bucket>) {
    buckets.dedup_by(|next, kept| {
        let equal = next.upper == kept.upper;
        if equal {
            kept.count += next.count;
        }
        equal
    });
}

/// A cumulative count that falls is an artefact of scraping or of rates.
fn never_fall(buckets: &mut [Bucket]) {
    let Some(first) = buckets.first() else {
        return;
    };
    let mut most = first.count;
    for bucket in &mut buckets[1..] {
        if bucket.count > most {
            most = bucket.count;
        } else if bucket.count < most {
            bucket.count = most;
        }
    }
}
