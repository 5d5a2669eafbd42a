use std::ops::Range;

use series::{Sample, SeriesId, SeriesView};

use crate::intake::{Intake, Pending, Seen};
use crate::label::RawLabel;
use crate::{Counts, Limits, MetadataView, Rejections};

/// Memory that is used again for the next body.
#[derive(Debug, Default)]
pub struct Buffer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) series: Vec<Entry>,
    pub(crate) scratch: Scratch,
    pub(crate) identity: Vec<u8>,
    pub(crate) pending: Vec<Pending>,
    /// Names and bounds of converted histograms.
    pub(crate) text: String,
}

impl Buffer {
    /// What it holds on to; drop it where one unusual body left too much.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.bytes.capacity()
            + self.samples.capacity() * size_of::<Sample>()
            + self.series.capacity() * size_of::<Entry>()
            + self.scratch.labels.capacity() * size_of::<RawLabel>()
            + self.identity.capacity()
            + self.scratch.joined.capacity()
            + self.scratch.refs.capacity() * size_of::<u32>()
            + self.scratch.histograms.capacity() * size_of::<Range<u32>>()
            + self.pending.capacity() * size_of::<Pending>()
            + self.text.capacity()
    }

    /// An empty intake for a body whose first `length` bytes are decompressed, with what else reading needs.
    pub(crate) fn intake<'b, 'l>(
        &'b mut self,
        length: usize,
        limits: &'l Limits,
        now_ms: i64,
    ) -> Opened<'b, 'l> {
        self.samples.clear();
        self.series.clear();
        self.pending.clear();
        let intake = Intake {
            labels: Vec::with_capacity(self.scratch.label_count),
            samples: &mut self.samples,
            series: &mut self.series,
            pending: &mut self.pending,
            identity: &mut self.identity,
            limits,
            window_ms: now_ms.saturating_sub(limits.past_ms)
                ..now_ms.saturating_add(limits.future_ms),
            rejected: Rejections::default(),
            counts: Counts::default(),
            metadata: Vec::new(),
            seen: Seen::default(),
        };
        Opened {
            intake,
            scratch: &mut self.scratch,
            bytes: self.bytes.get(..length).unwrap_or_default(),
            text: &mut self.text,
        }
    }
}

/// A buffer, taken apart.
pub(crate) struct Opened<'b, 'l> {
    pub(crate) intake: Intake<'b, 'l>,
    pub(crate) scratch: &'b mut Scratch,
    pub(crate) bytes: &'b [u8],
    pub(crate) text: &'b mut String,
}

#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) labels: Vec<RawLabel>,
    pub(crate) joined: Vec<u8>,
    /// Label references of the series at hand.
    pub(crate) refs: Vec<u32>,
    /// Where the histograms of the series at hand stand.
    pub(crate) histograms: Vec<Range<u32>>,
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
    pub(crate) metadata: Vec<MetadataView<'b>>,
    /// What was not taken, by reason. Not empty: the protocol's answer is 400.
    pub rejected: Rejections,
    /// How much was taken of each kind, and how much not.
    pub counts: Counts,
}

impl WriteRequest<'_> {
    /// The accepted series, each with at least one sample: first those of samples in the order sent, then
    /// the classic series that native histograms became.
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

    /// What is said about metrics of accepted series, in the order sent.
    #[must_use]
    pub fn metadata(&self) -> &[MetadataView<'_>] {
        &self.metadata
    }

    /// How many samples were accepted, as sent: without what native histograms became.
    #[must_use]
    pub fn sample_count(&self) -> usize {
        usize::try_from(self.counts.samples.accepted).unwrap_or(usize::MAX)
    }

    /// How many samples [`WriteRequest::series`] hold, converted histograms included.
    #[must_use]
    pub fn stored_sample_count(&self) -> usize {
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
