use std::ops::Range;

use series::{Sample, SeriesView};

use crate::Rejections;
use crate::series_set::{Entry, Lists};

/// The accepted part of a body, and the account of the rest.
#[derive(Debug)]
pub struct Export {
    text: String,
    labels: Vec<(Range<usize>, Range<usize>)>,
    entries: Vec<Entry>,
    samples: Vec<Sample>,
    /// Data points that were taken. A histogram's is one, however many samples it becomes.
    pub data_points: u64,
    /// What was not taken, by reason.
    pub rejected: Rejections,
    /// Exemplars that were sent; they are not kept.
    pub exemplars: u64,
}

impl Export {
    pub(crate) fn new(
        (text, labels, entries, samples): Lists,
        data_points: u64,
        rejected: Rejections,
        exemplars: u64,
    ) -> Self {
        Self {
            text,
            labels,
            entries,
            samples,
            data_points,
            rejected,
            exemplars,
        }
    }

    /// The labels of all series as pairs of texts: what [`Export::series`] borrows.
    #[must_use]
    pub fn labels(&self) -> Vec<(&str, &str)> {
        let text = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        self.labels
            .iter()
            .map(|(name, value)| (text(name), text(value)))
            .collect()
    }

    /// The accepted series in the order found, each with at least one sample; `labels` are those of
    /// [`Export::labels`].
    pub fn series<'a>(
        &'a self,
        labels: &'a [(&'a str, &'a str)],
    ) -> impl ExactSizeIterator<Item = SeriesView<'a>> + Clone {
        self.entries.iter().map(move |entry| SeriesView {
            id: entry.id,
            labels: slice(labels, &entry.labels),
            samples: slice(&self.samples, &entry.samples),
        })
    }

    /// How many series were found.
    #[must_use]
    pub fn series_count(&self) -> usize {
        self.entries.len()
    }

    /// How many samples the accepted data points became, `target_info` included.
    #[must_use]
    pub fn sample_count(&self) -> usize {
        self.samples.len()
    }
}

fn slice<'a, T>(list: &'a [T], range: &Range<u32>) -> &'a [T] {
    list.get(range.start as usize..range.end as usize)
        .unwrap_or_default()
}
