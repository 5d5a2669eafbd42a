use series::{Series, SeriesView};

use crate::CodecError;
use crate::body::{Block, Body};
use crate::coder::{Decoder, Encoder};
use crate::flush::{Row, rows};
use crate::header::{Header, Kind, seal};
use crate::hours::split_by_hour;
use crate::limits::{MAX_CHUNK_BYTES, MAX_LABEL_BYTES, MAX_SAMPLES, MAX_SERIES};

/// Chunks that need nothing beside them: one per clock hour, more where one would be too large.
///
/// None at all where there is no sample. A single series whose labels alone exceed [`MAX_CHUNK_BYTES`]
/// gets a chunk that exceeds it too; whoever takes series in keeps labels below that.
#[must_use]
pub fn encode_self_contained(flush: &[SeriesView<'_>]) -> Vec<Vec<u8>> {
    let mut chunks = Vec::new();
    for hour in split_by_hour(flush) {
        encode_split(&rows(&hour.series), &mut chunks);
    }
    chunks
}

fn encode_split(rows: &[Row<'_>], chunks: &mut Vec<Vec<u8>>) {
    let samples: usize = rows.iter().map(|row| row.samples.len()).sum();
    let weight: usize = rows.iter().map(Row::label_weight).sum();
    let fits = rows.len() <= MAX_SERIES && samples <= MAX_SAMPLES && weight <= MAX_LABEL_BYTES;
    let chunk = fits
        .then(|| encode_rows(rows, Kind::SelfContained))
        .flatten();
    match chunk {
        Some(chunk) if chunk.len() < MAX_CHUNK_BYTES => chunks.push(chunk),
        _ if rows.len() > 1 => {
            let (left, right) = rows.split_at(rows.len() / 2);
            encode_split(left, chunks);
            encode_split(right, chunks);
        }
        _ if samples > 1 => {
            for row in rows {
                let (left, right) = row.samples.split_at(samples / 2);
                for samples in [left, right] {
                    let samples = samples.into();
                    encode_split(&[Row { samples, ..*row }], chunks);
                }
            }
        }
        other => chunks.extend(other),
    }
}

/// The rows as one chunk or keyframe, however large.
pub(crate) fn encode_rows(rows: &[Row<'_>], kind: Kind) -> Option<Vec<u8>> {
    let header = Header::over(kind, None, rows)?;
    let mut coder = Encoder::new(header.write());
    let mut body = Body::new(header.first_ms);
    let mut block = Block::default();
    for row in rows {
        body.encode(&mut coder, row, &mut block).ok()?;
    }
    Some(seal(coder.finish()))
}

pub(crate) fn decode_rows(header: &Header, coded: &[u8]) -> Result<Vec<Series>, CodecError> {
    let mut coder = Decoder::new(coded);
    let mut body = Body::new(header.first_ms);
    let mut block = Block::default();
    let mut left = header.sample_count;
    let mut series = Vec::new();
    for _ in 0..header.series_count {
        series.push(body.decode(&mut coder, &mut block, &mut left)?);
    }
    header.check(&series)?;
    Ok(series)
}
