use std::ops::Range;

use series::{Sample, SeriesId};

use crate::label::{LabelRun, RawLabel};
use crate::plain::{self, PlainReader};
use crate::request::{Entry, Scratch};
use crate::wire::{FIXED64, Key, LENGTH, Reader, VARINT};
use crate::{Buffer, Limits, Reason, Refusal, Rejections, WriteRequest, block, check, identity};

// Field numbers of prometheus.WriteRequest, TimeSeries and Sample (remote write 1.0).
const TIME_SERIES: u32 = 1;
const LABELS: u32 = 1;
const SAMPLES: u32 = 2;
const EXEMPLARS: u32 = 3;
const HISTOGRAMS: u32 = 4;
const VALUE: u32 = 1;
const TIME: u32 = 2;

/// Decodes a remote-write 1.0 body (a snappy block) received at `now_ms` (milliseconds since the epoch).
///
/// The result borrows `buffer`, which may serve again for the next body.
pub fn decode<'b>(
    body: &[u8],
    limits: &Limits,
    now_ms: i64,
    buffer: &'b mut Buffer,
) -> Result<WriteRequest<'b>, Refusal> {
    let Buffer {
        bytes,
        samples,
        series,
        scratch,
    } = buffer;
    let length = block::decompress(body, limits, bytes)?;
    samples.clear();
    series.clear();
    let plain = PlainReader::new(std::mem::take(&mut scratch.joined));
    let mut decoding = Decoding {
        labels: Vec::with_capacity(scratch.label_count),
        samples,
        series,
        scratch,
        limits,
        window_ms: now_ms.saturating_sub(limits.past_ms)..now_ms.saturating_add(limits.future_ms),
        rejected: Rejections::default(),
        exemplars: 0,
        seen: Seen::default(),
        plain,
    };
    decoding.write_request(Reader::new(bytes.get(..length).unwrap_or_default()))?;
    decoding.scratch.label_count = decoding.labels.len();
    decoding.scratch.joined = decoding.plain.into_memory();
    Ok(WriteRequest {
        labels: decoding.labels,
        samples: decoding.samples,
        series: decoding.series,
        rejected: decoding.rejected,
        exemplars: decoding.exemplars,
    })
}

struct Decoding<'b, 'l> {
    labels: Vec<(&'b str, &'b str)>,
    samples: &'b mut Vec<Sample>,
    series: &'b mut Vec<Entry>,
    scratch: &'b mut Scratch,
    limits: &'l Limits,
    window_ms: Range<i64>,
    rejected: Rejections,
    exemplars: u64,
    seen: Seen,
    plain: PlainReader<'b>,
}

#[derive(Default)]
struct Seen {
    series: usize,
    samples: usize,
}

/// What one series brought beside its accepted samples.
#[derive(Default)]
struct Tally {
    samples: u64,
    too_old: u64,
    too_new: u64,
    histograms: u64,
    // Rejected times, for the examples.
    old_ms: i64,
    new_ms: i64,
}

impl<'b> Decoding<'b, '_> {
    fn write_request(&mut self, mut body: Reader<'b>) -> Result<(), Refusal> {
        while !body.is_done() {
            let start = body;
            match body.key()? {
                Key {
                    field: TIME_SERIES,
                    wire: LENGTH,
                } => self.time_series(body.message()?)?,
                Key {
                    field: TIME_SERIES, ..
                } => return Err(start.malformed("a series is not a message")),
                unknown => body.skip(unknown)?,
            }
        }
        Ok(())
    }

    fn time_series(&mut self, series: Reader<'b>) -> Result<(), Refusal> {
        self.seen.series += 1;
        if self.seen.series > self.limits.series {
            return Err(Refusal::TooManySeries {
                limit: self.limits.series,
            });
        }
        let start = Mark {
            label: self.labels.len(),
            sample: self.samples.len(),
        };
        let mut tally = Tally::default();
        if let Some(id) = self.plain(series.rest(), &mut tally)? {
            self.settle(start, &tally, Some(id));
            return Ok(());
        }
        self.seen.samples -= usize::try_from(tally.samples).unwrap_or_default();
        self.labels.truncate(start.label);
        self.samples.truncate(start.sample);
        self.any(series, start)
    }

    /// A series as almost every sender writes it; `None` where it is not.
    #[inline]
    fn plain(&mut self, series: &'b [u8], tally: &mut Tally) -> Result<Option<SeriesId>, Refusal> {
        let labels = self.plain.labels(series, self.limits, &mut self.labels);
        let Some((id, mut rest)) = labels else {
            return Ok(None);
        };
        while let Some((sample, tail)) = plain::sample(rest) {
            self.sample(sample, tally)?;
            rest = tail;
        }
        Ok(rest.is_empty().then_some(id))
    }

    /// A series in any order of fields.
    fn any(&mut self, series: Reader<'b>, start: Mark) -> Result<(), Refusal> {
        self.scratch.labels.clear();
        let mut tally = Tally::default();
        let run = self.fields(series, &mut tally)?;
        run.texts(&self.scratch.labels, series, &mut self.labels)?;
        if let Err(reason) = check::labels(&mut self.labels, start.label, self.limits) {
            let fresh = self.labels.get(start.label..).unwrap_or_default();
            let count = tally.samples + tally.histograms;
            let readable = || check::readable(fresh);
            self.rejected.count(reason, count, 1, readable);
            self.samples.truncate(start.sample);
            self.labels.truncate(start.label);
            return Ok(());
        }
        self.settle(start, &tally, None);
        Ok(())
    }

    #[inline]
    fn fields(&mut self, mut series: Reader<'b>, tally: &mut Tally) -> Result<LabelRun, Refusal> {
        let mut run = LabelRun::default();
        while !series.is_done() {
            let start = series;
            match series.key()? {
                Key {
                    field: LABELS,
                    wire: LENGTH,
                } => {
                    let (label, is_plain) = RawLabel::read(series.message()?)?;
                    run.add(start.at..series.at, is_plain);
                    self.keep(label, series)?;
                }
                Key {
                    field: SAMPLES,
                    wire: LENGTH,
                } => {
                    let sample = sample(series.message()?)?;
                    self.sample(sample, tally)?;
                }
                Key {
                    field: EXEMPLARS,
                    wire: LENGTH,
                } => {
                    series.message()?;
                    self.exemplars += 1;
                }
                Key {
                    field: HISTOGRAMS,
                    wire: LENGTH,
                } => {
                    series.message()?;
                    tally.histograms += 1;
                }
                Key {
                    field: LABELS..=HISTOGRAMS,
                    ..
                } => return Err(start.malformed("a series' field is not a message")),
                unknown => series.skip(unknown)?,
            }
        }
        Ok(run)
    }

    /// Keeps one label more than the limit, enough to see that there are too many.
    #[inline]
    fn keep(&mut self, label: RawLabel, series: Reader<'b>) -> Result<(), Refusal> {
        if self.scratch.labels.len() <= self.limits.labels_per_series {
            self.scratch.labels.push(label);
            return Ok(());
        }
        crate::label::text_of(series, &label.name)?;
        crate::label::text_of(series, &label.value)?;
        Ok(())
    }

    #[inline]
    fn sample(&mut self, sample: Sample, tally: &mut Tally) -> Result<(), Refusal> {
        self.seen.samples += 1;
        if self.seen.samples > self.limits.samples {
            return Err(Refusal::TooManySamples {
                limit: self.limits.samples,
            });
        }
        tally.samples += 1;
        if sample.time_ms < self.window_ms.start {
            tally.too_old += 1;
            tally.old_ms = sample.time_ms;
        } else if sample.time_ms > self.window_ms.end {
            tally.too_new += 1;
            tally.new_ms = sample.time_ms;
        } else {
            self.samples.push(sample);
        }
        Ok(())
    }

    /// Counts what was rejected of a series with valid labels, and accepts the rest.
    #[inline]
    fn settle(&mut self, start: Mark, tally: &Tally, id: Option<SeriesId>) {
        if tally.too_old + tally.too_new + tally.histograms > 0 {
            self.reject(start, tally);
        }
        if self.samples.len() == start.sample {
            self.labels.truncate(start.label);
            return;
        }
        let fresh = self.labels.get(start.label..).unwrap_or_default();
        let id = id.unwrap_or_else(|| identity::identity(fresh, &mut self.scratch.identity));
        self.series.push(Entry {
            id,
            labels: range(start.label, self.labels.len()),
            samples: range(start.sample, self.samples.len()),
        });
    }

    #[cold]
    fn reject(&mut self, start: Mark, tally: &Tally) {
        let fresh = self.labels.get(start.label..).unwrap_or_default();
        let readable = || check::readable(fresh);
        for (reason, count, example_ms) in [
            (Reason::TooOld, tally.too_old, tally.old_ms),
            (Reason::TooFarInFuture, tally.too_new, tally.new_ms),
        ] {
            if count > 0 {
                let example = || format!("{} at {example_ms} ms", readable());
                self.rejected.count(reason, count, 1, example);
            }
        }
        if tally.histograms > 0 {
            self.rejected
                .count(Reason::NativeHistogram, tally.histograms, 1, readable);
        }
    }
}

/// Where a series begins in the arenas.
#[derive(Clone, Copy)]
struct Mark {
    label: usize,
    sample: usize,
}

/// Counts are below the length of a snappy block, which is below 4 GiB.
fn range(start: usize, end: usize) -> Range<u32> {
    u32::try_from(start).unwrap_or(u32::MAX)..u32::try_from(end).unwrap_or(u32::MAX)
}

#[inline]
fn sample(mut message: Reader<'_>) -> Result<Sample, Refusal> {
    let mut sample = Sample {
        time_ms: 0,
        value: 0.0,
    };
    while !message.is_done() {
        let start = message;
        match message.key()? {
            Key {
                field: VALUE,
                wire: FIXED64,
            } => sample.value = f64::from_bits(message.fixed64()?),
            Key {
                field: TIME,
                wire: VARINT,
            } => sample.time_ms = message.varint()?.cast_signed(),
            Key {
                field: VALUE | TIME,
                ..
            } => return Err(start.malformed("a sample's field has the wrong type")),
            unknown => message.skip(unknown)?,
        }
    }
    Ok(sample)
}
