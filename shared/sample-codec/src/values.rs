//! Values as differences from what was expected of them.

use series::STALE_NAN_BITS;

use crate::CodecError;
use crate::coder::{Bit, Coder};
use crate::number::Tree;
use crate::residual::{Residual, size};
use crate::scale::{SHIFTS, Scale};

/// What is known of a series before its values are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expectation {
    /// How the values become integers, most likely.
    pub(crate) scale: Scale,
    /// The first value in that scale.
    pub(crate) first: i64,
    /// How far off that may be, as a [`size`].
    pub(crate) first_size: u32,
    /// How far off the later ones may be.
    pub(crate) next_size: u32,
    /// Whether the series tends to grow, as counters do.
    pub(crate) grows: bool,
    /// An earlier value, from which to tell how fast.
    pub(crate) trend: Option<Trend>,
}

/// A value that was known at a time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trend {
    pub(crate) time_ms: i64,
    pub(crate) integer: i64,
}

/// How the values of a series turned out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    pub(crate) scale: Scale,
    pub(crate) first: i64,
    pub(crate) first_size: u32,
    pub(crate) next_size: u32,
}

pub(crate) struct Values {
    ends_stale: Bit,
    is_rescaled: Bit,
    is_bits: Bit,
    decimals: Tree<16>,
    shift: Tree<4>,
    first: Residual,
    next: Residual,
}

impl Values {
    pub(crate) fn new() -> Self {
        Self {
            ends_stale: Bit::rarely(16),
            is_rescaled: Bit::rarely(8),
            is_bits: Bit::EVEN,
            decimals: Tree::EVEN,
            shift: Tree::EVEN,
            first: Residual::new(),
            next: Residual::new(),
        }
    }

    /// Codes one value per time; a decoder finds them in `values` afterwards.
    pub(crate) fn code<C: Coder>(
        &mut self,
        coder: &mut C,
        expected: &Expectation,
        times: &[i64],
        values: &mut Vec<f64>,
    ) -> Result<Outcome, CodecError> {
        values.resize(times.len(), 0.0);
        let stale = f64::from_bits(STALE_NAN_BITS);
        let ends_stale = values.last().is_some_and(|v| v.to_bits() == STALE_NAN_BITS);
        let ends_stale = coder.bit(&mut self.ends_stale, ends_stale)?;
        let count = times.len().saturating_sub(usize::from(ends_stale));
        let outcome = self.numbers(coder, expected, &times[..count], &mut values[..count])?;
        if ends_stale && let Some(last) = values.last_mut() {
            *last = stale;
        }
        Ok(outcome)
    }

    fn numbers<C: Coder>(
        &mut self,
        coder: &mut C,
        expected: &Expectation,
        times: &[i64],
        values: &mut [f64],
    ) -> Result<Outcome, CodecError> {
        let mut outcome = Outcome {
            scale: expected.scale,
            first: expected.first,
            first_size: expected.first_size,
            next_size: expected.next_size,
        };
        if times.is_empty() {
            return Ok(outcome);
        }
        let is_rescaled = !expected.scale.holds(values.iter().copied());
        let mut first = expected.first;
        let mut trend = expected.trend.filter(|_| expected.grows);
        if coder.bit(&mut self.is_rescaled, is_rescaled)? {
            let scale = self.scale(coder, Scale::of(values.iter().copied()))?;
            first = scale.nearest(expected.scale.value(first));
            trend = trend.map(|t| Trend {
                integer: scale.nearest(expected.scale.value(t.integer)),
                ..t
            });
            outcome.scale = scale;
        }
        let scale = outcome.scale;
        let mut previous = 0_i64;
        let mut delta = None;
        let mut lean = 0;
        for (at, value) in values.iter_mut().enumerate() {
            let integer = scale.integer(*value).unwrap_or(0);
            let guess = match at {
                0 => first,
                _ => {
                    previous.wrapping_add(growth(trend, delta, previous, times[at - 1], times[at]))
                }
            };
            let difference = integer.wrapping_sub(guess);
            let difference = match at {
                0 => self.first.code(coder, difference, expected.first_size, 0)?,
                _ => self.next.code(coder, difference, outcome.next_size, lean)?,
            };
            let integer = guess.wrapping_add(difference);
            *value = scale.value(integer);
            match at {
                0 => {
                    outcome.first = integer;
                    outcome.first_size = size(difference);
                    if expected.grows && trend.is_none() {
                        let time_ms = times[0];
                        trend = Some(Trend { time_ms, integer });
                    }
                }
                _ => {
                    outcome.next_size = (outcome.next_size + size(difference)).div_ceil(2);
                    delta = Some(integer.wrapping_sub(previous));
                    lean = difference;
                }
            }
            previous = integer;
        }
        Ok(outcome)
    }

    fn scale<C: Coder>(&mut self, coder: &mut C, scale: Scale) -> Result<Scale, CodecError> {
        let (decimals, shift) = match scale {
            Scale::Bits => (0, 0),
            Scale::Decimal { decimals, shift } => (decimals, shift),
        };
        if coder.bit(&mut self.is_bits, scale == Scale::Bits)? {
            return Ok(Scale::Bits);
        }
        let decimals = self.decimals.code(coder, usize::from(decimals))? as u8;
        let shift = SHIFTS.iter().position(|&s| s == shift).unwrap_or(0);
        let shift = SHIFTS[self.shift.code(coder, shift)?];
        Ok(Scale::Decimal { decimals, shift })
    }
}

/// What a value is expected to grow by: half as it did just now, half as it did in the long run.
pub(crate) fn growth(
    trend: Option<Trend>,
    delta: Option<i64>,
    previous: i64,
    from_ms: i64,
    to_ms: i64,
) -> i64 {
    let Some(trend) = trend else {
        return 0;
    };
    let run = project(trend, previous, from_ms, to_ms);
    match delta {
        Some(delta) => ((i128::from(run) + i128::from(delta)) >> 1) as i64,
        None => run,
    }
}

/// The growth from `from_ms` to `to_ms` at the average rate between `trend` and (`from_ms`, `integer`).
pub(crate) fn project(trend: Trend, integer: i64, from_ms: i64, to_ms: i64) -> i64 {
    let elapsed = i128::from(from_ms) - i128::from(trend.time_ms);
    if elapsed <= 0 {
        return 0;
    }
    let grown = i128::from(integer.wrapping_sub(trend.integer));
    let ahead = i128::from(to_ms.wrapping_sub(from_ms));
    (grown * ahead / elapsed) as i64
}
