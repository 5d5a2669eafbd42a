use std::ops::Range;

use series::{Sample, SeriesId, SeriesView};

use crate::Rejections;
use crate::label::RawLabel;

/// Memory that is used again for the next body.
#[derive(Debug, Default)]
pub struct Buffer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) series: Vec<Entry>,
    pub(crate) scratch: Scratch,
}

impl Buffer {
    /// What it holds on to; drop it where one unusual body left too much.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.bytes.capacity()
            + self.samples.capacity() * size_of::<Sample>()
            + self.series.capacity() * size_of::<Entry>()
            + self.scratch.labels.capacity() * size_of::<RawLabel>()
            + self.scratch.identity.capacity()
            + self.scratch.joined.capacity()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) labels: Vec<RawLabel>,
    pub(crate) identity: Vec<u8>,
    pub(crate) joined: Vec<u8>,
    /// Labels of the most wordy body so far, so that the next arena is taken at once.
    pub(crate) label_count: usize,
}

/// One accepted series: its ranges in the arenas of labels and samples.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: SeriesId,
    pub(crate) labels: Range<u32>,
    pub(crate) samples: Range<u32>,
}

/// The accepted part of a body, and the account of the rest.
#[derive(Debug)]
pub struct WriteRequest<'b> {
    pub(crate) labels: Vec<(&'b str, &'b str)>,
    pub(crate) samples: &'b [Sample],
    pub(crate) series: &'b [Entry],
    /// What was not taken, by reason. Not empty: the protocol's answer is 400.
    pub rejected: Rejections,
    /// Exemplars that were sent; they are not kept.
    pub exemplars: u64,
}

impl WriteRequest<'_> {
    /// The accepted series in the order sent, each with at least one sample.
    pub fn series(&self) -> impl ExactSizeIterator<Item = SeriesView<'_>> + Clone {
        self.series.iter().map(|entry| SeriesView {
            id: entry.id,
            labels: slice(&self.labels, &entry.labels),
            samples: slice(self.samples, &entry.samples),
        })
    }

    /// [`WriteRequest::series`] as a list, as codecs and evaluators take it.
    #[must_use]
    pub fn views(&self) -> Vec<SeriesView<'_>> {
        self.series().collect()
    }

    /// How many samples were accepted.
    #[must_use]
    pub fn sample_count(&self) -> usize {
        self.samples.len()
    }

    /// Whether nothing was accepted: an empty body, or everything rejected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }
}

fn slice<'a, T>(arena: &'a [T], range: &Range<u32>) -> &'a [T] {
    arena
        .get(range.start as usize..range.end as usize)
        .unwrap_or_default()
}
