use jiff::Timestamp;
use promql::EvalError;
use series::{Labels, Sample, Series, SeriesId, SeriesView};

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
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EvaluationError {
    /// The evaluator's reason, such as a join that matches many to many.
    #[error(transparent)]
    Expression(#[from] EvalError),
    /// The rule's condition is decided elsewhere.
    #[error("rule {0} has no expression")]
    NoExpression(String),
}

/// What of `rule` holds at `at`, given every series that may matter, each label set once, with its
/// samples from [`Expression::lookback_ms`] before `at`.
pub fn evaluate(
    rule: &AlertingRule,
    series: &[Series],
    at: Timestamp,
) -> Result<Vec<Observation>, EvaluationError> {
    let elements = expression(rule)?.evaluate(series, at.as_millisecond())?;
    Ok(elements
        .into_iter()
        .map(|(labels, value)| Observation {
            labels,
            value,
            subject: None,
        })
        .collect())
}

/// What of `rule`, an expression of [`promql::Locality::Series`], holds for one sample of one series at
/// the sample's time. A stale marker, and a series the rule does not select, hold nothing.
pub fn evaluate_series(
    rule: &AlertingRule,
    series: &SeriesView<'_>,
    sample: Sample,
) -> Result<Option<Observation>, EvaluationError> {
    let found = expression(rule)?.evaluate_one(series.labels, sample);
    Ok(found.map(|(labels, value)| Observation {
        labels,
        value,
        subject: Some(series.id),
    }))
}

fn expression(rule: &AlertingRule) -> Result<&Expression, EvaluationError> {
    rule.expression()
        .ok_or_else(|| EvaluationError::NoExpression(rule.name.clone()))
}
