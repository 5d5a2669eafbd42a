use std::ops::Range;

use series::{METRIC_NAME, Sample, is_stale};

use crate::classic::Classic;
use crate::intake::{Intake, Pending, range};
use crate::native::NativeHistogram;
use crate::request::Entry;
use crate::wire::Reader;
use crate::{Reason, Refusal, bound_text, check, identity};

const LE: &str = "le";
const LONGEST_ENDING: &str = "_bucket";
/// Series beside the buckets of finite bounds: `+Inf`, `_sum`, `_count`.
const OTHER_SERIES: usize = 3;

/// One classic series to be: its name and bound in the text, and its only sample.
struct Planned {
    base: Range<u32>,
    name: Range<u32>,
    bound: Option<Range<u32>>,
    sample: Sample,
}

impl<'b> Intake<'b, '_> {
    /// Appends the classic series of every pending histogram.
    ///
    /// All text is written before any label borrows it.
    #[cold]
    pub(crate) fn convert(&mut self, body: &'b [u8], text: &'b mut String) -> Result<(), Refusal> {
        text.clear();
        let pending = std::mem::take(self.pending);
        let mut native = NativeHistogram::default();
        let mut classic = Classic::default();
        let mut planned = Vec::new();
        let mut labels = Vec::new();
        for histogram in &pending {
            native.read(Reader {
                bytes: body,
                at: histogram.message.start as usize,
                end: histogram.message.end as usize,
            })?;
            self.counts.start_times += u64::from(native.start_ms != 0);
            let before = planned.len();
            let plan = self.plan(
                histogram,
                pending.len(),
                &native,
                &mut classic,
                text,
                &mut planned,
            );
            let fresh = planned.get(before..).unwrap_or_default();
            if let Err((reason, problem)) = plan.and_then(|()| self.admitted(fresh, text)) {
                planned.truncate(before);
                let Range { start, end } = histogram.labels;
                let base = self.labels.get(start as usize..end as usize);
                let readable = || check::readable(base.unwrap_or_default());
                let example = || format!("{}: {problem}", readable());
                self.rejected.count(reason, 1, 1, example);
            } else {
                self.counts.histograms.accepted += 1;
            }
        }
        *self.pending = pending;
        let text: &'b str = text;
        for series in planned {
            self.add(&series, text, &mut labels);
        }
        Ok(())
    }

    /// Whether all series of one histogram may be taken.
    fn admitted(&mut self, planned: &[Planned], text: &str) -> Result<(), (Reason, String)> {
        let Some(admission) = &self.limits.admission else {
            return Ok(());
        };
        let mut labels = Vec::new();
        let mut ids = Vec::with_capacity(planned.len());
        for series in planned {
            series.labels(&self.labels, text, &mut labels);
            ids.push(identity::identity(&labels, self.identity));
        }
        if admission.admits_all(&ids) {
            Ok(())
        } else {
            let problem = format!("it would be {} series", ids.len());
            Err((Reason::ActiveSeriesQuota, problem))
        }
    }

    fn base(&self, histogram: &Pending) -> &[(&'b str, &'b str)] {
        let Range { start, end } = histogram.labels;
        self.labels
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    fn plan(
        &self,
        histogram: &Pending,
        histograms: usize,
        native: &NativeHistogram,
        classic: &mut Classic,
        text: &mut String,
        planned: &mut Vec<Planned>,
    ) -> Result<(), (Reason, String)> {
        let time_ms = native.time_ms;
        if time_ms < self.window_ms.start {
            return Err((Reason::TooOld, format!("at {time_ms} ms")));
        }
        if time_ms > self.window_ms.end {
            return Err((Reason::TooFarInFuture, format!("at {time_ms} ms")));
        }
        let refused = |problem: &str| (Reason::NativeHistogram, problem.to_owned());
        let base = self.base(histogram);
        self.takes_buckets(base)?;
        let most_bounds = self
            .most_bounds(base, histograms)
            .ok_or_else(|| refused("its labels are too long for so many histograms in a body"))?;
        classic.convert(native, most_bounds).map_err(refused)?;
        let metric = base.iter().find(|(name, _)| *name == METRIC_NAME);
        let metric = metric.map_or("", |(_, value)| value);
        let mut write = |parts: &[&str]| {
            let start = text.len();
            parts.iter().for_each(|part| text.push_str(part));
            range(start, text.len())
        };
        let bucket_name = write(&[metric, "_bucket"]);
        let count_name = write(&[metric, "_count"]);
        let sum_name = write(&[metric, "_sum"]);
        let mut add = |name: &Range<u32>, bound: Option<Range<u32>>, value: f64| {
            planned.push(Planned {
                base: histogram.labels.clone(),
                name: name.clone(),
                bound,
                sample: Sample { time_ms, value },
            });
        };
        // A stale histogram has no buckets; those it had end by themselves after five minutes.
        let count = if is_stale(native.sum) {
            native.sum
        } else {
            classic.count
        };
        if !is_stale(native.sum) {
            for (bound, below) in &classic.bounds {
                let start = text.len();
                bound_text::push(text, *bound);
                add(&bucket_name, Some(range(start, text.len())), *below);
            }
        }
        let start = text.len();
        bound_text::push(text, f64::INFINITY);
        add(&bucket_name, Some(range(start, text.len())), count);
        add(&count_name, None, count);
        add(&sum_name, None, native.sum);
        Ok(())
    }

    /// A classic series has one label more, and a longer name.
    fn takes_buckets(&self, base: &[(&str, &str)]) -> Result<(), (Reason, String)> {
        if base.iter().any(|(name, _)| *name == LE) {
            let problem = "it has a label le, which its buckets need";
            return Err((Reason::NativeHistogram, problem.to_owned()));
        }
        if base.len() >= self.limits.labels_per_series {
            let problem = "its buckets need a label more";
            return Err((Reason::TooManyLabels, problem.to_owned()));
        }
        let metric = base.iter().find(|(name, _)| *name == METRIC_NAME);
        let longest = metric.map_or(0, |(_, name)| name.len() + LONGEST_ENDING.len());
        if longest > self.limits.label_value_bytes {
            let problem = format!("its buckets' name ends with {LONGEST_ENDING}");
            return Err((Reason::LabelValueTooLong, problem));
        }
        Ok(())
    }

    /// The finite bounds for each of so many histograms, so that together they stay within the limits;
    /// `None` where there is room for none.
    fn most_bounds(&self, base: &[(&str, &str)], histograms: usize) -> Option<usize> {
        /// Of a bound, of the ending of a name, and of `le`.
        const FURTHER_TEXT_BYTES: usize = 40;
        let text: usize = base
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        let limits = self.limits;
        let most = [
            (limits.classic_samples, 1),
            (limits.labels, base.len() + 1),
            (limits.label_text_bytes, text + FURTHER_TEXT_BYTES),
        ]
        .into_iter()
        .map(|(whole, each)| whole / histograms.max(1) / each)
        .fold(usize::MAX, usize::min);
        let most = most.checked_sub(OTHER_SERIES).filter(|most| *most > 0)?;
        Some(most.min(limits.classic_buckets.max(1)))
    }

    fn add(&mut self, series: &Planned, text: &'b str, labels: &mut Vec<(&'b str, &'b str)>) {
        series.labels(&self.labels, text, labels);
        let id = identity::identity(labels, self.identity);
        let (start, sample) = (self.labels.len(), self.samples.len());
        self.labels.append(labels);
        self.samples.push(series.sample);
        self.series.push(Entry {
            id,
            labels: range(start, self.labels.len()),
            samples: range(sample, sample + 1),
        });
    }
}

impl Planned {
    /// Its sorted labels, among whose bases are those of its histogram.
    fn labels<'t>(
        &self,
        bases: &[(&'t str, &'t str)],
        text: &'t str,
        labels: &mut Vec<(&'t str, &'t str)>,
    ) {
        let cut = |range: &Range<u32>| {
            text.get(range.start as usize..range.end as usize)
                .unwrap_or_default()
        };
        labels.clear();
        let mut le = self.bound.as_ref().map(|bound| (LE, cut(bound)));
        let Range { start, end } = self.base;
        let base = bases.get(start as usize..end as usize);
        for &(name, value) in base.unwrap_or_default() {
            if let Some(le) = le.take_if(|_| name > LE) {
                labels.push(le);
            }
            let value = if name == METRIC_NAME {
                cut(&self.name)
            } else {
                value
            };
            labels.push((name, value));
        }
        labels.extend(le);
    }
}
