//! How far a value lies from what was expected.

use crate::CodecError;
use crate::coder::{Bit, Coder};

const STEPS: usize = 24;

/// Codes a difference by its distance from an expected size, so that series of any size share what is
/// learned.
pub(crate) struct Residual {
    zero: [Bit; 9],
    sign: [Bit; 3],
    reaches: [Bit; 4],
    up: [Bit; STEPS],
    down: [Bit; STEPS],
    top: [Bit; 8],
}

/// Length in bits of a difference without its sign.
pub(crate) fn size(difference: i64) -> u32 {
    64 - difference.unsigned_abs().leading_zeros()
}

impl Residual {
    pub(crate) fn new() -> Self {
        let mut zero = [Bit::rarely(3); 9];
        zero[0] = Bit::mostly(12);
        zero[1] = Bit::EVEN;
        Self {
            zero,
            sign: [Bit::EVEN; 3],
            reaches: [Bit::EVEN; 4],
            up: [Bit::EVEN; STEPS],
            down: [Bit::EVEN; STEPS],
            top: [Bit::EVEN; 8],
        }
    }

    /// `expected` is the likely [`size`]; `lean` the sign of the series' previous difference.
    pub(crate) fn code<C: Coder>(
        &mut self,
        coder: &mut C,
        difference: i64,
        expected: u32,
        lean: i64,
    ) -> Result<i64, CodecError> {
        let zero = &mut self.zero[expected.min(8) as usize];
        if coder.bit(zero, difference == 0)? {
            return Ok(0);
        }
        let sign = &mut self.sign[(lean.signum() + 1) as usize];
        let is_negative = coder.bit(sign, difference < 0)?;
        let length = self.length(coder, size(difference), expected.max(1))?;
        let magnitude = self.magnitude(coder, difference.unsigned_abs(), length)?;
        Ok(if is_negative {
            magnitude.wrapping_neg().cast_signed()
        } else {
            magnitude.cast_signed()
        })
    }

    fn length<C: Coder>(
        &mut self,
        coder: &mut C,
        length: u32,
        expected: u32,
    ) -> Result<u32, CodecError> {
        let mut at = expected;
        let reaches = &mut self.reaches[(expected / 4).min(3) as usize];
        if coder.bit(reaches, length >= at)? {
            while at < 64 && coder.bit(&mut self.up[step(at - expected)], length > at)? {
                at += 1;
            }
        } else {
            at -= 1;
            while at > 1 && coder.bit(&mut self.down[step(expected - at)], length < at)? {
                at -= 1;
            }
        }
        // An expected length of 1 leaves no shorter one; only damaged bytes say so.
        Ok(at.max(1))
    }

    /// The two bits below the highest are learned, the others are not.
    fn magnitude<C: Coder>(
        &mut self,
        coder: &mut C,
        magnitude: u64,
        length: u32,
    ) -> Result<u64, CodecError> {
        let mut value = 1_u64;
        let mut left = length - 1;
        while left > 0 && value < 4 {
            left -= 1;
            let context = value as usize + 4 * usize::from(length > 3);
            let bit = coder.bit(&mut self.top[context], magnitude >> left & 1 == 1)?;
            value = value << 1 | u64::from(bit);
        }
        let low = coder.raw(magnitude & ((1 << left) - 1), left)?;
        Ok(value << left | low)
    }
}

fn step(distance: u32) -> usize {
    (distance as usize).min(STEPS - 1)
}
