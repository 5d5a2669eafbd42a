//! An exponential histogram as cumulative classic buckets.
//!
//! A bucket of index `i` at scale `s` holds values above `b^i` and up to `b^(i+1)`, where `b = 2^(2^-s)`
//! (metrics.proto, `ExponentialHistogramDataPoint`). Buckets of a finer scale fall exactly into those of a
//! coarser one (OpenTelemetry metrics data model, "Exponential Scale"), so that each histogram is brought to
//! scale 2: four buckets for each doubling. The bounds then stay the same when a sender rescales, and a
//! histogram over four decades costs about 54 series instead of 160. A coarser one keeps its own scale.
//!
//! **Error.** Counts at the bounds are exact. A quantile estimated inside one bucket is off by less than the
//! bucket's width: less than 19 % of its lower bound (`2^(1/4) - 1`) at scale 2, and `b - 1` where the sender's scale
//! is coarser. Values below zero: a value that equals a bound is counted one bucket higher, because OTLP's
//! buckets are closed away from zero and `le` is closed above.

use crate::model::{Buckets, Exponential};

/// Bounds are at `2^(n/4)`.
const SCALE: i32 = 2;

/// `2^(n/4)` for n of 0 to 3, as constants, so that every machine writes the same `le`.
const QUARTERS: [f64; 4] = [
    1.0,
    1.189_207_115_002_721,
    std::f64::consts::SQRT_2,
    1.681_792_830_507_429,
];

/// Bounds and how many values are not above them, both rising; without the bucket `+Inf`.
pub(crate) fn classic(histogram: &Exponential) -> Vec<(f64, u64)> {
    let mut buckets = Classic::default();
    let negative = quarters(&histogram.negative, histogram.scale);
    if let Some((_, _, highest)) = negative.last() {
        buckets.add(-power(*highest), 0);
    }
    for (count, lower, _) in negative.iter().rev() {
        buckets.add(-power(*lower), *count);
    }
    if !negative.is_empty() {
        buckets.add(-histogram.zero_threshold, 0);
    }
    buckets.add(histogram.zero_threshold, histogram.zero_count);
    let positive = quarters(&histogram.positive, histogram.scale);
    if let Some((_, lowest, _)) = positive.first() {
        // Without its lower bound, a quantile in the first bucket would be looked for from zero on.
        buckets.add(power(*lowest), 0);
    }
    for (count, _, upper) in &positive {
        buckets.add(power(*upper), *count);
    }
    buckets.list
}

#[derive(Default)]
struct Classic {
    list: Vec<(f64, u64)>,
    total: u64,
}

impl Classic {
    /// What is counted at a bound that does not rise (a wide zero bucket) is counted at the bound before;
    /// what lies beyond the largest double, only in the whole count.
    fn add(&mut self, bound: f64, count: u64) {
        self.total = self.total.saturating_add(count);
        match self.list.last_mut() {
            Some(last) if bound <= last.0 => last.1 = self.total,
            _ if bound.is_infinite() => {}
            // Adding zero makes -0 a 0.
            _ => self.list.push((bound + 0.0, self.total)),
        }
    }
}

/// Count, lower and upper bound (as exponents in quarters) of each bucket, rising.
fn quarters(buckets: &Buckets, scale: i32) -> Vec<(u64, i64, i64)> {
    let mut merged: Vec<(u64, i64, i64)> = Vec::new();
    for (index, count) in (i64::from(buckets.offset)..).zip(&buckets.counts.items) {
        let finer = i64::from(scale) - i64::from(SCALE);
        let (lower, upper) = if finer > 0 {
            let index = index >> finer.min(63);
            (index, index + 1)
        } else {
            (widened(index, -finer), widened(index + 1, -finer))
        };
        match merged.last_mut() {
            Some(last) if last.1 == lower => last.0 = last.0.saturating_add(*count),
            _ => merged.push((*count, lower, upper)),
        }
    }
    merged
}

/// `index * 2^by`, kept within what [`power`] tells apart.
fn widened(index: i64, by: i64) -> i64 {
    let wide = i128::from(index) << by.clamp(0, 64);
    i64::try_from(wide.clamp(-8192, 8192)).unwrap_or_default()
}

/// `2^(quarters/4)`; 0 and infinity beyond the ends of a double.
fn power(quarters: i64) -> f64 {
    let part = QUARTERS[usize::try_from(quarters.rem_euclid(4)).unwrap_or_default()];
    let exponent = quarters.div_euclid(4);
    let bits = match exponent {
        ..-1074 => 0,
        -1074..-1022 => 1_u64 << (exponent + 1074),
        -1022..=1023 => ((exponent + 1023) as u64) << 52,
        1024.. => f64::INFINITY.to_bits(),
    };
    part * f64::from_bits(bits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Bounded;

    fn buckets(offset: i32, counts: &[u64]) -> Buckets {
        let mut bounded = Bounded::new(1024);
        for count in counts {
            bounded.push(*count);
        }
        Buckets {
            offset,
            counts: bounded,
        }
    }

    fn histogram(scale: i32, positive: (i32, &[u64]), negative: (i32, &[u64])) -> Exponential {
        Exponential {
            count: 0,
            sum: None,
            scale,
            zero_count: 1,
            zero_threshold: 0.0,
            positive: buckets(positive.0, positive.1),
            negative: buckets(negative.0, negative.1),
        }
    }

    #[test]
    fn a_coarser_scale_keeps_its_bounds() {
        let classic = classic(&histogram(0, (1, &[0, 2]), (0, &[])));
        assert_eq!(classic, [(0.0, 1), (2.0, 1), (4.0, 1), (8.0, 3)]);
        let classic = super::classic(&histogram(-1, (-1, &[5, 2]), (0, &[])));
        assert_eq!(classic, [(0.0, 1), (0.25, 1), (1.0, 6), (4.0, 8)]);
    }

    #[test]
    fn a_finer_scale_is_brought_to_four_buckets_a_doubling() {
        // Scale 4 has 16 buckets a doubling; 0 to 3 are up to 2^(1/4), 4 begins the next.
        let classic = classic(&histogram(4, (0, &[1, 1, 1, 1, 7]), (0, &[])));
        let (first, second) = (QUARTERS[1], QUARTERS[2]);
        assert_eq!(classic, [(0.0, 1), (1.0, 1), (first, 5), (second, 12)]);
    }

    #[test]
    fn values_below_zero_come_first() {
        let classic = classic(&histogram(0, (0, &[4]), (1, &[2, 3])));
        let expected = [
            (-8.0, 0),
            (-4.0, 3),
            (-2.0, 5),
            (0.0, 6),
            (1.0, 6),
            (2.0, 10),
        ];
        assert_eq!(classic, expected);
    }

    #[test]
    fn a_wide_zero_bucket_holds_what_lies_within() {
        let mut point = histogram(0, (0, &[4, 2]), (0, &[7]));
        point.zero_threshold = 2.0;
        // (1, 2] lies in the zero bucket; so does [-2, -1), whose bound of -2 is that of the zero bucket.
        assert_eq!(
            classic(&point),
            [(-2.0, 0), (-1.0, 7), (2.0, 12), (4.0, 14)]
        );
        point.negative = buckets(2, &[7]);
        assert_eq!(
            classic(&point),
            [(-8.0, 0), (-4.0, 7), (-2.0, 7), (2.0, 12), (4.0, 14)]
        );
    }

    #[test]
    fn the_ends_of_a_double_are_left_to_the_last_bucket() {
        for scale in [i32::MIN, -11, 0, 2, 20, i32::MAX] {
            for offset in [i32::MIN, -5000, 5000, i32::MAX] {
                let all = classic(&histogram(scale, (offset, &[1, 1]), (offset, &[1])));
                assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0), "{all:?}");
            }
        }
        assert_eq!(power(-4 * 1074), f64::from_bits(1));
        assert_eq!(power(4 * 1023), 2_f64.powi(1023));
    }

    #[test]
    fn powers_are_within_one_unit_of_the_last_place() {
        for quarters in -4088..4092 {
            let exact = (f64::from(quarters) / 4.0).exp2();
            let ours = power(i64::from(quarters));
            assert!(ours.to_bits().abs_diff(exact.to_bits()) <= 1, "{quarters}");
        }
    }

    proptest! {
        /// Each value is counted at exactly the bounds that are not below it.
        #[test]
        fn a_bound_counts_the_values_up_to_it(
            scale in -3..10_i32,
            values in prop::collection::vec(1e-3..1e3_f64, 1..50),
        ) {
            let base = 2_f64.powf(2_f64.powi(-scale));
            let index = |v: f64| (v.ln() / base.ln()).ceil() as i32 - 1;
            let first = values.iter().map(|v| index(*v)).min().unwrap();
            let last = values.iter().map(|v| index(*v)).max().unwrap();
            let mut counts = vec![0; (last - first + 1) as usize];
            for v in &values {
                counts[(index(*v) - first) as usize] += 1;
            }
            let mut positive = Bounded::new(usize::MAX);
            counts.iter().for_each(|count| positive.push(*count));
            let mut point = histogram(scale, (first, &[]), (0, &[]));
            point.positive.counts = positive;
            for (bound, count) in classic(&point) {
                let expected = values.iter().filter(|v| **v <= bound).count() as u64;
                prop_assert_eq!(count, expected + 1, "at {}", bound);
            }
        }
    }
}
