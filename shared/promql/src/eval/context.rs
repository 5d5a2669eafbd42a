//! One evaluation: its steps, its input by selector, what it may still take; and the walk over the tree.

use std::cell::Cell;

use series::{Labels, Sample, Series};

use super::Limits;
use super::frame::{Frame, is_present};
use crate::node::{Kind, Node};
use crate::{EvalError, Expr};

/// Times beyond the year 30,000 could overflow when offsets are added.
const LATEST_MS: u64 = 900_000_000_000_000;

/// The times at which a node is evaluated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steps {
    start_ms: i64,
    step_ms: i64,
    pub count: usize,
}

impl Steps {
    pub(crate) fn new(start_ms: i64, end_ms: i64, step_ms: i64) -> Result<Self, EvalError> {
        let refuse = |why: &str| Err(EvalError::TimeRange(why.to_owned()));
        if start_ms.unsigned_abs() > LATEST_MS || end_ms.unsigned_abs() > LATEST_MS {
            return refuse("time out of range");
        }
        if step_ms < 1 {
            return refuse("the step must be positive");
        }
        if end_ms < start_ms {
            return refuse("the end must not be before the start");
        }
        let count = usize::try_from((end_ms - start_ms) / step_ms + 1);
        Ok(Self {
            start_ms,
            step_ms,
            count: count.map_err(|_| EvalError::TooManySamples)?,
        })
    }

    /// Steps of a subquery: multiples of its step, from after the first window's start.
    pub(crate) fn aligned(from_ms: i64, to_ms: i64, step_ms: i64) -> Self {
        let mut start_ms = from_ms / step_ms * step_ms;
        if start_ms < from_ms {
            start_ms += step_ms;
        }
        let count = if to_ms < start_ms {
            0
        } else {
            (to_ms - start_ms) / step_ms + 1
        };
        Self {
            start_ms,
            step_ms,
            count: usize::try_from(count).unwrap_or(usize::MAX),
        }
    }

    /// The first step alone.
    pub(crate) fn single(self) -> Self {
        Self { count: 1, ..self }
    }

    pub(crate) fn time(&self, step: usize) -> i64 {
        self.start_ms + self.step_ms * step as i64
    }

    pub(crate) fn times(&self) -> impl Iterator<Item = i64> + use<> {
        let steps = *self;
        (0..steps.count).map(move |step| steps.time(step))
    }

    /// The last step; the first one where there is none.
    pub(crate) fn last(&self) -> i64 {
        self.time(self.count.saturating_sub(1))
    }

    pub(crate) fn series(&self, labels: Labels, row: &[f64]) -> Series {
        let cells = self.times().zip(row);
        let samples = cells
            .filter(|(_, value)| is_present(**value))
            .map(|(time_ms, value)| Sample {
                time_ms,
                value: *value,
            })
            .collect();
        Series { labels, samples }
    }
}

/// What a node gives over all steps.
#[derive(Debug)]
pub(crate) enum Evaluated {
    /// One value per step.
    Scalar(Vec<f64>),
    Vector(Frame),
    Text(String),
}

pub(crate) struct Evaluation<'a> {
    pub expr: &'a Expr,
    /// The series each selector matches, sorted by labels.
    pub chosen: Vec<Vec<&'a Series>>,
    /// Start and end of the query, which `@` may name.
    pub query: (i64, i64),
    limits: Limits,
    visited: Cell<u64>,
}

impl<'a> Evaluation<'a> {
    pub(crate) fn new(
        expr: &'a Expr,
        series: &'a [Series],
        query: (i64, i64),
        limits: Limits,
    ) -> Result<Self, EvalError> {
        expr.check()?;
        let sorted = sorted(series)?;
        let chosen = expr.selectors().iter().map(|selector| {
            let accepted = |s: &&&Series| selector.accepts(|name| s.labels.value(name));
            sorted.iter().filter(accepted).copied().collect()
        });
        Ok(Self {
            expr,
            chosen: chosen.collect(),
            query,
            limits,
            visited: Cell::new(0),
        })
    }

    pub(crate) fn evaluate(&self, node: &Node, steps: &Steps) -> Result<Evaluated, EvalError> {
        self.hold(1, steps)?;
        let evaluated = match &node.kind {
            Kind::Number(number) => Evaluated::Scalar(vec![*number; steps.count]),
            Kind::Text(text) => Evaluated::Text(text.clone()),
            Kind::Instant(selector) => Evaluated::Vector(self.instant(*selector, steps)?),
            Kind::Negate(inner) => self.negate(inner, steps)?,
            Kind::Binary(binary) => self.binary(binary, steps)?,
            Kind::Aggregate(aggregate) => Evaluated::Vector(self.aggregate(aggregate, steps)?),
            Kind::Call(call) => self.call(call, steps)?,
            Kind::Range(_) | Kind::Subquery(_) | Kind::Unsupported => {
                return Err(self.misplaced(node));
            }
        };
        if let Evaluated::Vector(frame) = &evaluated {
            self.visit(frame.cells())?;
        }
        Ok(evaluated)
    }

    /// A vector's frame; the types were checked when the expression was parsed.
    pub(crate) fn vector(&self, node: &Node, steps: &Steps) -> Result<Frame, EvalError> {
        match self.evaluate(node, steps)? {
            Evaluated::Vector(frame) => Ok(frame),
            Evaluated::Scalar(_) | Evaluated::Text(_) => Err(self.misplaced(node)),
        }
    }

    /// A scalar at each step.
    pub(crate) fn scalar(&self, node: &Node, steps: &Steps) -> Result<Vec<f64>, EvalError> {
        match self.evaluate(node, steps)? {
            Evaluated::Scalar(values) => Ok(values),
            Evaluated::Vector(_) | Evaluated::Text(_) => Err(self.misplaced(node)),
        }
    }

    fn misplaced(&self, node: &Node) -> EvalError {
        let construct = format!("{} at this place", node.value_type().description());
        crate::Unsupported::new(self.expr.text(), node.position, construct).into()
    }

    fn negate(&self, inner: &Node, steps: &Steps) -> Result<Evaluated, EvalError> {
        Ok(match self.evaluate(inner, steps)? {
            Evaluated::Scalar(values) => Evaluated::Scalar(values.iter().map(|x| -x).collect()),
            Evaluated::Vector(mut frame) => {
                frame.map(|_, x| -x);
                for tags in &mut frame.tags {
                    *tags = tags.without_name();
                }
                Evaluated::Vector(frame.distinct()?)
            }
            Evaluated::Text(text) => Evaluated::Text(text),
        })
    }

    /// Counts samples that are looked at.
    pub(crate) fn visit(&self, samples: usize) -> Result<(), EvalError> {
        let visited = self.visited.get().saturating_add(samples as u64);
        self.visited.set(visited);
        if visited > self.limits.max_visited {
            return Err(EvalError::TooManySamples);
        }
        Ok(())
    }

    /// Asks for a result of so many rows, before it is made.
    pub(crate) fn hold(&self, rows: usize, steps: &Steps) -> Result<(), EvalError> {
        let cells = (rows as u64).saturating_mul(steps.count as u64);
        if cells > self.limits.max_samples {
            return Err(EvalError::TooManySamples);
        }
        Ok(())
    }
}

fn sorted(series: &[Series]) -> Result<Vec<&Series>, EvalError> {
    let mut sorted: Vec<&Series> = series.iter().collect();
    if !series
        .windows(2)
        .all(|pair| pair[0].labels < pair[1].labels)
    {
        sorted.sort_unstable_by(|a, b| a.labels.cmp(&b.labels));
        if let Some(twice) = sorted.windows(2).find(|p| p[0].labels == p[1].labels) {
            return Err(EvalError::RepeatedInput(twice[0].labels.to_string()));
        }
    }
    Ok(sorted)
}
