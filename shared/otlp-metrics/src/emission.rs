//! The series that a data point becomes, by its kind.

use intake::LabelSet;
use series::{STALE_NAN_BITS, Sample};

use crate::Refusal;
use crate::exponential;
use crate::model::{Exponential, Histogram, Summary, Value};
use crate::translation::Translation;

/// What the series of one data point have in common.
pub(crate) struct Emission {
    pub(crate) labels: LabelSet,
    pub(crate) time_ms: i64,
    pub(crate) is_stale: bool,
}

impl Translation<'_> {
    /// Whether all series that a data point would become may be taken.
    pub(crate) fn admits(&mut self, value: &Value, series: &Emission) -> Result<bool, Refusal> {
        let Some(admission) = &self.limits.admission else {
            return Ok(true);
        };
        self.asked = Some(Vec::new());
        self.value(value, series)?;
        let ids = self.asked.take().unwrap_or_default();
        Ok(admission.admits_all(&ids))
    }

    /// Adds every series of an accepted data point.
    pub(crate) fn value(&mut self, value: &Value, series: &Emission) -> Result<(), Refusal> {
        match value {
            Value::Number(number) => self.add(series, "", None, number.unwrap_or_default()),
            Value::Histogram(histogram) => self.histogram(histogram, series),
            Value::Exponential(histogram) => self.exponential(histogram, series),
            Value::Summary(summary) => self.summary(summary, series),
        }
    }

    /// Source: specification, "Histograms"; `_sum` only where it was sent. Minimum and maximum have no
    /// place in a classic histogram.
    fn histogram(&mut self, histogram: &Histogram, series: &Emission) -> Result<(), Refusal> {
        let mut total = 0_u64;
        let counts = histogram.bounds.items.iter().zip(&histogram.counts.items);
        for (bound, count) in counts.filter(|(bound, _)| **bound != f64::INFINITY) {
            total = total.saturating_add(*count);
            self.bucket(series, *bound, total)?;
        }
        self.count_and_sum(histogram.count, histogram.sum, true, series)
    }

    fn exponential(&mut self, histogram: &Exponential, series: &Emission) -> Result<(), Refusal> {
        for (bound, total) in exponential::classic(histogram) {
            self.bucket(series, bound, total)?;
        }
        self.count_and_sum(histogram.count, histogram.sum, true, series)
    }

    /// Source: specification, "Summaries".
    fn summary(&mut self, summary: &Summary, series: &Emission) -> Result<(), Refusal> {
        for (quantile, value) in &summary.quantiles.items {
            let label = ("quantile", number_text(*quantile));
            self.add(series, "", Some((label.0, &label.1)), *value)?;
        }
        self.count_and_sum(summary.count, Some(summary.sum), false, series)
    }

    fn bucket(&mut self, series: &Emission, bound: f64, total: u64) -> Result<(), Refusal> {
        let bound = number_text(bound);
        self.add(series, "_bucket", Some(("le", &bound)), total as f64)
    }

    fn count_and_sum(
        &mut self,
        count: u64,
        sum: Option<f64>,
        has_buckets: bool,
        series: &Emission,
    ) -> Result<(), Refusal> {
        if has_buckets {
            self.add(series, "_bucket", Some(("le", "+Inf")), count as f64)?;
        }
        if let Some(sum) = sum {
            self.add(series, "_sum", None, sum)?;
        }
        self.add(series, "_count", None, count as f64)
    }

    fn add(
        &mut self,
        series: &Emission,
        suffix: &str,
        extra: Option<(&str, &str)>,
        value: f64,
    ) -> Result<(), Refusal> {
        let base = self.metric.name.len();
        self.metric.name.push_str(suffix);
        let stale = f64::from_bits(STALE_NAN_BITS);
        let sample = Sample {
            time_ms: series.time_ms,
            value: if series.is_stale { stale } else { value },
        };
        let name = &self.metric.name;
        let labels = series.labels.labels();
        let added = match &mut self.asked {
            Some(ids) => {
                ids.push(self.series.identify(name, labels, extra));
                Ok(())
            }
            None => self.series.add(name, labels, extra, sample, self.limits),
        };
        self.metric.name.truncate(base);
        Ok(added?)
    }
}

/// As Go's `FormatFloat(x, 'f', -1, 64)`: the shortest digits, never an exponent.
pub(crate) fn number_text(number: f64) -> String {
    if number == f64::NEG_INFINITY {
        "-Inf".to_owned()
    } else if number == f64::INFINITY {
        "+Inf".to_owned()
    } else {
        (number + 0.0).to_string()
    }
}
