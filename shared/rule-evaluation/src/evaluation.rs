use jiff::Timestamp;
use series::{Labels, Sample, Series, SeriesId, SeriesView};

use crate::expression::Outcome;
use crate::{AlertingRule, Expression};

/// One element of an expression's result: the condition holds for these labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The element's labels, the metric's name among them where the expression keeps it.
    pub labels: Labels,
    /// The element's value.
    pub value: f64,
    /// The one series it comes from, where each series is judged alone.
    pub subject: Option<SeriesId>,
}

/// Why an expression has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// The evaluator's reason, such as a join that matches many to many.
    #[error("{0}")]
    Expression(String),
    /// The rule's condition is decided elsewhere.
    #[error("rule {0} has no expression")]
    NoExpression(String),
}

/// What of `rule` holds at `at`, given every series that may matter (with its samples of the lookback).
pub fn evaluate(
    rule: &AlertingRule,
    series: &[Series],
    at: Timestamp,
) -> Result<Vec<Observation>, EvaluationError> {
    observations(expression(rule)?, series, at, None)
}

/// What of `rule`, an expression of [`crate::Locality::Series`], holds for one sample of one series.
/// A stale marker, and a series the rule does not select, hold nothing.
pub fn evaluate_series(
    rule: &AlertingRule,
    series: &SeriesView<'_>,
    sample: Sample,
) -> Result<Option<Observation>, EvaluationError> {
    let expression = expression(rule)?;
    if sample.is_stale() || !expression.selects(series.labels) {
        return Ok(None);
    }
    let at = Timestamp::from_millisecond(sample.time_ms)
        .map_err(|error| EvaluationError::Expression(error.to_string()))?;
    let one = Series {
        labels: Labels::from_sorted(series.labels),
        samples: vec![sample],
    };
    let found = observations(expression, std::slice::from_ref(&one), at, Some(series.id))?;
    Ok(found.into_iter().next())
}

fn expression(rule: &AlertingRule) -> Result<&Expression, EvaluationError> {
    rule.expression()
        .ok_or_else(|| EvaluationError::NoExpression(rule.name.clone()))
}

fn observations(
    expression: &Expression,
    series: &[Series],
    at: Timestamp,
    subject: Option<SeriesId>,
) -> Result<Vec<Observation>, EvaluationError> {
    let outcome = expression
        .evaluate(series, at.as_millisecond())
        .map_err(EvaluationError::Expression)?;
    let elements = match outcome {
        Outcome::Scalar(value) => vec![(Labels::default(), value)],
        Outcome::Vector(elements) => elements,
        Outcome::Other(kind) => {
            return Err(EvaluationError::Expression(format!(
                "the result is a {kind}, not a vector or a scalar"
            )));
        }
    };
    Ok(elements
        .into_iter()
        .map(|(labels, value)| Observation {
            labels,
            value,
            subject,
        })
        .collect())
}
