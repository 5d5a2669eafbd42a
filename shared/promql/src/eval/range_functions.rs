//! Functions of the samples in one window.

use series::Sample;

use super::statistics::{line, mean, quantile, sum, variance};
use crate::EvalError;
use crate::function::RangeFunction;

/// The samples of one series between `start_ms` and `end_ms`, both included; never empty.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window<'a> {
    pub samples: &'a [Sample],
    pub start_ms: i64,
    pub end_ms: i64,
    /// The evaluation's time, which `offset` and `@` don't move.
    pub at_ms: i64,
}

impl Window<'_> {
    fn values(&self) -> impl Iterator<Item = f64> {
        self.samples.iter().map(|s| s.value)
    }

    /// The function's value; `None` where the window holds too few samples for it.
    pub(crate) fn apply(
        &self,
        function: RangeFunction,
        parameters: [f64; 2],
    ) -> Result<Option<f64>, EvalError> {
        Ok(match function {
            RangeFunction::Rate => self.extrapolated(true).map(|x| self.per_second(x)),
            RangeFunction::Increase => self.extrapolated(true).map(|(value, by)| value * by),
            RangeFunction::Delta => self.extrapolated(false).map(|(value, by)| value * by),
            RangeFunction::InstantRate => self.last_change(true),
            RangeFunction::InstantDelta => self.last_change(false),
            RangeFunction::Derivative => self.fit(self.samples[0].time_ms).map(|(slope, _)| slope),
            RangeFunction::PredictLinear => self
                .fit(self.at_ms)
                .map(|(slope, now)| slope * parameters[0] + now),
            RangeFunction::Changes => Some(self.count_pairs(differ)),
            RangeFunction::Resets => Some(self.count_pairs(|before, after| after < before)),
            RangeFunction::HoltWinters => self.smoothed(parameters)?,
            RangeFunction::Average => Some(mean(self.values())),
            RangeFunction::Min => self.values().reduce(|least, x| {
                if x < least || least.is_nan() {
                    x
                } else {
                    least
                }
            }),
            RangeFunction::Max => self
                .values()
                .reduce(|most, x| if x > most || most.is_nan() { x } else { most }),
            RangeFunction::Sum => Some(sum(self.values())),
            RangeFunction::Count => Some(self.samples.len() as f64),
            RangeFunction::Quantile => {
                let mut values: Vec<f64> = self.values().collect();
                Some(quantile(parameters[0], &mut values))
            }
            RangeFunction::StdDev => Some(variance(self.values()).sqrt()),
            RangeFunction::StdVar => Some(variance(self.values())),
            RangeFunction::Last => self.samples.last().map(|s| s.value),
            RangeFunction::Present => Some(1.0),
        })
    }

    fn per_second(&self, (value, factor): (f64, f64)) -> f64 {
        let range_ms = self.end_ms - self.start_ms;
        let seconds = (range_ms / 1000) as f64 + (range_ms % 1000 * 1_000_000) as f64 / 1e9;
        value * (factor / seconds)
    }

    /// Change between first and last sample, and the factor that extends it to the window's ends: all
    /// the way where a sample is missing there, else by half a sample's distance, and for a counter
    /// not below zero.
    fn extrapolated(&self, is_counter: bool) -> Option<(f64, f64)> {
        let [first, .., last] = self.samples else {
            return None;
        };
        let mut change = last.value - first.value;
        if is_counter {
            for pair in self.samples.windows(2) {
                if pair[1].value < pair[0].value {
                    change += pair[0].value;
                }
            }
        }
        let mut to_start = (first.time_ms - self.start_ms) as f64 / 1000.0;
        let to_end = (self.end_ms - last.time_ms) as f64 / 1000.0;
        let sampled = (last.time_ms - first.time_ms) as f64 / 1000.0;
        let distance = sampled / (self.samples.len() - 1) as f64;
        if is_counter && change > 0.0 && first.value >= 0.0 {
            let to_zero = sampled * (first.value / change);
            to_start = if to_zero < to_start {
                to_zero
            } else {
                to_start
            };
        }
        let threshold = distance * 1.1;
        let mut extended = sampled;
        for gap in [to_start, to_end] {
            extended += if gap < threshold { gap } else { distance / 2.0 };
        }
        Some((change, extended / sampled))
    }

    fn last_change(&self, is_rate: bool) -> Option<f64> {
        let [.., before, last] = self.samples else {
            return None;
        };
        let interval_ms = last.time_ms - before.time_ms;
        if interval_ms == 0 {
            return None;
        }
        let change = if is_rate && last.value < before.value {
            last.value
        } else {
            last.value - before.value
        };
        Some(if is_rate {
            change / (interval_ms as f64 / 1000.0)
        } else {
            change
        })
    }

    fn fit(&self, intercept_ms: i64) -> Option<(f64, f64)> {
        (self.samples.len() >= 2).then(|| line(self.samples, intercept_ms))
    }

    fn count_pairs(&self, counts: impl Fn(f64, f64) -> bool) -> f64 {
        let pairs = self.samples.windows(2);
        pairs.filter(|p| counts(p[0].value, p[1].value)).count() as f64
    }

    /// Holt's double exponential smoothing.
    fn smoothed(&self, [smoothing, trend]: [f64; 2]) -> Result<Option<f64>, EvalError> {
        for (name, initial, factor) in [("smoothing", "sf", smoothing), ("trend", "tf", trend)] {
            if factor <= 0.0 || factor >= 1.0 {
                return Err(EvalError::Parameter(format!(
                    "invalid {name} factor. Expected: 0 < {initial} < 1, got: {factor:.6}"
                )));
            }
        }
        let [first, second, ..] = self.samples else {
            return Ok(None);
        };
        let mut previous = 0.0;
        let mut level = first.value;
        let mut slope = second.value - first.value;
        for (at, sample) in self.samples[1..].iter().enumerate() {
            let observed = smoothing * sample.value;
            if at > 0 {
                slope = trend * (level - previous) + (1.0 - trend) * slope;
            }
            let expected = (1.0 - smoothing) * (level + slope);
            previous = level;
            level = observed + expected;
        }
        Ok(Some(level))
    }
}

fn differ(before: f64, after: f64) -> bool {
    after != before && !(before.is_nan() && after.is_nan())
}
