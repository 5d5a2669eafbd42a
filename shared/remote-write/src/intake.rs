use std::ops::Range;

use series::{Sample, SeriesId};

use crate::request::Entry;
use crate::{
    Counts, Limits, MetadataView, Reason, Refusal, Rejections, WriteRequest, check, identity, plain,
};

/// What is taken of a body and what is not, whichever message it holds.
pub(crate) struct Intake<'b, 'l> {
    pub(crate) labels: Vec<(&'b str, &'b str)>,
    pub(crate) samples: &'b mut Vec<Sample>,
    pub(crate) series: &'b mut Vec<Entry>,
    /// Histograms of accepted series, to be converted once all are known.
    pub(crate) pending: &'b mut Vec<Pending>,
    pub(crate) identity: &'b mut Vec<u8>,
    pub(crate) limits: &'l Limits,
    pub(crate) window_ms: Range<i64>,
    pub(crate) rejected: Rejections,
    pub(crate) counts: Counts,
    pub(crate) metadata: Vec<MetadataView<'b>>,
    pub(crate) seen: Seen,
}

#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) series: usize,
    pub(crate) samples: usize,
    pub(crate) histograms: usize,
}

/// One native histogram: where its message stands in the body, and the labels of its series.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) message: Range<u32>,
    pub(crate) labels: Range<u32>,
}

/// What one series brought beside its accepted samples.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) samples: u64,
    pub(crate) too_old: u64,
    pub(crate) too_new: u64,
    pub(crate) histograms: u64,
    pub(crate) exemplars: u64,
    // Rejected times, for the examples.
    old_ms: i64,
    new_ms: i64,
}

impl Tally {
    #[cold]
    fn outside(&mut self, time_ms: i64, window_ms: &Range<i64>) {
        if time_ms < window_ms.start {
            self.too_old += 1;
            self.old_ms = time_ms;
        } else {
            self.too_new += 1;
            self.new_ms = time_ms;
        }
    }
}

/// Where a series begins in the arenas.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) label: usize,
    pub(crate) sample: usize,
}

impl<'b> Intake<'b, '_> {
    /// Begins a series, also one that is rejected later.
    #[inline]
    pub(crate) fn begin(&mut self) -> Result<Mark, Refusal> {
        self.seen.series += 1;
        if self.seen.series > self.limits.series {
            return Err(Refusal::TooManySeries {
                limit: self.limits.series,
            });
        }
        Ok(Mark {
            label: self.labels.len(),
            sample: self.samples.len(),
        })
    }

    /// Takes the samples at the start of `rest` that are written as [`plain::sample`] reads them, and
    /// returns what follows them.
    #[inline]
    pub(crate) fn plain_samples<'r>(
        &mut self,
        mut rest: &'r [u8],
        tally: &mut Tally,
    ) -> Result<&'r [u8], Refusal> {
        if self.seen.samples + rest.len() / plain::SAMPLE_BYTES > self.limits.samples {
            while let Some((sample, tail)) = plain::sample(rest) {
                self.sample(sample, tally)?;
                rest = tail;
            }
            return Ok(rest);
        }
        // None of these can be beyond the limit.
        let window_ms = self.window_ms.start..=self.window_ms.end;
        let samples = &mut *self.samples;
        let mut count = 0;
        while let Some((sample, tail)) = plain::sample(rest) {
            count += 1;
            if window_ms.contains(&sample.time_ms) {
                samples.push(sample);
            } else {
                tally.outside(sample.time_ms, &self.window_ms);
            }
            rest = tail;
        }
        self.seen.samples += count;
        tally.samples += count as u64;
        Ok(rest)
    }

    #[inline]
    fn is_in_window(&self, sample: &Sample) -> bool {
        (self.window_ms.start..=self.window_ms.end).contains(&sample.time_ms)
    }

    #[cold]
    fn too_many_samples(&self) -> Refusal {
        Refusal::TooManySamples {
            limit: self.limits.samples,
        }
    }

    #[inline]
    pub(crate) fn sample(&mut self, sample: Sample, tally: &mut Tally) -> Result<(), Refusal> {
        self.seen.samples += 1;
        if self.seen.samples > self.limits.samples {
            return Err(self.too_many_samples());
        }
        tally.samples += 1;
        if self.is_in_window(&sample) {
            self.samples.push(sample);
        } else {
            tally.outside(sample.time_ms, &self.window_ms);
        }
        Ok(())
    }

    pub(crate) fn histogram(&mut self, tally: &mut Tally) -> Result<(), Refusal> {
        self.seen.histograms += 1;
        if self.seen.histograms > self.limits.histograms {
            return Err(Refusal::TooManyHistograms {
                limit: self.limits.histograms,
            });
        }
        tally.histograms += 1;
        Ok(())
    }

    /// Forgets a series whose labels can't be taken.
    #[cold]
    pub(crate) fn reject_series(
        &mut self,
        start: Mark,
        tally: &Tally,
        reason: Reason,
        example: impl FnOnce(&Self) -> String,
    ) {
        let example = match self.rejected.of(reason) {
            None => example(self),
            Some(_) => String::new(),
        };
        let count = tally.samples + tally.histograms;
        self.rejected.count(reason, count, 1, || example);
        self.counts.exemplars.rejected += tally.exemplars;
        self.samples.truncate(start.sample);
        self.labels.truncate(start.label);
    }

    /// Counts what was rejected of a series with valid labels, and accepts the rest. `histograms` says
    /// where its histograms stand in the body.
    #[inline]
    pub(crate) fn settle(
        &mut self,
        start: Mark,
        tally: &Tally,
        id: Option<SeriesId>,
        histograms: &[Range<u32>],
    ) {
        if tally.too_old + tally.too_new > 0 {
            self.reject_times(start, tally);
        }
        let mut has_samples = self.samples.len() > start.sample;
        let mut id = id;
        if has_samples && let Some(admission) = &self.limits.admission {
            let fresh = self.labels.get(start.label..).unwrap_or_default();
            let known = id.unwrap_or_else(|| identity::identity(fresh, self.identity));
            id = Some(known);
            has_samples = admission.admits_all(&[known]);
            if !has_samples {
                self.refuse_new(start);
            }
        }
        self.counts.exemplars.accepted += tally.exemplars;
        if !has_samples && histograms.is_empty() {
            self.labels.truncate(start.label);
            return;
        }
        let labels = range(start.label, self.labels.len());
        for message in histograms {
            self.pending.push(Pending {
                message: message.clone(),
                labels: labels.clone(),
            });
        }
        if has_samples {
            let fresh = self.labels.get(start.label..).unwrap_or_default();
            let id = id.unwrap_or_else(|| identity::identity(fresh, self.identity));
            self.series.push(Entry {
                id,
                labels,
                samples: range(start.sample, self.samples.len()),
            });
        }
    }

    /// The samples of a series that may not be taken, because it is new. Its exemplars were valid.
    #[cold]
    fn refuse_new(&mut self, start: Mark) {
        let fresh = self.labels.get(start.label..).unwrap_or_default();
        let count = (self.samples.len() - start.sample) as u64;
        let example = || check::readable(fresh);
        self.rejected
            .count(Reason::ActiveSeriesQuota, count, 1, example);
        self.samples.truncate(start.sample);
    }

    #[cold]
    fn reject_times(&mut self, start: Mark, tally: &Tally) {
        let fresh = self.labels.get(start.label..).unwrap_or_default();
        for (reason, count, example_ms) in [
            (Reason::TooOld, tally.too_old, tally.old_ms),
            (Reason::TooFarInFuture, tally.too_new, tally.new_ms),
        ] {
            if count > 0 {
                let example = || format!("{} at {example_ms} ms", check::readable(fresh));
                self.rejected.count(reason, count, 1, example);
            }
        }
    }

    /// Converts the histograms, and closes the account.
    pub(crate) fn finish(
        mut self,
        body: &'b [u8],
        text: &'b mut String,
    ) -> Result<WriteRequest<'b>, Refusal> {
        let samples = self.samples.len() as u64;
        self.counts.samples.accepted = samples;
        self.counts.samples.rejected = self.seen.samples as u64 - samples;
        if !self.pending.is_empty() {
            self.convert(body, text)?;
        }
        let histograms = self.seen.histograms as u64;
        self.counts.histograms.rejected = histograms - self.counts.histograms.accepted;
        Ok(WriteRequest {
            labels: self.labels,
            samples: self.samples,
            series: self.series,
            metadata: self.metadata,
            rejected: self.rejected,
            counts: self.counts,
        })
    }
}

/// Counts are below the length of a snappy block, which is below 4 GiB.
pub(crate) fn range(start: usize, end: usize) -> Range<u32> {
    u32::try_from(start).unwrap_or(u32::MAX)..u32::try_from(end).unwrap_or(u32::MAX)
}
