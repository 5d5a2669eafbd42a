//! Series that bring their labels along: keyframes, self-contained chunks, and what is new in a delta.

use series::{Sample, Series};

use crate::CodecError;
use crate::coder::Coder;
use crate::flush::Row;
use crate::labels::LabelSets;
use crate::scale::Scale;
use crate::times::Times;
use crate::values::{Expectation, Outcome, Values};

/// What is expected of a metric that did not occur yet.
const UNKNOWN: Outcome = Outcome {
    scale: Scale::PLAIN,
    first: 0,
    first_size: 8,
    next_size: 1,
};

/// The models of a body, and what earlier series of each metric looked like.
pub(crate) struct Body<'a> {
    labels: LabelSets<'a>,
    pub(crate) times: Times,
    pub(crate) values: Values,
    outcomes: Vec<Option<Outcome>>,
}

impl<'a> Body<'a> {
    pub(crate) fn new(origin_ms: i64) -> Self {
        Self {
            labels: LabelSets::new(),
            times: Times::new(origin_ms),
            values: Values::new(),
            outcomes: Vec::new(),
        }
    }

    pub(crate) fn encode<C: Coder>(
        &mut self,
        coder: &mut C,
        row: &Row<'a>,
        block: &mut Block,
    ) -> Result<(), CodecError> {
        block.fill(&row.samples);
        self.code(coder, row.labels, block, usize::MAX)
    }

    /// Reads one series of at most `left` samples.
    pub(crate) fn decode<C: Coder>(
        &mut self,
        coder: &mut C,
        block: &mut Block,
        left: &mut usize,
    ) -> Result<Series, CodecError> {
        self.code(coder, &[], block, *left)?;
        Ok(Series {
            labels: self.labels.labels(),
            samples: block.samples(left)?,
        })
    }

    fn code<C: Coder>(
        &mut self,
        coder: &mut C,
        labels: &'a [(&'a str, &'a str)],
        block: &mut Block,
        left: usize,
    ) -> Result<(), CodecError> {
        self.labels.code(coder, labels)?;
        self.times.code(coder, &mut block.times, left)?;
        let metric = self.labels.metric();
        let known = metric.and_then(|m| self.outcomes.get(m).copied().flatten());
        let last = known.unwrap_or(UNKNOWN);
        let expected = Expectation {
            scale: last.scale,
            first: last.first,
            first_size: last.first_size,
            next_size: last.next_size,
            grows: metric.is_some_and(|m| is_counter(self.labels.metric_name(m))),
            trend: None,
        };
        let outcome = self
            .values
            .code(coder, &expected, &block.times, &mut block.values)?;
        if let Some(metric) = metric {
            if self.outcomes.len() <= metric {
                self.outcomes.resize(metric + 1, None);
            }
            self.outcomes[metric] = Some(outcome);
        }
        Ok(())
    }
}

/// Times and values of the series at work.
#[derive(Default)]
pub(crate) struct Block {
    pub(crate) times: Vec<i64>,
    pub(crate) values: Vec<f64>,
}

impl Block {
    pub(crate) fn fill(&mut self, samples: &[Sample]) {
        self.times.clear();
        self.times.extend(samples.iter().map(|s| s.time_ms));
        self.values.clear();
        self.values.extend(samples.iter().map(|s| s.value));
    }

    /// What was read, and `left` reduced by it.
    pub(crate) fn samples(&self, left: &mut usize) -> Result<Vec<Sample>, CodecError> {
        let Some(rest) = left.checked_sub(self.times.len()) else {
            return Err(CodecError::Damaged("more samples than announced"));
        };
        *left = rest;
        if !self.times.is_sorted_by(|a, b| a < b) || self.times.is_empty() {
            return Err(CodecError::Damaged("times do not rise"));
        }
        let both = self.times.iter().zip(&self.values);
        Ok(both
            .map(|(&time_ms, &value)| Sample { time_ms, value })
            .collect())
    }
}

/// By the endings that Prometheus gives to what only grows.
pub(crate) fn is_counter(metric: &str) -> bool {
    ["_total", "_sum", "_count", "_bucket"]
        .iter()
        .any(|ending| metric.ends_with(ending))
}
