use series::SeriesView;

use crate::delta::encode_delta_within;
use crate::limits::{MAX_CHUNK_BYTES, MAX_DELTA_BYTES, WRITE_UNIT_BYTES};
use crate::self_contained::encode_self_contained;
use crate::{Chunk, Keyframe};

/// How often a keyframe that does not serve well any more may be made anew.
const REKEY_EVERY_MS: i64 = 600_000;

/// A complete flush of one host in the form that costs the fewest write units.
#[derive(Debug)]
pub enum CompleteFlush {
    /// A delta against the keyframe given; one write unit for most hosts, more for large ones.
    Delta(Vec<u8>),
    /// A fresh keyframe, to be stored first, and a delta against it.
    Rekeyed(Keyframe, Vec<u8>),
    /// Keyframes do not pay off, or there is no sample: chunks as [`encode_self_contained`] makes them.
    SelfContained(Vec<Vec<u8>>),
}

impl CompleteFlush {
    /// Encodes the part of a flush that lies in one clock hour ([`crate::split_by_hour`]).
    ///
    /// The keyframe given stays in use as long as the delta takes one write unit. Beyond that a fresh one
    /// is made where that saves a unit in every later flush; a host too large for one unit keeps its
    /// keyframe as long as its deltas are smaller than chunks that stand alone.
    #[must_use]
    pub fn of(keyframe: Option<&Keyframe>, flush: &[SeriesView<'_>]) -> Self {
        Self::within(MAX_DELTA_BYTES, keyframe, flush)
    }

    /// As [`CompleteFlush::of`], where the names in the item's key leave `first_unit_bytes` of the first
    /// write unit.
    #[must_use]
    pub fn within(
        first_unit_bytes: usize,
        keyframe: Option<&Keyframe>,
        flush: &[SeriesView<'_>],
    ) -> Self {
        let units = |bytes: &[u8]| {
            let beside = WRITE_UNIT_BYTES.saturating_sub(first_unit_bytes);
            (bytes.len() + beside).div_ceil(WRITE_UNIT_BYTES)
        };
        let delta = keyframe.and_then(|keyframe| {
            let delta = encode_delta_within(keyframe, flush, MAX_CHUNK_BYTES)?;
            let age_ms = Chunk::time_range(&delta)
                .ok()?
                .0
                .saturating_sub(keyframe.last_ms());
            Some((keyframe, delta, age_ms))
        });
        let delta = match delta {
            Some((_, delta, _)) if units(&delta) == 1 => return Self::Delta(delta),
            Some((keyframe, delta, age_ms))
                if !is_due(age_ms) && units(&delta) < units(keyframe.bytes()) =>
            {
                return Self::Delta(delta);
            }
            other => other.map(|(_, delta, _)| delta),
        };
        let Some(fresh) = Keyframe::of(flush) else {
            return Self::SelfContained(encode_self_contained(flush));
        };
        let own = encode_delta_within(&fresh, flush, MAX_CHUNK_BYTES);
        let alone = units(fresh.bytes());
        match (own, delta) {
            (own, Some(delta))
                if units(&delta) < alone
                    && own.as_ref().is_none_or(|own| units(&delta) <= units(own)) =>
            {
                Self::Delta(delta)
            }
            (Some(own), _) if units(&own) <= alone && own.len() < fresh.bytes().len() => {
                Self::Rekeyed(fresh, own)
            }
            _ => Self::SelfContained(encode_self_contained(flush)),
        }
    }
}

/// True in one minute out of ten, so that a large host is not keyed again in every flush.
fn is_due(age_ms: i64) -> bool {
    age_ms < 0 || (age_ms >= REKEY_EVERY_MS && age_ms % REKEY_EVERY_MS < 60_000)
}
