use futures::{StreamExt, TryStreamExt, stream};
use ids::SenderId;
use series::{Labels, SeriesSpan};

use crate::gather::{Room, Spanned};
use crate::load::CONCURRENT_SENDERS;
use crate::{LoadError, SamplesTable, Wanted};

/// What one label takes beside its text: two fat pointers and the allocator's share of two texts.
const LABEL_OVERHEAD_BYTES: usize = 64;

/// What a reader of labels and times may hold.
#[derive(Debug, Clone, Copy)]
pub struct SpanLimits {
    /// Series, one that two senders speak of counted twice.
    pub max_series: usize,
    /// Memory of their labels.
    pub max_label_bytes: usize,
    /// Samples that are decoded on the way; none is kept.
    pub max_samples: usize,
}

/// Which series there were, and when.
#[derive(Debug, Default)]
pub struct Spans {
    /// Merged by series, in no order.
    pub series: Vec<SeriesSpan>,
    /// How many chunks were read.
    pub chunks: usize,
    /// How many more could not be decoded: what they hold is missing in `series`.
    pub unreadable: usize,
}

struct Rooms {
    series: Room,
    label_bytes: Room,
    samples: Room,
}

impl SamplesTable {
    /// As [`SamplesTable::load`], but keeps of the samples only when the first and the last were.
    pub async fn spans(&self, wanted: &Wanted<'_>, limits: SpanLimits) -> Result<Spans, LoadError> {
        let rooms = Rooms {
            series: Room::of(limits.max_series, |max| LoadError::TooManySeries { max }),
            label_bytes: Room::of(limits.max_label_bytes, |max| LoadError::TooLongLabels {
                max,
            }),
            samples: Room::of(limits.max_samples, LoadError::too_many_samples),
        };
        let mut parts = stream::iter(wanted.senders)
            .map(|sender| self.spans_of_sender(wanted, sender, &rooms))
            .buffer_unordered(CONCURRENT_SENDERS);
        let (mut all, mut spans) = (Spanned::default(), Spans::default());
        while let Some((part, chunks, unreadable)) = parts.try_next().await? {
            all.add_all(part);
            spans.chunks += chunks;
            spans.unreadable += unreadable;
        }
        spans.series = all.into_spans();
        Ok(spans)
    }

    async fn spans_of_sender(
        &self,
        wanted: &Wanted<'_>,
        sender: &SenderId,
        rooms: &Rooms,
    ) -> Result<(Spanned, usize, usize), LoadError> {
        let mut spanned = Spanned::default();
        let (chunks, unreadable) = self
            .each_series(wanted, sender, |series| {
                rooms.samples.take(series.samples.len())?;
                let (id, label_bytes) = (series.id(), memory_bytes(&series.labels));
                if SeriesSpan::of(series).is_some_and(|span| spanned.add(id, span)) {
                    rooms.series.take(1)?;
                    rooms.label_bytes.take(label_bytes)?;
                }
                Ok(())
            })
            .await?;
        Ok((spanned, chunks, unreadable))
    }
}

fn memory_bytes(labels: &Labels) -> usize {
    let text = labels.iter().map(|(name, value)| name.len() + value.len());
    text.map(|bytes| bytes + LABEL_OVERHEAD_BYTES).sum()
}
