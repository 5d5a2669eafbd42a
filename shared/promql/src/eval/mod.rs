//! Evaluation over loaded series.

mod aggregate;
pub(crate) mod arithmetic;
mod binary;
mod calls;
mod context;
pub(crate) mod date;
mod frame;
mod histogram;
mod invariance;
mod labels;
mod matching;
mod power;
mod range_functions;
mod ranking;
mod select;
mod statistics;

use series::{Labels, Sample, Series};

pub(crate) use self::calls::element;
use self::context::{Evaluated, Evaluation, Steps};
use self::frame::is_present;
use crate::node::Kind;
use crate::{EvalError, Expr, ValueType};

/// What an instant query gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// One number.
    Scalar(Sample),
    /// One sample per series, all at the query's time; in order where `sort` or `topk` asks for it.
    Vector(Vec<(Labels, Sample)>),
    /// Samples at their own times.
    Matrix(Vec<Series>),
    /// A text, with the query's time in milliseconds.
    String(i64, String),
}

/// How much an evaluation may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Samples that one intermediate result may hold (8 bytes each).
    pub max_samples: u64,
    /// Samples that the whole evaluation may look at: a window of 20 samples at 10 steps is 200.
    pub max_visited: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_samples: 10_000_000,
            max_visited: 1_000_000_000,
        }
    }
}

/// Evaluates at one time, within the default [`Limits`].
///
/// `series` hold each label set once, samples rising in time, at least those of
/// [`Expr::time_range`]; more does no harm. Sorted by labels they are evaluated fastest.
pub fn evaluate_instant(expr: &Expr, series: &[Series], at_ms: i64) -> Result<Value, EvalError> {
    evaluate_instant_within(expr, series, at_ms, Limits::default())
}

/// [`evaluate_instant`] within other limits.
pub fn evaluate_instant_within(
    expr: &Expr,
    series: &[Series],
    at_ms: i64,
    limits: Limits,
) -> Result<Value, EvalError> {
    let steps = Steps::new(at_ms, at_ms, 1)?;
    let evaluation = Evaluation::new(expr, series, (at_ms, at_ms), limits)?;
    if let Kind::Range(_) | Kind::Subquery(_) = expr.root.kind {
        return evaluation.matrix(&expr.root, &steps).map(Value::Matrix);
    }
    let sample = |value| Sample {
        time_ms: at_ms,
        value,
    };
    Ok(match evaluation.evaluate(&expr.root, &steps)? {
        Evaluated::Scalar(values) => Value::Scalar(sample(values[0])),
        Evaluated::Text(text) => Value::String(at_ms, text),
        Evaluated::Vector(frame) => {
            let rows = frame.rows().filter(|(_, row)| is_present(row[0]));
            Value::Vector(
                rows.map(|(tags, row)| (tags.to_labels(), sample(row[0])))
                    .collect(),
            )
        }
    })
}

/// Evaluates at `start_ms` and then every `step_ms` up to `end_ms`, within the default [`Limits`]; the
/// result is sorted by labels. `series` as for [`evaluate_instant`].
pub fn evaluate_range(
    expr: &Expr,
    series: &[Series],
    start_ms: i64,
    end_ms: i64,
    step_ms: i64,
) -> Result<Vec<Series>, EvalError> {
    evaluate_range_within(expr, series, (start_ms, end_ms, step_ms), Limits::default())
}

/// [`evaluate_range`] over `(start_ms, end_ms, step_ms)` within other limits.
pub fn evaluate_range_within(
    expr: &Expr,
    series: &[Series],
    (start_ms, end_ms, step_ms): (i64, i64, i64),
    limits: Limits,
) -> Result<Vec<Series>, EvalError> {
    let value_type = expr.value_type();
    if !matches!(value_type, ValueType::Scalar | ValueType::Vector) {
        return Err(EvalError::NoRangeOf(value_type.description()));
    }
    let steps = Steps::new(start_ms, end_ms, step_ms)?;
    let evaluation = Evaluation::new(expr, series, (start_ms, end_ms), limits)?;
    let mut result: Vec<Series> = match evaluation.evaluate(&expr.root, &steps)? {
        Evaluated::Scalar(values) => vec![steps.series(Labels::default(), &values)],
        Evaluated::Text(_) => Vec::new(),
        Evaluated::Vector(frame) => frame
            .rows()
            .map(|(tags, row)| steps.series(tags.to_labels(), row))
            .filter(|series| !series.samples.is_empty())
            .collect(),
    };
    result.sort_unstable_by(|a, b| a.labels.cmp(&b.labels));
    Ok(result)
}
