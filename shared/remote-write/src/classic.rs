//! Native histograms as classic buckets.
//!
//! Sources: the schema's formula and the buckets' inclusive ends stand in the specification of native
//! histograms (prometheus.io/docs/specs/native_histograms): with `base = 2^(2^-schema)`, positive bucket
//! `i` is `(base^(i-1), base^i]`, negative bucket `i` is `[-base^i, -base^(i-1))`, the zero bucket is
//! `[-threshold, threshold]`; schema -53 has its upper bounds, inclusive, in `custom_values`. What is
//! valid is what Prometheus takes (`Histogram.Validate`).
//!
//! A classic bucket counts what is at most its bound. So the count at a bound is exact, except where an
//! observation lies exactly on a negative bucket's end: it is counted one bound later.

use crate::native::{Buckets, NativeHistogram};
use crate::roots::HALF_ROOTS;

const CUSTOM: i32 = -53;
/// Schemas of the exponential formula: those in use and those reserved for it.
const COARSEST: i32 = -9;
const FINEST: i32 = 52;
/// The finest that is in use, and for which there are roots.
const FINEST_CONVERTED: i32 = 8;

type Bucket = (i64, f64);

/// Upper bounds, rising, with the count of what is at most there; `+Inf` is left to the whole count.
#[derive(Debug, Default)]
pub(crate) struct Classic {
    pub(crate) bounds: Vec<(f64, f64)>,
    pub(crate) count: f64,
}

impl Classic {
    /// Takes the place of what was converted before; an error says what is wrong with the histogram.
    pub(crate) fn convert(
        &mut self,
        histogram: &NativeHistogram,
        most_bounds: usize,
    ) -> Result<(), &'static str> {
        self.bounds.clear();
        let (negative, positive) = buckets(histogram)?;
        self.count = if histogram.is_float {
            histogram.count_float
        } else {
            histogram.count_int as f64
        };
        if histogram.schema == CUSTOM {
            return self.custom(histogram, &negative, &positive, most_bounds);
        }
        if !(COARSEST..=FINEST).contains(&histogram.schema) {
            return Err("its schema is unknown");
        }
        if !histogram.zero_threshold.is_finite() || histogram.zero_threshold < 0.0 {
            return Err("its zero threshold is no width");
        }
        self.exponential(histogram, negative, positive, most_bounds);
        Ok(())
    }

    fn exponential(
        &mut self,
        histogram: &NativeHistogram,
        mut negative: Vec<Bucket>,
        mut positive: Vec<Bucket>,
        most_bounds: usize,
    ) {
        let mut schema = histogram.schema.min(FINEST_CONVERTED);
        let halvings = histogram.schema - schema;
        coarsen(&mut negative, halvings);
        coarsen(&mut positive, halvings);
        loop {
            self.bounds.clear();
            self.bounds_of(histogram, schema, &negative, &positive);
            if self.bounds.len() <= most_bounds || schema == COARSEST {
                break;
            }
            schema -= 1;
            coarsen(&mut negative, 1);
            coarsen(&mut positive, 1);
        }
        // Any bound may go: the counts at the others stay exact.
        let stride = stride(self.bounds.len(), most_bounds);
        let mut place = 0..;
        self.bounds.retain(|_| {
            place
                .next()
                .is_some_and(|at: usize| (at + 1).is_multiple_of(stride))
        });
    }

    fn bounds_of(
        &mut self,
        histogram: &NativeHistogram,
        schema: i32,
        negative: &[Bucket],
        positive: &[Bucket],
    ) {
        let threshold = histogram.zero_threshold;
        let mut below = 0.0;
        for (index, count) in negative.iter().rev() {
            self.put(-bound(schema, *index), below);
            below += count;
            self.put(-bound(schema, index - 1), below);
        }
        if !negative.is_empty() {
            self.put(-threshold, below);
        }
        below += zero_count(histogram);
        self.put(threshold, below);
        for (index, count) in positive {
            // Without the lower end a quantile would be sought in the gap before, too.
            self.put(bound(schema, index - 1), below);
            below += count;
            self.put(bound(schema, *index), below);
        }
    }

    /// A bound that does not rise is one with the bound before: a zero bucket as wide as its neighbours.
    fn put(&mut self, bound: f64, below: f64) {
        // Minus zero is zero.
        let bound = bound + 0.0;
        match self.bounds.last_mut() {
            Some(last) if bound <= last.0 => last.1 = below,
            _ if bound.is_infinite() => {}
            _ => self.bounds.push((bound, below)),
        }
    }

    fn custom(
        &mut self,
        histogram: &NativeHistogram,
        negative: &[Bucket],
        positive: &[Bucket],
        most_bounds: usize,
    ) -> Result<(), &'static str> {
        let uppers = histogram.custom_values.whole().ok_or(TOO_LONG)?;
        let has_zero = zero_count(histogram) != 0.0 || histogram.zero_threshold != 0.0;
        if !negative.is_empty() || has_zero {
            return Err("custom buckets have no negative and no zero bucket");
        }
        let rises = uppers.windows(2).all(|pair| pair[0] < pair[1]);
        if !rises || uppers.iter().any(|upper| !upper.is_finite()) {
            return Err("its custom bounds do not rise");
        }
        let is_inside = |index: i64| usize::try_from(index).is_ok_and(|at| at <= uppers.len());
        if !positive.iter().all(|(index, _)| is_inside(*index)) {
            return Err("it has a bucket without a custom bound");
        }
        // Every n-th bound, the same ones each time.
        let stride = stride(uppers.len(), most_bounds);
        let mut rest = positive.iter().peekable();
        let mut below = 0.0;
        for (at, upper) in uppers.iter().enumerate() {
            while let Some((_, count)) = rest.next_if(|(index, _)| *index <= at as i64) {
                below += count;
            }
            if (at + 1).is_multiple_of(stride) {
                self.put(*upper, below);
            }
        }
        Ok(())
    }
}

/// Every how many-th bound stays, so that there are not too many.
fn stride(bounds: usize, most: usize) -> usize {
    bounds.div_ceil(most.max(1)).max(1)
}

const TOO_LONG: &str = "it has more than 1,024 buckets";

fn zero_count(histogram: &NativeHistogram) -> f64 {
    if histogram.is_float {
        histogram.zero_count_float
    } else {
        histogram.zero_count_int as f64
    }
}

/// Negative and positive buckets, once they agree with the count.
fn buckets(histogram: &NativeHistogram) -> Result<(Vec<Bucket>, Vec<Bucket>), &'static str> {
    let is_float = histogram.is_float;
    let negative = indexed(&histogram.negative, is_float)?;
    let positive = indexed(&histogram.positive, is_float)?;
    if is_float {
        // Sums of floats depend on their order, so that the count is not compared with one.
        let is_count = |count: f64| count >= 0.0;
        if !is_count(histogram.count_float) || !is_count(histogram.zero_count_float) {
            return Err("it has a negative count");
        }
        return Ok((negative.0, positive.0));
    }
    let sum = histogram
        .zero_count_int
        .checked_add(negative.1)
        .and_then(|sum| sum.checked_add(positive.1));
    let sum = sum.ok_or("its buckets overflow")?;
    // An observed NaN is counted, is in no bucket and makes the sum NaN.
    let agrees = if histogram.sum.is_nan() {
        sum <= histogram.count_int
    } else {
        sum == histogram.count_int
    };
    if !agrees {
        return Err("its count is not the sum of its buckets");
    }
    Ok((negative.0, positive.0))
}

/// Each bucket's index and count; for integers also their sum.
fn indexed(buckets: &Buckets, is_float: bool) -> Result<(Vec<Bucket>, u64), &'static str> {
    let spans = buckets.spans.whole().ok_or(TOO_LONG)?;
    let deltas = buckets.deltas.whole().ok_or(TOO_LONG)?;
    let counts = buckets.counts.whole().ok_or(TOO_LONG)?;
    let length = if is_float { counts.len() } else { deltas.len() };
    let spanned: u64 = spans.iter().map(|span| u64::from(span.length)).sum();
    if spanned != length as u64 {
        return Err("its spans do not fit its buckets");
    }
    let mut indexed = Vec::with_capacity(length);
    let (mut index, mut at, mut running, mut sum) = (0_i64, 0_usize, 0_i64, 0_u64);
    for (place, span) in spans.iter().enumerate() {
        if place > 0 && span.offset < 0 {
            return Err("its spans overlap");
        }
        index += i64::from(span.offset);
        for _ in 0..span.length {
            let count = if is_float {
                counts.get(at).copied().unwrap_or_default()
            } else {
                let delta = deltas.get(at).copied().unwrap_or_default();
                running = running.checked_add(delta).ok_or("its buckets overflow")?;
                let count = u64::try_from(running).map_err(|_| NEGATIVE)?;
                sum = sum.checked_add(count).ok_or("its buckets overflow")?;
                running as f64
            };
            if count.is_nan() || count < 0.0 {
                return Err(NEGATIVE);
            }
            indexed.push((index, count));
            index += 1;
            at += 1;
        }
    }
    Ok((indexed, sum))
}

const NEGATIVE: &str = "it has a bucket with a negative count";

/// Merges buckets into those of a schema that is coarser by `halvings`.
fn coarsen(buckets: &mut Vec<Bucket>, halvings: i32) {
    if halvings == 0 {
        return;
    }
    for bucket in buckets.iter_mut() {
        bucket.0 = ((bucket.0 - 1) >> halvings) + 1;
    }
    buckets.dedup_by(|later, kept| {
        let is_same = later.0 == kept.0;
        if is_same {
            kept.1 += later.1;
        }
        is_same
    });
}

/// `base^index`; infinite above, 0 below what a double holds.
fn bound(schema: i32, index: i64) -> f64 {
    if schema <= 0 {
        return scaled(1.0, index << -schema);
    }
    let step = index & ((1 << schema) - 1);
    let root = HALF_ROOTS[(step << (FINEST_CONVERTED - schema)) as usize & 0xFF];
    scaled(root, (index >> schema) + 1)
}

/// `factor * 2^exponent`.
fn scaled(factor: f64, exponent: i64) -> f64 {
    let power = |exponent: i64| f64::from_bits(((exponent + 1023) as u64) << 52);
    match exponent {
        ..-1100 => 0.0,
        // Below the normal ones in two steps.
        -1100..=-1000 => factor * power(-1000) * power(exponent + 1000),
        -999..=1023 => factor * power(exponent),
        1024 => factor * 2.0 * power(1023),
        _ => f64::INFINITY,
    }
}

#[cfg(test)]
#[path = "classic_tests.rs"]
mod tests;
