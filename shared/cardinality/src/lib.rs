//! Which names and labels make the series, and which came and went? Pure.
//!
//! [`cardinality`] counts what Prometheus' `/api/v1/status/tsdb` counts of its head; [`churn`] counts the
//! series that appeared and ended. Both look at [`SeriesSpan`]s: labels, and when each series was there.

mod churn;
mod top;

use std::collections::HashMap;

use serde::Serialize;
use series::{METRIC_NAME, SeriesSpan};

pub use churn::{Churn, LOOKBACK_MS, churn};
use top::top;

/// Something and how much there is of it, in the shape of Prometheus' API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Of what.
    pub name: String,
    /// How much.
    pub value: u64,
}

/// What the series are made of. Each list has the largest first, equal ones by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cardinality {
    /// How many series.
    pub series: u64,
    /// How many different pairs of a label's name and its value.
    pub label_pairs: u64,
    /// The time of the first sample, `i64::MAX` where there is none.
    pub first_ms: i64,
    /// The time of the last sample, `i64::MIN` where there is none.
    pub last_ms: i64,
    /// Series by metric name.
    pub series_by_name: Vec<Count>,
    /// Different values by label name.
    pub values_by_label: Vec<Count>,
    /// Bytes of all different values together, by label name.
    pub value_bytes_by_label: Vec<Count>,
    /// Series by `label=value`.
    pub series_by_pair: Vec<Count>,
}

/// Counts series that differ from each other; the lists hold at most `limit` each.
#[must_use]
pub fn cardinality(series: &[SeriesSpan], limit: usize) -> Cardinality {
    let mut pairs: HashMap<&str, HashMap<&str, u64>> = HashMap::new();
    for (name, value) in series.iter().flat_map(|each| each.labels.iter()) {
        *pairs.entry(name).or_default().entry(value).or_default() += 1;
    }
    let by_label = |measure: fn(&HashMap<&str, u64>) -> u64| {
        top(
            pairs.iter().map(|(name, values)| (*name, measure(values))),
            limit,
            ToString::to_string,
        )
    };
    let names = pairs.get(METRIC_NAME).into_iter().flatten();
    let by_pair = pairs.iter().flat_map(|(name, values)| {
        let of_name = values.iter();
        of_name.map(|(value, count)| ((*name, *value), *count))
    });
    Cardinality {
        series: series.len() as u64,
        label_pairs: pairs.values().map(|values| values.len() as u64).sum(),
        first_ms: earliest(series),
        last_ms: latest(series),
        series_by_name: top(
            names.map(|(name, count)| (*name, *count)),
            limit,
            ToString::to_string,
        ),
        values_by_label: by_label(|values| values.len() as u64),
        value_bytes_by_label: by_label(|values| {
            values.keys().map(|value| value.len() as u64).sum()
        }),
        series_by_pair: top(by_pair, limit, |(name, value)| format!("{name}={value}")),
    }
}

fn earliest(series: &[SeriesSpan]) -> i64 {
    let times = series.iter().map(|each| each.first_ms);
    times.min().unwrap_or(i64::MAX)
}

fn latest(series: &[SeriesSpan]) -> i64 {
    let times = series.iter().map(|each| each.last.time_ms);
    times.max().unwrap_or(i64::MIN)
}
