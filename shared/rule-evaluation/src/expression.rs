//! The one place that knows the crate `promql`.

use std::sync::Arc;

use promql::{
    EvalError, Expr, Locality, Place, Selector, Threshold, Value, ValueType, evaluate_instant,
};
use series::{Labels, Sample, Series};

/// A PromQL expression that this product can evaluate for an alerting rule.
#[derive(Debug, Clone)]
pub struct Expression {
    expr: Arc<Expr>,
    locality: Locality,
    lookback_ms: u64,
}

/// Why an expression was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// Lines of the expression before the place.
    pub line_offset: usize,
    /// What is wrong, with the position inside the expression.
    pub message: String,
}

impl ExpressionError {
    fn at(place: Place, error: &dyn std::fmt::Display) -> Self {
        Self {
            line_offset: place.line.saturating_sub(1),
            message: error.to_string(),
        }
    }

    fn whole(message: impl Into<String>) -> Self {
        Self {
            line_offset: 0,
            message: message.into(),
        }
    }
}

impl Expression {
    /// Parses `text` and refuses what can't be evaluated, or gives nothing to alert on.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let expr = Expr::parse(text).map_err(|error| ExpressionError::at(error.place, &error))?;
        expr.check()
            .map_err(|error| ExpressionError::at(error.place, &error))?;
        match expr.value_type() {
            ValueType::Scalar | ValueType::Vector => {}
            other => {
                let message = format!("a rule needs a vector or a scalar, this is a {other}");
                return Err(ExpressionError::whole(message));
            }
        }
        let lookback_ms = lookback_ms(&expr, 0);
        if lookback_ms != lookback_ms_later(&expr) {
            return Err(ExpressionError::whole(
                "`@` with a fixed time is not supported in rules",
            ));
        }
        Ok(Self {
            locality: expr.locality(),
            lookback_ms,
            expr: Arc::new(expr),
        })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        self.expr.text()
    }

    /// How little data suffices to judge it.
    #[must_use]
    pub const fn locality(&self) -> Locality {
        self.locality
    }

    /// What has to be loaded for it.
    #[must_use]
    pub fn selectors(&self) -> &[Selector] {
        self.expr.selectors()
    }

    /// How far back it looks, in milliseconds.
    #[must_use]
    pub const fn lookback_ms(&self) -> u64 {
        self.lookback_ms
    }

    /// Whether a series with these sorted labels can matter to it.
    #[must_use]
    pub fn selects(&self, labels: &[(&str, &str)]) -> bool {
        self.expr.could_match(labels)
    }

    /// The names of all metrics it looks at; none where a selector does without a name.
    #[must_use]
    pub fn metric_names(&self) -> Option<Vec<&str>> {
        self.expr.metric_names()
    }

    /// The simple threshold that it is, if it is one.
    #[must_use]
    pub fn threshold(&self) -> Option<Threshold<'_>> {
        self.expr.threshold()
    }

    /// Labels and values of the result; a scalar is an element without labels.
    pub(crate) fn evaluate(
        &self,
        series: &[Series],
        at_ms: i64,
    ) -> Result<Vec<(Labels, f64)>, EvalError> {
        Ok(match evaluate_instant(&self.expr, series, at_ms)? {
            Value::Scalar(sample) => vec![(Labels::default(), sample.value)],
            Value::Vector(elements) => elements
                .into_iter()
                .map(|(labels, sample)| (labels, sample.value))
                .collect(),
            // Refused when parsed.
            Value::Matrix(_) | Value::String(..) => Vec::new(),
        })
    }

    /// The element that one sample of one series gives, for an expression of [`Locality::Series`].
    pub(crate) fn evaluate_one(
        &self,
        labels: &[(&str, &str)],
        sample: Sample,
    ) -> Option<(Labels, f64)> {
        let value = self.expr.evaluate_one(labels, sample, sample.time_ms)?;
        Some((self.expr.labels_of_one(labels), value))
    }
}

fn lookback_ms(expr: &Expr, at_ms: i64) -> u64 {
    let from_ms = expr.time_range(at_ms, at_ms).map_or(at_ms, |range| range.0);
    u64::try_from(at_ms.saturating_sub(from_ms)).unwrap_or(0)
}

/// Differs from the lookback at another time only where a fixed time stands in the expression.
fn lookback_ms_later(expr: &Expr) -> u64 {
    const LATER_MS: i64 = 1_000_000_000_000_000;
    lookback_ms(expr, LATER_MS)
}
