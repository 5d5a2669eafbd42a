//! What is a series? Labels, identity, samples. Pure.
//!
//! A series is its sorted label set. Its identity is a 128-bit hash of that set, keyed with nothing
//! that changes between deployments, so that every function and every version agrees on it.

mod admission;
mod identity;
mod labels;
mod matcher;
mod metadata;
mod sample;
mod span;

pub use admission::Admission;
pub use identity::{IdentityHasher, SeriesId};
pub use labels::{InvalidLabels, Labels, METRIC_NAME};
pub use matcher::{MatchOp, Matcher};
pub use metadata::{MetadataView, MetricKind};
pub use sample::{STALE_NAN_BITS, Sample, is_stale, merge_samples};
pub use span::SeriesSpan;

/// One series with samples in time order, as stores and evaluators hold it.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The sorted label set.
    pub labels: Labels,
    /// Samples, rising in time, one per time.
    pub samples: Vec<Sample>,
}

impl Series {
    /// The identity of [`Series::labels`].
    #[must_use]
    pub fn id(&self) -> SeriesId {
        self.labels.series_id()
    }
}

/// One series of a request or a chunk, borrowed from the buffer it was decoded from.
#[derive(Debug, Clone, Copy)]
pub struct SeriesView<'a> {
    /// Identity of `labels`.
    pub id: SeriesId,
    /// Sorted by name, unique, no empty value.
    pub labels: &'a [(&'a str, &'a str)],
    /// In the order they were sent.
    pub samples: &'a [Sample],
}

impl SeriesView<'_> {
    /// The value of a label, empty where it is absent.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels
            .binary_search_by_key(&name, |(n, _)| n)
            .map_or("", |at| self.labels[at].1)
    }

    /// An owned copy.
    #[must_use]
    pub fn to_series(&self) -> Series {
        Series {
            labels: Labels::from_sorted(self.labels),
            samples: merge_samples(self.samples.to_vec()),
        }
    }
}
