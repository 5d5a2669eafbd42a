use std::collections::HashMap;

use series::SeriesSpan;

use crate::Count;
use crate::top::top;

/// A series without a sample for so long is gone, as in Prometheus.
pub const LOOKBACK_MS: i64 = 5 * 60 * 1000;

/// Which series came and went within a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Churn {
    /// Series that are there at the window's end: a sample within [`LOOKBACK_MS`] that is no stale marker.
    pub active: u64,
    /// Series that were not there at the window's start: no sample within [`LOOKBACK_MS`] after it.
    pub appeared: u64,
    /// Series that are there no more at the window's end.
    pub ended: u64,
    /// Those that appeared, by metric name, the most first.
    pub appeared_by_name: Vec<Count>,
    /// Those that ended, by metric name, the most first.
    pub ended_by_name: Vec<Count>,
}

/// Counts series whose samples within `start_ms..=end_ms` were read; the lists hold at most `limit` each.
///
/// Whoever sends less often than once in [`LOOKBACK_MS`] seems to come and go.
#[must_use]
pub fn churn(series: &[SeriesSpan], start_ms: i64, end_ms: i64, limit: usize) -> Churn {
    let is_active = |each: &&SeriesSpan| {
        let is_recent = each.last.time_ms > end_ms.saturating_sub(LOOKBACK_MS);
        is_recent && !each.last.is_stale()
    };
    let is_new = |each: &&SeriesSpan| each.first_ms >= start_ms.saturating_add(LOOKBACK_MS);
    let appeared = by_name(series.iter().filter(is_new));
    let ended = by_name(series.iter().filter(|each| !is_active(each)));
    let listed = |names: &HashMap<&str, u64>| {
        let counts = names.iter().map(|(name, count)| (*name, *count));
        top(counts, limit, ToString::to_string)
    };
    Churn {
        active: series.iter().filter(is_active).count() as u64,
        appeared: appeared.values().sum(),
        ended: ended.values().sum(),
        appeared_by_name: listed(&appeared),
        ended_by_name: listed(&ended),
    }
}

fn by_name<'a>(series: impl Iterator<Item = &'a SeriesSpan>) -> HashMap<&'a str, u64> {
    let mut names = HashMap::new();
    for each in series {
        *names.entry(each.labels.metric_name()).or_default() += 1;
    }
    names
}
