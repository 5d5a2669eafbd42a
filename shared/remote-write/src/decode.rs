use series::{Sample, SeriesId};

use crate::intake::{Intake, Mark, Tally, range};
use crate::label::{LabelRun, RawLabel};
use crate::metadata::read_v1;
use crate::plain::PlainReader;
use crate::request::{Opened, Scratch};
use crate::wire::{FIXED64, Key, LENGTH, Reader, VARINT};
use crate::{Buffer, Limits, Protocol, Refusal, WriteRequest, block, check};

// Field numbers of prometheus.WriteRequest (metadata as Prometheus sends it), TimeSeries and Sample (remote write 1.0).
const TIME_SERIES: u32 = 1;
const TIME_SERIES_KEY: u8 = 0x0A;
const METADATA: u32 = 3;
/// The series of an `io.prometheus.write.v2.Request`.
const TIME_SERIES_V2: u32 = 5;
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
    let length = block::decompress(body, limits, &mut buffer.bytes)?;
    let Opened {
        intake,
        scratch,
        bytes,
        text,
    } = buffer.intake(length, limits, now_ms);
    let mut decoding = Decoding {
        plain: PlainReader::new(std::mem::take(&mut scratch.joined)),
        intake,
        scratch,
    };
    decoding.write_request(Reader::new(bytes))?;
    decoding.scratch.label_count = decoding.intake.labels.len();
    decoding.scratch.joined = decoding.plain.into_memory();
    decoding.intake.finish(bytes, text)
}

struct Decoding<'b, 'l> {
    intake: Intake<'b, 'l>,
    scratch: &'b mut Scratch,
    plain: PlainReader<'b>,
}

impl<'b> Decoding<'b, '_> {
    fn write_request(&mut self, mut body: Reader<'b>) -> Result<(), Refusal> {
        let mut is_other_message = false;
        while !body.is_done() {
            if let Some(series) = body.short_message(TIME_SERIES_KEY) {
                self.time_series(series)?;
                continue;
            }
            let start = body;
            match body.key()? {
                Key {
                    field: TIME_SERIES,
                    wire: LENGTH,
                } => self.time_series(body.message()?)?,
                Key {
                    field: TIME_SERIES, ..
                } => return Err(start.malformed("a series is not a message")),
                Key {
                    field: METADATA,
                    wire: LENGTH,
                } => self.metadata(body.message()?)?,
                Key {
                    field: METADATA, ..
                } => return Err(start.malformed("metadata is not a message")),
                unknown => {
                    is_other_message |= unknown.field == TIME_SERIES_V2 && unknown.wire == LENGTH;
                    body.skip(unknown)?;
                }
            }
        }
        // It would be answered as an empty body, and everything in it would be lost without a word.
        if is_other_message && self.intake.seen.series == 0 {
            return Err(Refusal::OtherMessage {
                declared: Protocol::V1.message(),
                found: Protocol::V2.message(),
            });
        }
        Ok(())
    }

    fn metadata(&mut self, message: Reader<'b>) -> Result<(), Refusal> {
        let metadata = read_v1(message)?;
        if !metadata.metric.is_empty() && self.intake.metadata.len() < self.intake.limits.series {
            self.intake.metadata.push(metadata);
        }
        Ok(())
    }

    fn time_series(&mut self, series: Reader<'b>) -> Result<(), Refusal> {
        let start = self.intake.begin()?;
        let mut tally = Tally::default();
        if let Some(id) = self.plain(series.rest(), &mut tally)? {
            self.intake.settle(start, &tally, Some(id), &[]);
            return Ok(());
        }
        self.intake.seen.samples -= usize::try_from(tally.samples).unwrap_or_default();
        self.intake.labels.truncate(start.label);
        self.intake.samples.truncate(start.sample);
        self.any(series, start)
    }

    /// A series as almost every sender writes it; `None` where it is not.
    #[inline]
    fn plain(&mut self, series: &'b [u8], tally: &mut Tally) -> Result<Option<SeriesId>, Refusal> {
        let labels = self
            .plain
            .labels(series, self.intake.limits, &mut self.intake.labels);
        let Some((id, rest)) = labels else {
            return Ok(None);
        };
        let rest = self.intake.plain_samples(rest, tally)?;
        Ok(rest.is_empty().then_some(id))
    }

    /// A series in any order of fields.
    fn any(&mut self, series: Reader<'b>, start: Mark) -> Result<(), Refusal> {
        self.scratch.labels.clear();
        self.scratch.histograms.clear();
        let mut tally = Tally::default();
        let run = self.fields(series, &mut tally)?;
        run.texts(&self.scratch.labels, series, &mut self.intake.labels)?;
        let Intake { labels, limits, .. } = &mut self.intake;
        if let Err(reason) = check::labels(labels, start.label, limits, check::Names::Classic) {
            let example = |intake: &Intake<'b, '_>| {
                check::readable(intake.labels.get(start.label..).unwrap_or_default())
            };
            self.intake.reject_series(start, &tally, reason, example);
            return Ok(());
        }
        let histograms = &self.scratch.histograms;
        self.intake.settle(start, &tally, None, histograms);
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
                    self.intake.sample(sample, tally)?;
                }
                Key {
                    field: EXEMPLARS,
                    wire: LENGTH,
                } => {
                    series.message()?;
                    tally.exemplars += 1;
                }
                Key {
                    field: HISTOGRAMS,
                    wire: LENGTH,
                } => {
                    let message = series.message()?;
                    self.intake.histogram(tally)?;
                    self.scratch.histograms.push(range(message.at, message.end));
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
        if self.scratch.labels.len() <= self.intake.limits.labels_per_series {
            self.scratch.labels.push(label);
            return Ok(());
        }
        crate::label::text_of(series, &label.name)?;
        crate::label::text_of(series, &label.value)?;
        Ok(())
    }
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
