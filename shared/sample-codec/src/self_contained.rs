use series::SeriesView;

use crate::flush::{Row, rows};
use crate::header::{Header, Kind, seal};
use crate::hours::split_by_hour;
use crate::limits::{MAX_CHUNK_BYTES, MAX_SAMPLES, MAX_SERIES};
use crate::mixed;

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
    let fits = rows.len() <= MAX_SERIES && samples <= MAX_SAMPLES;
    let chunk = fits.then(|| encode(rows)).flatten();
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

/// The rows as one chunk, however large.
fn encode(rows: &[Row<'_>]) -> Option<Vec<u8>> {
    let header = Header::over(Kind::SelfContained, None, rows)?;
    mixed::encode(&header, rows).ok().map(seal)
}
