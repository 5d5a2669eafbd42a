//! Values as differences from those of a series that is alike.

use series::STALE_NAN_BITS;

use super::bits::Bits;
use super::sizes::{difference_of_size, size_of_difference};
use crate::CodecError;
use crate::residual::size;
use crate::scale::{SHIFTS, Scale};
use crate::values::{Trend, growth};

/// How the values of a series turned out, and so how those of the next one are expected to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    scale: Scale,
    first: i64,
    /// Of the difference of the first value.
    first_size: u32,
    /// Of the differences of the later ones.
    next_size: u32,
}

impl Outcome {
    /// Where no series is alike.
    pub(super) const UNKNOWN: Self = Self {
        scale: Scale::PLAIN,
        first: 0,
        first_size: 8,
        next_size: 1,
    };
}

/// Codes one value per time, of which there is at least one; a reader finds them in `values` afterwards.
pub(super) fn code<B: Bits>(
    bits: &mut B,
    expected: &Outcome,
    grows: bool,
    times: &[i64],
    values: &mut [f64],
) -> Result<Outcome, CodecError> {
    let is_stale = |value: &f64| value.to_bits() == STALE_NAN_BITS;
    let ends_stale = values.last().is_some_and(is_stale);
    let numbers = values.len() - usize::from(ends_stale);
    let integer = values
        .first()
        .and_then(|&value| expected.scale.integer(value));
    let others = values.get(1..numbers).unwrap_or_default();
    let is_rescaled =
        numbers > 0 && (integer.is_none() || !expected.scale.holds(others.iter().copied()));
    let difference = integer.unwrap_or(0).wrapping_sub(expected.first);
    let usual = (!ends_stale && !is_rescaled).then(|| size(difference));
    let size = size_of_difference(bits, expected.first_size, usual, true)?;
    let Some(size) = size else {
        return unusual(
            bits,
            expected,
            grows,
            times,
            values,
            (ends_stale, is_rescaled),
        );
    };
    let difference = difference_of_size(bits, difference, size);
    let mut outcome = *expected;
    outcome.first = expected.first.wrapping_add(difference);
    outcome.first_size = settled(expected.first_size, size);
    values[0] = expected.scale.value(outcome.first);
    if values.len() > 1 {
        later(bits, &mut outcome, grows, times, values)?;
    }
    Ok(outcome)
}

/// What is expected after a difference of this size.
fn settled(expected: u32, size: u32) -> u32 {
    size.max(expected.saturating_sub(1))
}

/// As [`code`], where the series ends with a stale marker or its values need another scale.
#[cold]
fn unusual<B: Bits>(
    bits: &mut B,
    expected: &Outcome,
    grows: bool,
    times: &[i64],
    values: &mut [f64],
    (ends_stale, is_rescaled): (bool, bool),
) -> Result<Outcome, CodecError> {
    let mut outcome = *expected;
    let ends_stale = bits.flag(ends_stale);
    let is_rescaled = bits.flag(is_rescaled);
    let count = values.len() - usize::from(ends_stale);
    let numbers = values.get_mut(..count).unwrap_or_default();
    if is_rescaled {
        outcome.scale = scale(bits, Scale::of(numbers.iter().copied()))?;
        outcome.first = outcome.scale.nearest(expected.scale.value(expected.first));
    }
    if let Some(first) = numbers.first_mut() {
        let integer = outcome.scale.integer(*first).unwrap_or(0);
        let difference = integer.wrapping_sub(outcome.first);
        let size = size_of_difference(bits, outcome.first_size, Some(size(difference)), false)?;
        let size = size.unwrap_or(0);
        let difference = difference_of_size(bits, difference, size);
        outcome.first = outcome.first.wrapping_add(difference);
        outcome.first_size = settled(expected.first_size, size);
        *first = outcome.scale.value(outcome.first);
        later(bits, &mut outcome, grows, &times[..count], numbers)?;
    }
    if ends_stale && let Some(last) = values.last_mut() {
        *last = f64::from_bits(STALE_NAN_BITS);
    }
    Ok(outcome)
}

fn later<B: Bits>(
    bits: &mut B,
    outcome: &mut Outcome,
    grows: bool,
    times: &[i64],
    values: &mut [f64],
) -> Result<(), CodecError> {
    let trend = grows.then(|| Trend {
        time_ms: times[0],
        integer: outcome.first,
    });
    let mut previous = outcome.first;
    let mut delta = None;
    for at in 1..values.len() {
        let growth = growth(trend, delta, previous, times[at - 1], times[at]);
        let guess = previous.wrapping_add(growth);
        let integer = outcome.scale.integer(values[at]).unwrap_or(0);
        let difference = integer.wrapping_sub(guess);
        let size = size_of_difference(bits, outcome.next_size, Some(size(difference)), false)?;
        let size = size.unwrap_or(0);
        let integer = guess.wrapping_add(difference_of_size(bits, difference, size));
        values[at] = outcome.scale.value(integer);
        outcome.next_size = (outcome.next_size + size).div_ceil(2);
        delta = Some(integer.wrapping_sub(previous));
        previous = integer;
    }
    Ok(())
}

fn scale<B: Bits>(bits: &mut B, scale: Scale) -> Result<Scale, CodecError> {
    let (decimals, shift) = match scale {
        Scale::Bits => (0, 0),
        Scale::Decimal { decimals, shift } => (decimals, shift),
    };
    if bits.flag(scale == Scale::Bits) {
        return Ok(Scale::Bits);
    }
    let decimals = bits.short(u64::from(decimals), 4) as u8;
    let shift = SHIFTS.iter().position(|&s| s == shift).unwrap_or(0);
    let shift = SHIFTS[bits.short(shift as u64, 2) as usize];
    Ok(Scale::Decimal { decimals, shift })
}
