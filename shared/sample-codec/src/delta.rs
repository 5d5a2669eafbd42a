use series::{Series, SeriesView};

use crate::body::{Block, Body};
use crate::coder::{Bit, Coder, Decoder, Encoder};
use crate::flush::{Row, merge, sorted_rows};
use crate::header::{Header, Kind, seal};
use crate::hours::hour_start;
use crate::limits::{MAX_DELTA_BYTES, MAX_SAMPLES, MAX_SERIES};
use crate::number::Number;
use crate::{CodecError, Keyframe};

/// New series that can possibly fit.
const MOST_NEW: usize = 64;

/// A flush as differences from a keyframe.
///
/// `None` where it does not fit [`MAX_DELTA_BYTES`] (the values drifted too far, too many series are new:
/// a fresh keyframe is due, and where that does not help either, self-contained chunks), where it spans
/// two clock hours (cut it with [`crate::split_by_hour`] first), or where it has no samples.
#[must_use]
pub fn encode_delta(keyframe: &Keyframe, flush: &[SeriesView<'_>]) -> Option<Vec<u8>> {
    encode_delta_within(keyframe, flush, MAX_DELTA_BYTES)
}

pub(crate) fn encode_delta_within(
    keyframe: &Keyframe,
    flush: &[SeriesView<'_>],
    most_bytes: usize,
) -> Option<Vec<u8>> {
    let rows = sorted_rows(flush);
    let header = Header::over(Kind::Delta, Some(keyframe.id()), &rows)?;
    let is_one_hour = hour_start(header.first_ms) == hour_start(header.last_ms);
    if !is_one_hour || header.sample_count > MAX_SAMPLES || header.series_count > MAX_SERIES {
        return None;
    }
    let mut present: Vec<Option<&Row<'_>>> = vec![None; keyframe.entries.len()];
    let mut new: Vec<&Row<'_>> = Vec::new();
    for row in &rows {
        match keyframe.position(row.id).and_then(|at| present.get_mut(at)) {
            Some(place) => *place = Some(row),
            None => new.push(row),
        }
    }
    if new.len() > MOST_NEW {
        return None;
    }
    let mut coder = Encoder::new(header.write());
    let mut body = Body::new(header.first_ms);
    let mut block = Block::default();
    let mut presence = Presence::new();
    for (entry, row) in keyframe.entries.iter().zip(&present) {
        if !presence.code(&mut coder, row.is_some()).ok()? {
            continue;
        }
        block.fill(&row.as_ref()?.samples);
        body.times
            .code(&mut coder, &mut block.times, MAX_SAMPLES)
            .ok()?;
        let expected = entry.expectation(*block.times.first()?);
        body.values
            .code(&mut coder, &expected, &block.times, &mut block.values)
            .ok()?;
    }
    let mut new_count = Number::EVEN;
    new_count.count(&mut coder, new.len(), MAX_SERIES).ok()?;
    for row in new {
        body.encode(&mut coder, row, &mut block).ok()?;
    }
    let bytes = seal(coder.finish());
    (bytes.len() <= most_bytes).then_some(bytes)
}

pub(crate) fn decode_delta(
    header: &Header,
    coded: &[u8],
    keyframe: &Keyframe,
) -> Result<Vec<Series>, CodecError> {
    let mut coder = Decoder::new(coded);
    let mut body = Body::new(header.first_ms);
    let mut block = Block::default();
    let mut presence = Presence::new();
    let mut left = header.sample_count;
    let mut series = Vec::new();
    for entry in &keyframe.entries {
        if !presence.code(&mut coder, false)? {
            continue;
        }
        body.times.code(&mut coder, &mut block.times, left)?;
        let from_ms = block.times.first().copied();
        let expected = entry.expectation(from_ms.ok_or(CodecError::Damaged("a time is missing"))?);
        body.values
            .code(&mut coder, &expected, &block.times, &mut block.values)?;
        series.push(Series {
            labels: entry.series.labels.clone(),
            samples: block.samples(&mut left)?,
        });
    }
    let mut new_count = Number::EVEN;
    let new = new_count.count(&mut coder, 0, MAX_SERIES)?;
    for _ in 0..new {
        series.push(body.decode(&mut coder, &mut block, &mut left)?);
    }
    header.check(&series)?;
    Ok(merge(series))
}

/// Which series of the keyframe are there: mostly all.
struct Presence {
    after: [Bit; 2],
    before: bool,
}

impl Presence {
    fn new() -> Self {
        Self {
            after: [Bit::EVEN, Bit::mostly(32)],
            before: true,
        }
    }

    fn code<C: Coder>(&mut self, coder: &mut C, is_present: bool) -> Result<bool, CodecError> {
        let model = &mut self.after[usize::from(self.before)];
        self.before = coder.bit(model, is_present)?;
        Ok(self.before)
    }
}
