use series::{METRIC_NAME, Sample};

use crate::intake::{Intake, Mark, Tally, range};
use crate::metadata::{MetadataView, MetricKind};
use crate::request::{Opened, Scratch};
use crate::symbols::{SortedLabels, Symbols};
use crate::wire::{FIXED64, Key, LENGTH, Reader, VARINT};
use crate::{Buffer, Limits, Reason, Refusal, WriteRequest, block, check, plain};

// Field numbers of io.prometheus.write.v2.Request, TimeSeries, Sample, Exemplar and Metadata, as of
// version 2.0-rc.4; the series' created_timestamp stood in earlier candidates.
const TIME_SERIES: u32 = 5;
const LABEL_REFS: u32 = 1;
const SAMPLES: u32 = 2;
const HISTOGRAMS: u32 = 3;
const EXEMPLARS: u32 = 4;
const METADATA: u32 = 5;
const CREATED: u32 = 6;

/// Of the labels of an exemplar together, as OpenMetrics has it.
const EXEMPLAR_CHARACTERS: usize = 128;

/// Decodes a remote-write 2.0 body (a snappy block) received at `now_ms` (milliseconds since the epoch).
///
/// The result borrows `buffer`, which may serve again for the next body.
pub fn decode_v2<'b>(
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
        symbols: Symbols::read(Reader::new(bytes), limits)?,
        sorted: SortedLabels::new(std::mem::take(&mut scratch.joined)),
        intake,
        scratch,
        label_text_bytes: 0,
    };
    decoding.request(Reader::new(bytes))?;
    decoding.scratch.label_count = decoding.intake.labels.len();
    decoding.scratch.joined = decoding.sorted.into_memory();
    decoding.intake.finish(bytes, text)
}

struct Decoding<'b, 'l> {
    intake: Intake<'b, 'l>,
    scratch: &'b mut Scratch,
    symbols: Symbols<'b>,
    sorted: SortedLabels<'b>,
    label_text_bytes: usize,
}

/// What a series says beside its samples.
#[derive(Default)]
struct Aside {
    tally: Tally,
    /// References, also those beyond the limit, which are not kept.
    refs: usize,
    kind: MetricKind,
    help: u32,
    unit: u32,
    bad_exemplars: u64,
    start_times: u64,
}

impl<'b> Decoding<'b, '_> {
    fn request(&mut self, mut body: Reader<'b>) -> Result<(), Refusal> {
        while !body.is_done() {
            match body.key()? {
                Key {
                    field: TIME_SERIES,
                    wire: LENGTH,
                } => self.time_series(body.message()?)?,
                other => body.skip(other)?,
            }
        }
        Ok(())
    }

    fn time_series(&mut self, series: Reader<'b>) -> Result<(), Refusal> {
        let start = self.intake.begin()?;
        self.scratch.refs.clear();
        self.scratch.histograms.clear();
        let mut aside = Aside::default();
        self.fields(series, &mut aside)?;
        let tally = &aside.tally;
        if tally.samples > 0 && tally.histograms > 0 {
            self.reject(start, tally, Reason::SamplesAndHistograms);
            return Ok(());
        }
        let sorted = self.sorted.labels(
            &self.scratch.refs,
            &self.symbols,
            self.intake.limits,
            &mut self.intake.labels,
        );
        let text_bytes = if sorted.is_some() {
            self.sorted.text_bytes()
        } else {
            match self.any_labels(start, aside.refs) {
                Ok(text_bytes) => text_bytes,
                Err(reason) => {
                    self.reject(start, tally, reason);
                    return Ok(());
                }
            }
        };
        self.check_room(text_bytes)?;
        if let Err(reason) = self.metadata(start, &aside) {
            self.reject(start, tally, reason);
            return Ok(());
        }
        self.exemplars(start, &aside);
        self.intake.counts.start_times += aside.start_times;
        self.intake
            .settle(start, &aside.tally, sorted, &self.scratch.histograms);
        Ok(())
    }

    #[inline]
    fn fields(&mut self, mut series: Reader<'b>, aside: &mut Aside) -> Result<(), Refusal> {
        while !series.is_done() {
            // Samples have the same number in both messages.
            if let Some((sample, rest)) = plain::sample(series.rest()) {
                self.intake.sample(sample, &mut aside.tally)?;
                series.at = series.end - rest.len();
                continue;
            }
            self.field(&mut series, aside)?;
        }
        Ok(())
    }

    fn field(&mut self, series: &mut Reader<'b>, aside: &mut Aside) -> Result<(), Refusal> {
        let start = *series;
        let key = series.key()?;
        match (key.field, key.wire) {
            (LABEL_REFS, LENGTH) => {
                let mut refs = series.message()?;
                while !refs.is_done() {
                    self.keep_ref(refs.varint()?, aside);
                }
            }
            (LABEL_REFS, VARINT) => self.keep_ref(series.varint()?, aside),
            (SAMPLES, LENGTH) => {
                let (sample, start_ms) = sample(series.message()?)?;
                aside.start_times += u64::from(start_ms != 0);
                self.intake.sample(sample, &mut aside.tally)?;
            }
            (HISTOGRAMS, LENGTH) => {
                let message = series.message()?;
                self.intake.histogram(&mut aside.tally)?;
                let place = range(message.at, message.end);
                self.scratch.histograms.push(place);
            }
            (EXEMPLARS, LENGTH) => {
                let is_valid = self.is_valid_exemplar(series.message()?)?;
                aside.tally.exemplars += u64::from(is_valid);
                aside.bad_exemplars += u64::from(!is_valid);
            }
            (METADATA, LENGTH) => metadata(series.message()?, aside)?,
            (CREATED, VARINT) => aside.start_times += u64::from(series.varint()? != 0),
            (LABEL_REFS..=METADATA, _) => {
                return Err(start.malformed("a series' field has the wrong type"));
            }
            _ => series.skip(key)?,
        }
        Ok(())
    }

    /// Keeps one label more than the limit, enough to see that there are too many. What does not fit 32
    /// bits is cut, as protobuf wants it.
    #[inline]
    fn keep_ref(&mut self, reference: u64, aside: &mut Aside) {
        aside.refs += 1;
        if self.scratch.refs.len() <= 2 * self.intake.limits.labels_per_series + 1 {
            self.scratch.refs.push(reference as u32);
        }
    }

    /// Brings labels into order that are not, and returns the length of their text.
    #[cold]
    fn any_labels(&mut self, start: Mark, refs: usize) -> Result<usize, Reason> {
        if refs % 2 == 1 {
            return Err(Reason::OddReferences);
        }
        let (pairs, _) = self.scratch.refs.as_chunks::<2>();
        for [name, value] in pairs {
            match (self.symbols.text(*name), self.symbols.text(*value)) {
                (Some(name), Some(value)) => self.intake.labels.push((name, value)),
                _ => return Err(Reason::UnknownSymbol),
            }
        }
        let Intake { labels, limits, .. } = &mut self.intake;
        check::labels(labels, start.label, limits, check::Names::Utf8)?;
        let fresh = labels.get(start.label..).unwrap_or_default();
        Ok(fresh.iter().map(|(n, v)| n.len() + v.len() + 2).sum())
    }

    #[cold]
    fn reject(&mut self, start: Mark, tally: &Tally, reason: Reason) {
        let (refs, symbols) = (&self.scratch.refs, &self.symbols);
        self.intake.reject_series(start, tally, reason, |_| {
            let (pairs, _) = refs.as_chunks::<2>();
            let known =
                |[name, value]: &[u32; 2]| Some((symbols.text(*name)?, symbols.text(*value)?));
            let known: Vec<(&str, &str)> = pairs.iter().filter_map(known).collect();
            let readable = check::readable(&known);
            let outside = refs.iter().find(|at| symbols.text(**at).is_none());
            match outside {
                Some(at) => format!("{readable}, reference {at} of {} symbols", symbols.len()),
                None => readable,
            }
        });
    }

    /// The text of a label may be long and a reference to it short, so that what all series say together
    /// has its own limits.
    #[inline]
    fn check_room(&mut self, text_bytes: usize) -> Result<(), Refusal> {
        let limits = self.intake.limits;
        self.label_text_bytes += text_bytes;
        if self.intake.labels.len() > limits.labels {
            return Err(Refusal::TooManyLabels {
                limit: limits.labels,
                unit: "in number",
            });
        }
        if self.label_text_bytes > limits.label_text_bytes {
            return Err(Refusal::TooManyLabels {
                limit: limits.label_text_bytes,
                unit: "bytes of text",
            });
        }
        Ok(())
    }

    #[inline]
    fn metadata(&mut self, start: Mark, aside: &Aside) -> Result<(), Reason> {
        if aside.kind == MetricKind::Unknown && aside.help == 0 && aside.unit == 0 {
            return Ok(());
        }
        let text = |at| self.symbols.text(at).ok_or(Reason::UnknownSymbol);
        let (help, unit) = (text(aside.help)?, text(aside.unit)?);
        let fresh = self.intake.labels.get(start.label..).unwrap_or_default();
        let metric = fresh.iter().find(|(name, _)| *name == METRIC_NAME);
        let metric = metric.map_or("", |(_, value)| value);
        let said = MetadataView::of_series(metric, aside.kind, help, unit);
        // Neighbours mostly say the same.
        if said.as_ref() != self.intake.metadata.last() {
            self.intake.metadata.extend(said);
        }
        Ok(())
    }

    fn exemplars(&mut self, start: Mark, aside: &Aside) {
        if aside.bad_exemplars == 0 {
            return;
        }
        let Intake {
            labels,
            rejected,
            counts,
            ..
        } = &mut self.intake;
        counts.exemplars.rejected += aside.bad_exemplars;
        let fresh = labels.get(start.label..).unwrap_or_default();
        rejected.count(Reason::InvalidExemplar, aside.bad_exemplars, 1, || {
            check::readable(fresh)
        });
    }

    fn is_valid_exemplar(&self, mut exemplar: Reader<'b>) -> Result<bool, Refusal> {
        let mut time_ms = 0;
        let (mut refs, mut characters, mut is_known) = (0_usize, 0_usize, true);
        let mut keep = |reference: u64| {
            refs += 1;
            match self.symbols.text(reference as u32) {
                // A long text is over the limit before it is counted.
                Some(text) => characters += text.chars().take(EXEMPLAR_CHARACTERS + 1).count(),
                None => is_known = false,
            }
        };
        while !exemplar.is_done() {
            let start = exemplar;
            let key = exemplar.key()?;
            match (key.field, key.wire) {
                (1, LENGTH) => {
                    let mut packed = exemplar.message()?;
                    while !packed.is_done() {
                        keep(packed.varint()?);
                    }
                }
                (1, VARINT) => keep(exemplar.varint()?),
                (2, FIXED64) => drop(exemplar.fixed64()?),
                (3, VARINT) => time_ms = exemplar.varint()?.cast_signed(),
                (1..=3, _) => return Err(start.malformed("an exemplar's field has the wrong type")),
                _ => exemplar.skip(key)?,
            }
        }
        let is_in_window =
            (self.intake.window_ms.start..=self.intake.window_ms.end).contains(&time_ms);
        let has_time = time_ms != 0;
        Ok(has_time
            && is_in_window
            && is_known
            && refs % 2 == 0
            && characters <= EXEMPLAR_CHARACTERS)
    }
}

fn metadata(mut message: Reader<'_>, aside: &mut Aside) -> Result<(), Refusal> {
    while !message.is_done() {
        let start = message;
        let key = message.key()?;
        match (key.field, key.wire) {
            (1, VARINT) => aside.kind = MetricKind::of_number(message.varint()?),
            (3, VARINT) => aside.help = message.varint()? as u32,
            (4, VARINT) => aside.unit = message.varint()? as u32,
            (1 | 3 | 4, _) => {
                return Err(start.malformed("a metadata field has the wrong type"));
            }
            _ => message.skip(key)?,
        }
    }
    Ok(())
}

/// A sample, and when its counter began (0: not said).
fn sample(mut message: Reader<'_>) -> Result<(Sample, i64), Refusal> {
    let mut sample = Sample {
        time_ms: 0,
        value: 0.0,
    };
    let mut start_ms = 0;
    while !message.is_done() {
        let start = message;
        let key = message.key()?;
        match (key.field, key.wire) {
            (1, FIXED64) => sample.value = f64::from_bits(message.fixed64()?),
            (2, VARINT) => sample.time_ms = message.varint()?.cast_signed(),
            (3, VARINT) => start_ms = message.varint()?.cast_signed(),
            (1..=3, _) => return Err(start.malformed("a sample's field has the wrong type")),
            _ => message.skip(key)?,
        }
    }
    Ok((sample, start_ms))
}
