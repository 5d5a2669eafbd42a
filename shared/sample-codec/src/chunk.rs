use series::Series;
use xxhash_rust::xxh3::xxh3_128;

use crate::header::{Header, Kind, verify};
use crate::{CodecError, Keyframe, KeyframeId, delta, keyframe, mixed};

/// What can be asked of a chunk's bytes.
#[derive(Debug)]
pub struct Chunk;

impl Chunk {
    /// The series of a chunk, each with rising times. `keyframe` has to be the one that
    /// [`Chunk::keyframe_id`] names; where it names none it is not looked at.
    pub fn decode(bytes: &[u8], keyframe: Option<&Keyframe>) -> Result<Vec<Series>, CodecError> {
        verify(bytes)?;
        let (header, coded) = Header::read(bytes)?;
        match (header.keyframe, keyframe) {
            (None, _) if header.kind == Kind::Keyframe => keyframe::decode(&header, coded),
            (None, _) => mixed::decode(&header, coded),
            (Some(id), Some(keyframe)) if keyframe.id() == id => {
                delta::decode_delta(&header, coded, keyframe)
            }
            (Some(id), _) => Err(CodecError::NeedsKeyframe(id)),
        }
    }

    /// The keyframe that a delta chunk needs.
    #[must_use]
    pub fn keyframe_id(bytes: &[u8]) -> Option<KeyframeId> {
        Header::read(bytes).ok()?.0.keyframe
    }

    /// First and last time of its samples in milliseconds, without decoding.
    pub fn time_range(bytes: &[u8]) -> Result<(i64, i64), CodecError> {
        let header = Header::read(bytes)?.0;
        Ok((header.first_ms, header.last_ms))
    }

    /// How many samples it holds, without decoding.
    pub fn sample_count(bytes: &[u8]) -> Result<usize, CodecError> {
        Ok(Header::read(bytes)?.0.sample_count)
    }

    /// How many series it holds, without decoding.
    pub fn series_count(bytes: &[u8]) -> Result<usize, CodecError> {
        Ok(Header::read(bytes)?.0.series_count)
    }

    /// Whether the bytes are a keyframe rather than a chunk.
    #[must_use]
    pub fn is_keyframe(bytes: &[u8]) -> bool {
        Header::read(bytes).is_ok_and(|(header, _)| header.kind == Kind::Keyframe)
    }

    /// XXH3-128 of the bytes: the same flush gives the same chunk, so a repeated one is recognised.
    #[must_use]
    pub fn content_hash(bytes: &[u8]) -> u128 {
        xxh3_128(bytes)
    }
}
