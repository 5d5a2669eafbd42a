//! What stands before the coded part of a chunk, readable without decoding it.

use xxhash_rust::xxh3::xxh3_64;

use series::Series;

use crate::flush::Row;
use crate::limits::{MAX_SAMPLES, MAX_SERIES};
use crate::{CodecError, KeyframeId};

const CHECKSUM_END: usize = 5;

/// The first byte: format and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Keyframe = 0x11,
    Delta = 0x21,
    SelfContained = 0x32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) keyframe: Option<KeyframeId>,
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
    pub(crate) sample_count: usize,
    pub(crate) series_count: usize,
}

impl Header {
    /// What these rows say of themselves; `None` where there is no sample.
    pub(crate) fn over(kind: Kind, keyframe: Option<KeyframeId>, rows: &[Row<'_>]) -> Option<Self> {
        let firsts = rows.iter().filter_map(|row| row.samples.first());
        let lasts = rows.iter().filter_map(|row| row.samples.last());
        Some(Self {
            kind,
            keyframe,
            first_ms: firsts.map(|s| s.time_ms).min()?,
            last_ms: lasts.map(|s| s.time_ms).max()?,
            sample_count: rows.iter().map(|row| row.samples.len()).sum(),
            series_count: rows.len(),
        })
    }

    /// Whether the decoded series are what the header says.
    pub(crate) fn check(&self, series: &[Series]) -> Result<(), CodecError> {
        let samples: usize = series.iter().map(|s| s.samples.len()).sum();
        let first = series
            .iter()
            .filter_map(|s| s.samples.first())
            .map(|s| s.time_ms)
            .min();
        let last = series
            .iter()
            .filter_map(|s| s.samples.last())
            .map(|s| s.time_ms)
            .max();
        let is_right = series.len() == self.series_count
            && samples == self.sample_count
            && first == Some(self.first_ms)
            && last == Some(self.last_ms);
        match is_right {
            true => Ok(()),
            false => Err(CodecError::Damaged(
                "the content is not what the header says",
            )),
        }
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        out.push(self.kind as u8);
        out.extend_from_slice(&[0; CHECKSUM_END - 1]);
        if let Some(KeyframeId(id)) = self.keyframe {
            out.extend_from_slice(&id.to_le_bytes());
        }
        varint(
            &mut out,
            (self.first_ms << 1 ^ self.first_ms >> 63).cast_unsigned(),
        );
        varint(
            &mut out,
            self.last_ms.wrapping_sub(self.first_ms).cast_unsigned(),
        );
        varint(&mut out, self.sample_count as u64);
        varint(&mut out, self.series_count as u64);
        out
    }

    /// The header and the coded part.
    pub(crate) fn read(bytes: &[u8]) -> Result<(Self, &[u8]), CodecError> {
        let (&format, rest) = bytes.split_first().ok_or(CodecError::Truncated)?;
        let kind = [Kind::Keyframe, Kind::Delta, Kind::SelfContained]
            .into_iter()
            .find(|kind| *kind as u8 == format)
            .ok_or(CodecError::UnknownFormat(format))?;
        let mut rest = rest.get(CHECKSUM_END - 1..).ok_or(CodecError::Truncated)?;
        let mut keyframe = None;
        if kind == Kind::Delta {
            let (id, after) = rest
                .split_first_chunk::<16>()
                .ok_or(CodecError::Truncated)?;
            keyframe = Some(KeyframeId(u128::from_le_bytes(*id)));
            rest = after;
        }
        let zigzag = read_varint(&mut rest)?;
        let first_ms = (zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed();
        let last_ms = first_ms.wrapping_add(read_varint(&mut rest)?.cast_signed());
        let mut count = |most: usize| {
            let count = usize::try_from(read_varint(&mut rest)?).ok();
            count
                .filter(|&c| c <= most)
                .ok_or(CodecError::Damaged("a count is too large"))
        };
        let header = Self {
            kind,
            keyframe,
            first_ms,
            last_ms,
            sample_count: count(MAX_SAMPLES)?,
            series_count: count(MAX_SERIES)?,
        };
        Ok((header, rest))
    }
}

/// Puts the checksum of the rest into its place.
pub(crate) fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = checksum(&bytes);
    if let Some(place) = bytes.get_mut(1..CHECKSUM_END) {
        place.copy_from_slice(&sum);
    }
    bytes
}

pub(crate) fn verify(bytes: &[u8]) -> Result<(), CodecError> {
    match bytes.get(1..CHECKSUM_END) {
        Some(sum) if sum == checksum(bytes) => Ok(()),
        Some(_) => Err(CodecError::Checksum),
        None => Err(CodecError::Truncated),
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_END - 1] {
    let content = bytes.get(CHECKSUM_END..).unwrap_or_default();
    let format = u64::from(bytes.first().copied().unwrap_or(0));
    let sum = xxh3_64(content) ^ format;
    (sum as u32).to_le_bytes()
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn read_varint(rest: &mut &[u8]) -> Result<u64, CodecError> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first().ok_or(CodecError::Truncated)?;
        *rest = after;
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(CodecError::Damaged("a number is too long"))
}
