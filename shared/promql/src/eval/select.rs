//! Selectors: the sample that speaks for a series at a time, and the samples of a window.

use std::borrow::Cow;

use series::{Sample, Series};

use super::context::{Evaluation, Steps};
use super::frame::{ABSENT, Frame, Tags};
use super::range_functions::Window;
use crate::node::{Kind, Node, Subquery};
use crate::{At, EvalError, LOOKBACK_MS, Selector};

/// Input of a range function: samples without stale markers, and how its windows move.
pub(crate) struct Windows<'a> {
    pub rows: Vec<(Tags, Cow<'a, [Sample]>)>,
    range_ms: i64,
    offset_ms: i64,
    at: Option<i64>,
}

impl Windows<'_> {
    fn bounds(&self, at_ms: i64) -> (i64, i64) {
        let end_ms = self.at.unwrap_or(at_ms) - self.offset_ms;
        (end_ms - self.range_ms, end_ms)
    }

    /// Calls `visit` with each step whose window holds samples.
    pub(crate) fn slide(
        &self,
        samples: &[Sample],
        steps: &Steps,
        mut visit: impl FnMut(usize, Window<'_>) -> Result<(), EvalError>,
    ) -> Result<(), EvalError> {
        let (mut from, mut to) = (0, 0);
        for (step, at_ms) in steps.times().enumerate() {
            let (start_ms, end_ms) = self.bounds(at_ms);
            from += samples[from..]
                .iter()
                .take_while(|s| s.time_ms < start_ms)
                .count();
            to = to.max(from);
            to += samples[to..]
                .iter()
                .take_while(|s| s.time_ms <= end_ms)
                .count();
            if from < to {
                let window = Window {
                    samples: &samples[from..to],
                    start_ms,
                    end_ms,
                    at_ms,
                };
                visit(step, window)?;
            }
        }
        Ok(())
    }
}

impl<'a> Evaluation<'a> {
    pub(crate) fn instant(&self, selector: usize, steps: &Steps) -> Result<Frame, EvalError> {
        self.newest(selector, steps, |sample| sample.value)
    }

    /// What `read` makes of the newest sample at each step.
    pub(crate) fn newest(
        &self,
        index: usize,
        steps: &Steps,
        read: impl Fn(&Sample) -> f64,
    ) -> Result<Frame, EvalError> {
        let selector = &self.expr.selectors()[index];
        let chosen = &self.chosen[index];
        self.hold(chosen.len(), steps)?;
        let at = selector.at.map(|at| at.resolve(self.query));
        let mut frame = Frame::new(steps.count);
        let mut row = vec![ABSENT; steps.count];
        for series in chosen {
            self.visit(1)?;
            let mut behind = 0;
            for (cell, time_ms) in row.iter_mut().zip(steps.times()) {
                let time_ms = at.unwrap_or(time_ms) - selector.offset_ms;
                let rest = &series.samples[behind..];
                // Steps mostly move by a few samples; the first one by many.
                behind += match rest.get(8) {
                    Some(later) if later.time_ms <= time_ms => {
                        rest.partition_point(|s| s.time_ms <= time_ms)
                    }
                    _ => rest.iter().take_while(|s| s.time_ms <= time_ms).count(),
                };
                *cell = speaking(&series.samples[..behind], time_ms).map_or(ABSENT, &read);
            }
            frame.push(Tags::of(series.labels.clone()), &row);
        }
        Ok(frame)
    }

    /// The windows of a range selector or subquery.
    pub(crate) fn windows(&self, node: &Node, steps: &Steps) -> Result<Windows<'a>, EvalError> {
        match &node.kind {
            Kind::Range(index) => self.range(*index, steps),
            Kind::Subquery(subquery) => self.subquery(subquery, steps),
            _ => Ok(Windows {
                rows: Vec::new(),
                range_ms: 0,
                offset_ms: 0,
                at: None,
            }),
        }
    }

    fn range(&self, index: usize, steps: &Steps) -> Result<Windows<'a>, EvalError> {
        let selector: &Selector = &self.expr.selectors()[index];
        let mut windows = Windows {
            rows: Vec::with_capacity(self.chosen[index].len()),
            range_ms: selector.range_ms,
            offset_ms: selector.offset_ms,
            at: self.resolve(selector.at),
        };
        if steps.count == 0 {
            return Ok(windows);
        }
        let (from_ms, _) = windows.bounds(steps.time(0));
        let (_, to_ms) = windows.bounds(steps.last());
        for series in &self.chosen[index] {
            let samples = between(series, from_ms, to_ms);
            if samples.is_empty() {
                continue;
            }
            self.visit(samples.len())?;
            let samples = if samples.iter().any(Sample::is_stale) {
                Cow::Owned(samples.iter().filter(|s| !s.is_stale()).copied().collect())
            } else {
                Cow::Borrowed(samples)
            };
            windows
                .rows
                .push((Tags::of(series.labels.clone()), samples));
        }
        Ok(windows)
    }

    fn resolve(&self, at: Option<At>) -> Option<i64> {
        at.map(|at| at.resolve(self.query))
    }

    fn subquery(&self, subquery: &Subquery, steps: &Steps) -> Result<Windows<'a>, EvalError> {
        let mut windows = Windows {
            rows: Vec::new(),
            range_ms: subquery.range_ms,
            offset_ms: subquery.offset_ms,
            at: self.resolve(subquery.at),
        };
        if steps.count == 0 {
            return Ok(windows);
        }
        let (from_ms, _) = windows.bounds(steps.time(0));
        let (_, to_ms) = windows.bounds(steps.last());
        let inner_steps = Steps::aligned(from_ms, to_ms, subquery.step_ms);
        if inner_steps.count == 0 {
            // What `@` fixes is evaluated, and may fail, even where no step asks for it.
            if self.is_fixed(&subquery.inner) {
                self.vector(&subquery.inner, &inner_steps.single())?;
            }
            return Ok(windows);
        }
        self.hold(1, &inner_steps)?;
        let frame = self.vector(&subquery.inner, &inner_steps)?;
        for (tags, row) in frame.rows() {
            let samples = inner_steps.series(series::Labels::default(), row).samples;
            windows.rows.push((tags.clone(), Cow::Owned(samples)));
        }
        Ok(windows)
    }

    /// The samples of one window per series, at their own times.
    pub(crate) fn matrix(&self, node: &Node, steps: &Steps) -> Result<Vec<Series>, EvalError> {
        let windows = self.windows(node, steps)?;
        let mut found = Vec::with_capacity(windows.rows.len());
        for (tags, samples) in &windows.rows {
            windows.slide(samples, steps, |_, window| {
                found.push(Series {
                    labels: tags.to_labels(),
                    samples: window.samples.to_vec(),
                });
                Ok(())
            })?;
        }
        found.sort_unstable_by(|a, b| a.labels.cmp(&b.labels));
        Ok(found)
    }
}

/// The last of `samples`, unless it is too old or says that the series has ended.
fn speaking(samples: &[Sample], time_ms: i64) -> Option<&Sample> {
    let newest = samples.last()?;
    (newest.time_ms >= time_ms - LOOKBACK_MS && !newest.is_stale()).then_some(newest)
}

fn between(series: &Series, from_ms: i64, to_ms: i64) -> &[Sample] {
    let from = series.samples.partition_point(|s| s.time_ms < from_ms);
    let to = series.samples.partition_point(|s| s.time_ms <= to_ms);
    &series.samples[from..to.max(from)]
}
