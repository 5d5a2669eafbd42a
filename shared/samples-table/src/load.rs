use std::collections::HashMap;
use std::collections::hash_map::Entry;

use futures::{StreamExt, TryStreamExt, stream};
use ids::{SenderId, TenantId};
use sample_codec::{Chunk, CodecError, Keyframe, KeyframeId, merge};
use series::{Labels, Series};

use crate::gather::{Gathered, Room};
use crate::{SamplesTable, StoredChunk, TableError};

/// How many senders are read at a time.
const CONCURRENT_SENDERS: usize = 16;

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
        let room = Room::of(limits.max_samples);
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
        let mut keyframes = KnownKeyframes::new();
        let mut gathered = Gathered::default();
        let mut loaded = Loaded::default();
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
                        loaded.chunks += 1;
                        for series in series.into_iter().filter_map(|one| within(one, wanted)) {
                            room.take(series.samples.len())?;
                            gathered.add(series);
                        }
                    }
                    Err(LoadError::Table(error)) => return Err(error.into()),
                    Err(error) => {
                        loaded.unreadable += 1;
                        tracing::error!(tenant = %wanted.tenant, %sender, %error, "a chunk can't be read");
                    }
                }
            }
            after = page.next;
            if after.is_none() {
                loaded.series = gathered.into_series();
                return Ok(loaded);
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
