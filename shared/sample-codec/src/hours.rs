use std::borrow::Cow;

use series::SeriesView;

use crate::limits::HOUR_MS;

/// The part of a flush that lies in one clock hour (UTC).
#[derive(Debug, Clone)]
pub struct Hour<'a> {
    /// Milliseconds since the epoch.
    pub start_ms: i64,
    /// The series with the samples of this hour. A series whose samples were sent out of order may come
    /// several times.
    pub series: Cow<'a, [SeriesView<'a>]>,
}

/// The hour that holds `time_ms`, as the time it starts at.
#[must_use]
pub fn hour_start(time_ms: i64) -> i64 {
    time_ms.saturating_sub(time_ms.rem_euclid(HOUR_MS))
}

/// Cuts a flush at full hours, in order of time. Samples are never copied; where all lie in one hour, as
/// they mostly do, nothing is.
#[must_use]
pub fn split_by_hour<'a>(flush: &'a [SeriesView<'a>]) -> Vec<Hour<'a>> {
    let mut times = flush
        .iter()
        .flat_map(|view| view.samples)
        .map(|s| s.time_ms);
    let Some(first) = times.next() else {
        return Vec::new();
    };
    let start_ms = hour_start(first);
    if times.all(|time| hour_start(time) == start_ms) {
        return vec![Hour {
            start_ms,
            series: Cow::Borrowed(flush),
        }];
    }
    let mut hours: Vec<Hour<'a>> = Vec::new();
    for view in flush {
        let runs = view
            .samples
            .chunk_by(|a, b| hour_start(a.time_ms) == hour_start(b.time_ms));
        for samples in runs {
            let start_ms = samples.first().map_or(0, |s| hour_start(s.time_ms));
            let at = hours
                .binary_search_by_key(&start_ms, |hour| hour.start_ms)
                .unwrap_or_else(|at| {
                    let series = Cow::Owned(Vec::new());
                    hours.insert(at, Hour { start_ms, series });
                    at
                });
            hours[at]
                .series
                .to_mut()
                .push(SeriesView { samples, ..*view });
        }
    }
    hours
}
