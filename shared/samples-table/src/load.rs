use std::collections::HashMap;
use std::collections::hash_map::Entry;

use futures::{StreamExt, TryStreamExt, stream};
use ids::{SenderId, TenantId};
use sample_codec::{Chunk, CodecError, Keyframe, KeyframeId, merge};
use series::{Labels, Series};

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
    /// A chunk's keyframe is gone.
    #[error("the keyframe {0} of a stored chunk is missing")]
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
}

impl SamplesTable {
    /// Reads, decodes and merges what is wanted.
    pub async fn load(&self, wanted: &Wanted<'_>, limits: LoadLimits) -> Result<Loaded, LoadError> {
        let mut parts = stream::iter(wanted.senders)
            .map(|sender| self.load_sender(wanted, sender))
            .buffer_unordered(CONCURRENT_SENDERS);
        let mut series = Vec::new();
        let mut chunks = 0;
        let mut samples = 0;
        while let Some((part, count)) = parts.try_next().await? {
            chunks += count;
            samples += part
                .iter()
                .map(|series| series.samples.len())
                .sum::<usize>();
            if samples > limits.max_samples {
                return Err(LoadError::TooManySamples {
                    max: limits.max_samples,
                });
            }
            series.extend(part);
        }
        Ok(Loaded {
            series: merge(series),
            chunks,
        })
    }

    async fn load_sender(
        &self,
        wanted: &Wanted<'_>,
        sender: &SenderId,
    ) -> Result<(Vec<Series>, usize), LoadError> {
        let chunks = self
            .chunks(wanted.tenant, sender, wanted.from_ms, wanted.to_ms)
            .await?;
        let mut keyframes = HashMap::new();
        let mut found = Vec::new();
        for chunk in &chunks {
            let decoded = self
                .decode(wanted.tenant, sender, chunk, &mut keyframes)
                .await?;
            found.extend(
                decoded
                    .into_iter()
                    .filter_map(|series| within(series, wanted)),
            );
        }
        Ok((merge(found), chunks.len()))
    }

    /// The series of one chunk; keyframes read on the way are kept in `keyframes`.
    pub async fn decode(
        &self,
        tenant: &TenantId,
        sender: &SenderId,
        chunk: &StoredChunk,
        keyframes: &mut HashMap<KeyframeId, Keyframe>,
    ) -> Result<Vec<Series>, LoadError> {
        let Some(id) = Chunk::keyframe_id(&chunk.bytes) else {
            return Ok(Chunk::decode(&chunk.bytes, None)?);
        };
        let keyframe = match keyframes.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let found = self.keyframe(tenant, sender, id).await?;
                let (keyframe, _) = found.ok_or(LoadError::KeyframeMissing(id))?;
                place.insert(keyframe)
            }
        };
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
