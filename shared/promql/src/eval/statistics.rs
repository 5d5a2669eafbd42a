//! Sums and quantiles in the order of operations of Prometheus 2.42, so that results agree to the bit.

use series::Sample;

/// A sum with Neumaier's compensation.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Compensated {
    pub sum: f64,
    correction: f64,
}

impl Compensated {
    pub(crate) fn add(&mut self, x: f64) {
        let total = self.sum + x;
        self.correction += if self.sum.abs() >= x.abs() {
            (self.sum - total) + x
        } else {
            (x - total) + self.sum
        };
        self.sum = total;
    }

    pub(crate) fn total(self) -> f64 {
        self.sum + self.correction
    }
}

pub(crate) fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut sum = Compensated::default();
    values.for_each(|x| sum.add(x));
    if sum.sum.is_infinite() {
        sum.sum
    } else {
        sum.total()
    }
}

/// Incremental, so that large values don't overflow; once infinite, only the opposite changes it.
pub(crate) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let mut mean = Compensated::default();
    let mut count = 0.0;
    for x in values {
        count += 1.0;
        if keeps_infinity(mean.sum, x) {
            continue;
        }
        mean.add(x / count - mean.sum / count);
    }
    if mean.sum.is_infinite() {
        mean.sum
    } else {
        mean.total()
    }
}

/// Whether an infinite mean stays as it is when `x` joins.
pub(crate) fn keeps_infinity(mean: f64, x: f64) -> bool {
    if !mean.is_infinite() {
        return false;
    }
    x.is_finite() || (x.is_infinite() && (mean > 0.0) == (x > 0.0))
}

/// Population variance by Welford's method.
pub(crate) fn variance(values: impl Iterator<Item = f64>) -> f64 {
    let mut count = 0.0;
    let mut mean = Compensated::default();
    let mut squares = Compensated::default();
    for x in values {
        count += 1.0;
        let delta = x - mean.total();
        mean.add(delta / count);
        squares.add(delta * (x - mean.total()));
    }
    squares.total() / count
}

/// Interpolates between ranks; NaN ranks lowest.
pub(crate) fn quantile(q: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    values.sort_unstable_by(nan_first);
    let count = values.len() as f64;
    let rank = q * (count - 1.0);
    let lower = rank.floor().max(0.0);
    let upper = (lower + 1.0).min(count - 1.0);
    let weight = rank - rank.floor();
    values[lower as usize] * (1.0 - weight) + values[upper as usize] * weight
}

pub(crate) fn nan_first(a: &f64, b: &f64) -> std::cmp::Ordering {
    match (a.is_nan(), b.is_nan()) {
        (false, false) => a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal),
        (a_nan, b_nan) => b_nan.cmp(&a_nan),
    }
}

/// Least squares: slope per second, and the value at `intercept_ms`.
pub(crate) fn line(samples: &[Sample], intercept_ms: i64) -> (f64, f64) {
    let Some(first) = samples.first() else {
        return (f64::NAN, f64::NAN);
    };
    if samples.iter().all(|s| s.value == first.value) || samples.len() == 1 {
        return match first.value.is_infinite() {
            true => (f64::NAN, f64::NAN),
            false => (0.0, first.value),
        };
    }
    let [mut x_sum, mut y_sum, mut xy_sum, mut xx_sum] = [Compensated::default(); 4];
    let mut count = 0.0;
    for sample in samples {
        count += 1.0;
        let x = (sample.time_ms - intercept_ms) as f64 / 1e3;
        x_sum.add(x);
        y_sum.add(sample.value);
        xy_sum.add(x * sample.value);
        xx_sum.add(x * x);
    }
    let (x_sum, y_sum) = (x_sum.total(), y_sum.total());
    let covariance = xy_sum.total() - x_sum * y_sum / count;
    let variance = xx_sum.total() - x_sum * x_sum / count;
    let slope = covariance / variance;
    (slope, y_sum / count - slope * x_sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_term_beside_a_large_one_is_not_lost() {
        assert_eq!(sum([1e100, 1.0, -1e100].into_iter()), 1.0);
    }

    #[test]
    fn a_mean_of_large_numbers_does_not_overflow() {
        assert_eq!(mean([f64::MAX, f64::MAX].into_iter()), f64::MAX);
        assert_eq!(mean([f64::INFINITY, 1.0].into_iter()), f64::INFINITY);
        assert!(mean([f64::INFINITY, f64::NEG_INFINITY].into_iter()).is_nan());
    }

    #[test]
    fn quantiles_interpolate_and_put_nan_lowest() {
        let cases = [
            (0.5, vec![3.0, 1.0, 2.0], 2.0),
            (0.25, vec![0.0, 1.0], 0.25),
            (1.0, vec![1.0, f64::NAN], 1.0),
            (-0.1, vec![1.0], f64::NEG_INFINITY),
            (1.1, vec![1.0], f64::INFINITY),
        ];
        for (q, mut values, expected) in cases {
            assert_eq!(quantile(q, &mut values), expected, "{q} of {values:?}");
        }
        assert!(quantile(0.0, &mut [1.0, f64::NAN]).is_nan());
    }
}
