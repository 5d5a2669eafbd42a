use std::collections::HashMap;
use std::collections::hash_map::Entry;

use futures::{StreamExt, TryStreamExt, stream};
use ids::{SenderId, TenantId};
use sample_codec::{Chunk, CodecError, Keyframe, KeyframeId, merge};
use series::{Labels, Series};

use crate::gather::{Gathered, Room};
use crate::{SamplesTable, StoredChunk, TableError};

/// How many senders are read at a time.
pub(crate) const CONCURRENT_SENDERS: usize = 16;

/// Why samples could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The table could not answer.
    #[error(transparent)]
    Table(#[from] TableError),
    /// What is stored can't be decoded.
    #[error("a stored chunk can't be decoded")]
    Codec(#[from] CodecError),
    /// A chunk's keyframe is gone or damaged.
    #[error("the keyframe {0} of a stored chunk is missing or damaged")]
    KeyframeMissing(KeyframeId),
    /// More than one reader may hold.
    #[error("more than {max} samples would have to be read: ask for less time or fewer series")]
    TooManySamples {
        /// The limit.
        max: usize,
    },
    /// More than one reader may hold.
    #[error("there are more than {max} series: ask for less time with start and end")]
    TooManySeries {
        /// The limit.
        max: usize,
    },
    /// More than one reader may hold.
    #[error(
        "the labels of the series have more than {max} bytes: ask for less time with start and end"
    )]
    TooLongLabels {
        /// The limit.
        max: usize,
    },
}

impl LoadError {
    pub(crate) fn too_many_samples(max: usize) -> Self {
        Self::TooManySamples { max }
    }
}

/// What one reader may hold.
#[derive(Debug, Clone, Copy)]
pub struct LoadLimits {
    /// Samples decoded and kept.
    pub max_samples: usize,
}

/// Which samples are wanted.
pub struct Wanted<'a> {
    /// Whose.
    pub tenant: &'a TenantId,
    /// Of which senders.
    pub senders: &'a [SenderId],
    /// From this time on, in milliseconds.
    pub from_ms: i64,
    /// Up to this time, itself included.
    pub to_ms: i64,
    /// Of which series.
    pub keep: &'a (dyn Fn(&Labels) -> bool + Sync),
}

/// What was read.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Merged by series and time, sorted by labels.
    pub series: Vec<Series>,
    /// How many chunks were read.
    pub chunks: usize,
    /// How many more could not be decoded: their samples are missing in `series`.
    pub unreadable: usize,
}

/// Keyframes read on the way; `None` where one is missing or can't be decoded.
pub type KnownKeyframes = HashMap<KeyframeId, Option<Keyframe>>;

impl SamplesTable {
    /// Reads, decodes and merges what is wanted, a page at a time.
    ///
    /// A chunk that can't be decoded is logged, counted and left out: it stays in the table for days,
    /// and one sender's damage must not blind everybody for so long.
    pub async fn load(&self, wanted: &Wanted<'_>, limits: LoadLimits) -> Result<Loaded, LoadError> {
        let room = Room::of(limits.max_samples, LoadError::too_many_samples);
        let mut parts = stream::iter(wanted.senders)
            .map(|sender| self.load_sender(wanted, sender, &room))
            .buffer_unordered(CONCURRENT_SENDERS);
        let mut loaded = Loaded::default();
        while let Some(part) = parts.try_next().await? {
            loaded.chunks += part.chunks;
            loaded.unreadable += part.unreadable;
            loaded.series.extend(part.series);
        }
        loaded.series = merge(loaded.series);
        Ok(loaded)
    }

    async fn load_sender(
        &self,
        wanted: &Wanted<'_>,
        sender: &SenderId,
        room: &Room,
    ) -> Result<Loaded, LoadError> {
        let mut gathered = Gathered::default();
        let (chunks, unreadable) = self
            .each_series(wanted, sender, |series| {
                room.take(series.samples.len())?;
                gathered.add(series);
                Ok(())
            })
            .await?;
        Ok(Loaded {
            series: gathered.into_series(),
            chunks,
            unreadable,
        })
    }

    /// Hands on the wanted part of each series of each chunk; counts chunks read and chunks unreadable.
    pub(crate) async fn each_series(
        &self,
        wanted: &Wanted<'_>,
        sender: &SenderId,
        mut visit: impl FnMut(Series) -> Result<(), LoadError>,
    ) -> Result<(usize, usize), LoadError> {
        let mut keyframes = KnownKeyframes::new();
        let (mut chunks, mut unreadable) = (0, 0);
        let times = (wanted.from_ms, wanted.to_ms);
        let mut after = None;
        loop {
            let page = self
                .chunks_page(wanted.tenant, sender, times, after.take())
                .await?;
            for chunk in &page.items {
                let decoded = self
                    .decode(wanted.tenant, sender, chunk, &mut keyframes)
                    .await;
                match decoded {
                    Ok(series) => {
                        chunks += 1;
                        for series in series.into_iter().filter_map(|one| within(one, wanted)) {
                            visit(series)?;
                        }
                    }
                    Err(LoadError::Table(error)) => return Err(error.into()),
                    Err(error) => {
                        unreadable += 1;
                        tracing::error!(tenant = %wanted.tenant, %sender, %error, "a chunk can't be read");
                    }
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok((chunks, unreadable));
            }
        }
    }

    /// The series of one chunk; keyframes read on the way are kept in `keyframes`.
    pub async fn decode(
        &self,
        tenant: &TenantId,
        sender: &SenderId,
        chunk: &StoredChunk,
        keyframes: &mut KnownKeyframes,
    ) -> Result<Vec<Series>, LoadError> {
        let Some(id) = Chunk::keyframe_id(&chunk.bytes) else {
            return Ok(Chunk::decode(&chunk.bytes, None)?);
        };
        let keyframe = match keyframes.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => match self.keyframe(tenant, sender, id).await {
                Ok(found) => place.insert(found.map(|(keyframe, _)| keyframe)),
                Err(LoadError::Table(error)) => return Err(error.into()),
                Err(_) => place.insert(None),
            },
        };
        let keyframe = keyframe.as_ref().ok_or(LoadError::KeyframeMissing(id))?;
        Ok(Chunk::decode(&chunk.bytes, Some(keyframe))?)
    }
}

fn within(mut series: Series, wanted: &Wanted<'_>) -> Option<Series> {
    if !(wanted.keep)(&series.labels) {
        return None;
    }
    series
        .samples
        .retain(|sample| (wanted.from_ms..=wanted.to_ms).contains(&sample.time_ms));
    (!series.samples.is_empty()).then_some(series)
}
