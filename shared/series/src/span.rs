use crate::{Labels, Sample, Series};

/// One series, and from when to when it was there.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesSpan {
    /// The sorted label set.
    pub labels: Labels,
    /// The time of its first sample.
    pub first_ms: i64,
    /// Its last sample, which may be a stale marker.
    pub last: Sample,
}

impl SeriesSpan {
    /// Where a series begins and ends; `None` where it has no sample.
    #[must_use]
    pub fn of(series: Series) -> Option<Self> {
        let first_ms = series.samples.iter().map(|sample| sample.time_ms).min()?;
        let last = series.samples.into_iter().max_by_key(rank)?;
        Some(Self {
            labels: series.labels,
            first_ms,
            last,
        })
    }

    /// Takes in another part of the same series, in any order.
    pub fn extend(&mut self, first_ms: i64, last: Sample) {
        self.first_ms = self.first_ms.min(first_ms);
        if rank(&last) > rank(&self.last) {
            self.last = last;
        }
    }
}

/// Of two values for one time the larger bit pattern is the one that counts, as everywhere.
fn rank(sample: &Sample) -> (i64, u64) {
    (sample.time_ms, sample.value.to_bits())
}
