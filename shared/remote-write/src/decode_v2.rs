use series::{METRIC_NAME, SeriesId};

use crate::intake::{Intake, Mark, Tally, range};
use crate::metadata::of_series;
use crate::parts_v2::{Said, is_valid_exemplar, metadata, sample};
use crate::request::{Opened, Scratch};
use crate::sorted_labels::SortedLabels;
use crate::symbols::Symbols;
use crate::wire::{Key, LENGTH, Reader, VARINT};
use crate::{Buffer, Limits, Reason, Refusal, WriteRequest, block, check};

// Field numbers of io.prometheus.write.v2.Request and TimeSeries, as of
// version 2.0-rc.4; the series' created_timestamp stood in earlier candidates.
const TIME_SERIES: u32 = 5;
const LABEL_REFS: u32 = 1;
const LABEL_REFS_KEY: u8 = 0x0A;
const SAMPLES: u32 = 2;
const HISTOGRAMS: u32 = 3;
const EXEMPLARS: u32 = 4;
const METADATA: u32 = 5;
const CREATED: u32 = 6;

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
    /// References or fields of them; also those beyond the limit, which are not kept.
    refs: usize,
    said: Said,
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
        let (rest, sorted) = self.sorted_labels(series);
        self.fields(rest, &mut aside)?;
        let labels = match sorted {
            Some((id, text_bytes)) if aside.refs == 0 => Ok((Some(id), text_bytes)),
            _ => self.any_labels(start, series, &mut aside)?,
        };
        let (id, text_bytes) = match labels {
            Ok(labels) => labels,
            Err(reason) => {
                self.reject(start, &aside, reason);
                return Ok(());
            }
        };
        self.check_room(text_bytes)?;
        if let Err(reason) = self.aside(start, &aside) {
            self.reject(start, &aside, reason);
            return Ok(());
        }
        self.intake.counts.start_times += aside.start_times;
        self.intake
            .settle(start, &aside.tally, id, &self.scratch.histograms);
        Ok(())
    }

    /// The labels where they come first and are in order, and what follows them.
    #[inline]
    fn sorted_labels(&mut self, series: Reader<'b>) -> (Reader<'b>, Option<(SeriesId, usize)>) {
        let [LABEL_REFS_KEY, length @ ..0x80, tail @ ..] = series.rest() else {
            return (series, None);
        };
        let Some(refs) = tail.get(..usize::from(*length)) else {
            return (series, None);
        };
        let Intake { labels, limits, .. } = &mut self.intake;
        let sorted = self.sorted.labels(refs, &self.symbols, limits, labels);
        let mut rest = series;
        if sorted.is_some() {
            rest.at += 2 + refs.len();
        }
        (rest, sorted)
    }

    /// What is said beside samples and histograms.
    #[inline]
    fn aside(&mut self, start: Mark, aside: &Aside) -> Result<(), Reason> {
        if aside.tally.samples > 0 && aside.tally.histograms > 0 {
            return Err(Reason::SamplesAndHistograms);
        }
        if aside.said.is_something() {
            self.metadata(start, &aside.said)?;
        }
        if aside.bad_exemplars > 0 {
            self.reject_exemplars(start, aside.bad_exemplars);
        }
        Ok(())
    }

    #[inline]
    fn fields(&mut self, mut series: Reader<'b>, aside: &mut Aside) -> Result<(), Refusal> {
        while !series.is_done() {
            // Samples have the same number in both messages.
            let rest = self.intake.plain_samples(series.rest(), &mut aside.tally)?;
            series.at = series.end - rest.len();
            if !rest.is_empty() {
                self.field(&mut series, aside)?;
            }
        }
        Ok(())
    }

    fn field(&mut self, series: &mut Reader<'b>, aside: &mut Aside) -> Result<(), Refusal> {
        let start = *series;
        let key = series.key()?;
        match (key.field, key.wire) {
            // Labels that come first and in order don't come here; any others are read afterwards.
            (LABEL_REFS, LENGTH | VARINT) => {
                aside.refs += 1;
                series.skip(key)?;
            }
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
                let is_valid =
                    is_valid_exemplar(series.message()?, &self.symbols, &self.intake.window_ms)?;
                aside.tally.exemplars += u64::from(is_valid);
                aside.bad_exemplars += u64::from(!is_valid);
            }
            (METADATA, LENGTH) => metadata(series.message()?, &mut aside.said)?,
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

    /// Brings labels into order that are not, or that come in pieces.
    #[cold]
    fn any_labels(
        &mut self,
        start: Mark,
        mut series: Reader<'b>,
        aside: &mut Aside,
    ) -> Result<Result<(Option<SeriesId>, usize), Reason>, Refusal> {
        self.intake.labels.truncate(start.label);
        self.scratch.refs.clear();
        aside.refs = 0;
        while !series.is_done() {
            match series.key()? {
                Key {
                    field: LABEL_REFS,
                    wire: LENGTH,
                } => {
                    let mut refs = series.message()?;
                    while !refs.is_done() {
                        self.keep_ref(refs.varint()?, aside);
                    }
                }
                Key {
                    field: LABEL_REFS,
                    wire: VARINT,
                } => self.keep_ref(series.varint()?, aside),
                other => series.skip(other)?,
            }
        }
        Ok(self
            .checked_labels(start, aside.refs)
            .map(|text_bytes| (None, text_bytes)))
    }

    /// The labels of the kept references, in order, and the length of their text.
    fn checked_labels(&mut self, start: Mark, refs: usize) -> Result<usize, Reason> {
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
    fn reject(&mut self, start: Mark, aside: &Aside, reason: Reason) {
        self.intake.counts.exemplars.rejected += aside.bad_exemplars;
        let (refs, symbols) = (&self.scratch.refs, &self.symbols);
        self.intake
            .reject_series(start, &aside.tally, reason, |intake| {
                let fresh = intake.labels.get(start.label..).unwrap_or_default();
                let (pairs, _) = refs.as_chunks::<2>();
                let known =
                    |[name, value]: &[u32; 2]| Some((symbols.text(*name)?, symbols.text(*value)?));
                let known: Vec<(&str, &str)> = pairs.iter().filter_map(known).collect();
                let readable = check::readable(if refs.is_empty() { fresh } else { &known });
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

    fn metadata(&mut self, start: Mark, said: &Said) -> Result<(), Reason> {
        let text = |at| self.symbols.text(at).ok_or(Reason::UnknownSymbol);
        let (help, unit) = (text(said.help)?, text(said.unit)?);
        let fresh = self.intake.labels.get(start.label..).unwrap_or_default();
        let metric = fresh.iter().find(|(name, _)| *name == METRIC_NAME);
        let metric = metric.map_or("", |(_, value)| value);
        let view = of_series(metric, said.kind, help, unit);
        // Neighbours mostly say the same.
        if view.as_ref() != self.intake.metadata.last() {
            self.intake.metadata.extend(view);
        }
        Ok(())
    }

    #[cold]
    fn reject_exemplars(&mut self, start: Mark, exemplars: u64) {
        let Intake {
            labels,
            rejected,
            counts,
            ..
        } = &mut self.intake;
        counts.exemplars.rejected += exemplars;
        let fresh = labels.get(start.label..).unwrap_or_default();
        rejected.count(Reason::InvalidExemplar, exemplars, 1, || {
            check::readable(fresh)
        });
    }
}
