use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use series::{Sample, Series, SeriesId, SeriesView};
use xxhash_rust::xxh3::xxh3_128;

use crate::CodecError;
use crate::body::{Block, Body, is_counter};
use crate::coder::{Decoder, Encoder};
use crate::flush::{Row, sorted_rows};
use crate::header::{Header, Kind, seal, verify};
use crate::limits::{MAX_CHUNK_BYTES, MAX_LABEL_BYTES, MAX_SERIES};
use crate::residual::size;
use crate::scale::Scale;
use crate::values::{Expectation, Trend, project};

/// Samples of each series that a keyframe keeps: enough to tell how fast it changes.
const SAMPLES_KEPT: usize = 8;

/// XXH3-128 of a keyframe's bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyframeId(pub u128);

impl fmt::Display for KeyframeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for KeyframeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyframeId({self})")
    }
}

impl FromStr for KeyframeId {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Self)
    }
}

/// What a host's flushes have in common: label sets, last values, and how they change. Immutable.
#[derive(Debug, Clone)]
pub struct Keyframe {
    id: KeyframeId,
    bytes: Vec<u8>,
    pub(crate) entries: Vec<Entry>,
    positions: HashMap<SeriesId, usize>,
    pub(crate) last_ms: i64,
}

/// One series of a keyframe.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) series: Series,
    scale: Scale,
    grows: bool,
    next_size: u32,
}

impl Keyframe {
    /// A keyframe from a complete flush. `None` where it has no samples or would exceed
    /// [`MAX_CHUNK_BYTES`]: such a host's flushes are self-contained.
    #[must_use]
    pub fn of(flush: &[SeriesView<'_>]) -> Option<Self> {
        let mut rows = sorted_rows(flush);
        for row in &mut rows {
            let surplus = row.samples.len().saturating_sub(SAMPLES_KEPT);
            if surplus > 0 {
                row.samples = row.samples[surplus..].to_vec().into();
            }
        }
        let weight: usize = rows.iter().map(Row::label_weight).sum();
        if rows.len() > MAX_SERIES / SAMPLES_KEPT || weight > MAX_LABEL_BYTES {
            return None;
        }
        let bytes = encode(&rows)?;
        if bytes.len() >= MAX_CHUNK_BYTES {
            return None;
        }
        Self::decode(bytes).ok()
    }

    /// Reads stored bytes back.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, CodecError> {
        verify(&bytes)?;
        let (header, coded) = Header::read(&bytes)?;
        if header.kind != Kind::Keyframe {
            return Err(CodecError::UnknownFormat(header.kind as u8));
        }
        let entries = entries(decode(&header, coded)?);
        let ids = entries.iter().map(|entry| entry.series.id());
        let positions = ids.enumerate().map(|(at, id)| (id, at)).collect();
        Ok(Self {
            id: KeyframeId(xxh3_128(&bytes)),
            bytes,
            entries,
            positions,
            last_ms: header.last_ms,
        })
    }

    /// The key of its content.
    #[must_use]
    pub fn id(&self) -> KeyframeId {
        self.id
    }

    /// What is stored.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many series it holds.
    #[must_use]
    pub fn series_count(&self) -> usize {
        self.entries.len()
    }

    /// The latest time of its samples, in milliseconds.
    #[must_use]
    pub fn last_ms(&self) -> i64 {
        self.last_ms
    }

    pub(crate) fn position(&self, id: SeriesId) -> Option<usize> {
        self.positions.get(&id).copied()
    }
}

fn encode(rows: &[Row<'_>]) -> Option<Vec<u8>> {
    let header = Header::over(Kind::Keyframe, None, rows)?;
    let mut coder = Encoder::new(header.write());
    let mut body = Body::new(header.first_ms);
    let mut block = Block::default();
    for row in rows {
        body.encode(&mut coder, row, &mut block).ok()?;
    }
    Some(seal(coder.finish()))
}

/// The series of a keyframe.
pub(crate) fn decode(header: &Header, coded: &[u8]) -> Result<Vec<Series>, CodecError> {
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

fn entries(series: Vec<Series>) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(series.len());
    for metric in series.chunk_by(|a, b| a.labels.metric_name() == b.labels.metric_name()) {
        let numbers = metric.iter().flat_map(|s| numbers(&s.samples));
        // What one series shows by chance (a counter at a whole second), its neighbours may not.
        let shared = Scale::of(numbers.map(|s| s.value));
        for series in metric {
            entries.push(Entry::of(series.clone(), shared));
        }
    }
    entries
}

/// The samples that are numbers.
fn numbers(samples: &[Sample]) -> impl DoubleEndedIterator<Item = &Sample> + Clone {
    samples.iter().filter(|s| s.value.is_finite())
}

impl Entry {
    fn of(series: Series, shared: Scale) -> Self {
        let scale = match shared {
            Scale::Bits => Scale::of(numbers(&series.samples).map(|s| s.value)),
            decimal => decimal,
        };
        let integers: Vec<i64> = numbers(&series.samples)
            .filter_map(|s| scale.integer(s.value))
            .collect();
        let deltas: Vec<i64> = integers
            .windows(2)
            .map(|w| w[1].wrapping_sub(w[0]))
            .collect();
        let bends: Vec<i64> = deltas.windows(2).map(|w| w[1].wrapping_sub(w[0])).collect();
        let grows = is_counter(series.labels.metric_name());
        let changes = if grows && !bends.is_empty() {
            &bends
        } else {
            &deltas
        };
        let sizes: u32 = changes.iter().map(|&change| size(change)).sum();
        let next_size = match changes.len() as u32 {
            0 => 1,
            count => (2 * sizes + count) / (2 * count),
        };
        Self {
            series,
            scale,
            grows,
            next_size,
        }
    }

    /// What a flush whose first time is `from_ms` is expected to hold.
    pub(crate) fn expectation(&self, from_ms: i64) -> Expectation {
        let samples = numbers(&self.series.samples);
        let oldest = samples.clone().next();
        let nearest = samples.clone().rfind(|s| s.time_ms <= from_ms).or(oldest);
        let mut expected = Expectation {
            scale: self.scale,
            first: 0,
            first_size: self.next_size,
            next_size: self.next_size,
            grows: self.grows,
            trend: None,
        };
        let (Some(oldest), Some(nearest)) = (oldest, nearest) else {
            return expected;
        };
        let trend = Trend {
            time_ms: oldest.time_ms,
            integer: self.scale.nearest(oldest.value),
        };
        let base = self.scale.nearest(nearest.value);
        expected.trend = Some(trend);
        expected.first = base;
        if from_ms == nearest.time_ms {
            expected.first_size = 0;
            return expected;
        }
        if self.grows {
            expected.first = base.wrapping_add(project(trend, base, nearest.time_ms, from_ms));
        }
        if self.next_size > 0 {
            // A value wanders off with the root of time, its rate with time itself.
            let elapsed = from_ms.abs_diff(nearest.time_ms) / EXPECTED_INTERVAL_MS;
            let doublings = u64::BITS - elapsed.leading_zeros();
            expected.first_size += doublings * 3 / 4;
        }
        expected
    }
}

/// Between two samples of most senders.
const EXPECTED_INTERVAL_MS: u64 = 15_000;
