use std::ops::Range;

use series::{Sample, SeriesId, SeriesView};

/// The accepted series of a body.
#[derive(Debug, Default)]
pub struct SeriesList {
    text: String,
    labels: Vec<(Range<usize>, Range<usize>)>,
    entries: Vec<Entry>,
    samples: Vec<Sample>,
}

/// A series: its labels and samples in the lists.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: SeriesId,
    pub(crate) labels: Range<u32>,
    pub(crate) samples: Range<u32>,
}

impl SeriesList {
    pub(crate) fn new(
        text: String,
        labels: Vec<(Range<usize>, Range<usize>)>,
        entries: Vec<Entry>,
        samples: Vec<Sample>,
    ) -> Self {
        Self {
            text,
            labels,
            entries,
            samples,
        }
    }

    /// The labels of all series as pairs of texts: what [`SeriesList::series`] borrows.
    #[must_use]
    pub fn labels(&self) -> Vec<(&str, &str)> {
        let text = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        self.labels
            .iter()
            .map(|(name, value)| (text(name), text(value)))
            .collect()
    }

    /// The series in the order found, each with at least one sample; `labels` are those of
    /// [`SeriesList::labels`].
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

    /// How many samples the accepted points became.
    #[must_use]
    pub fn sample_count(&self) -> usize {
        self.samples.len()
    }
}

fn slice<'a, T>(list: &'a [T], range: &Range<u32>) -> &'a [T] {
    list.get(range.start as usize..range.end as usize)
        .unwrap_or_default()
}
