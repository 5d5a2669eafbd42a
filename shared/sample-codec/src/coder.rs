//! A binary adaptive range coder (the carry-propagating kind of LZMA's).

use crate::CodecError;

const PROBABILITY_BITS: u32 = 15;
const ONE: u16 = 1 << PROBABILITY_BITS;
const LEAST: u16 = 24;
const SMALLEST_RANGE: u32 = 1 << 24;
/// Most raw bits that are coded at once.
const RAW_STEP: u32 = 16;
/// What the encoder's state amounts to at the end; it leaves out those of them that are zeros.
const LAST_BYTES: u32 = 4;
/// How often a model is still quick to learn.
const SLOWEST: u8 = 40;

/// `65536 / (n + 1.6)`: a model that has seen `n` bits moves by this share towards the next one.
const RATES: [u16; SLOWEST as usize + 1] = {
    let mut rates = [0; SLOWEST as usize + 1];
    let mut n = 0;
    while n < rates.len() {
        rates[n] = (655_360 / (10 * n + 16)) as u16;
        n += 1;
    }
    rates
};

/// How likely a decision is, learned as it goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bit {
    zero: u16,
    seen: u8,
}

impl Default for Bit {
    fn default() -> Self {
        Self::EVEN
    }
}

impl Bit {
    pub(crate) const EVEN: Self = Self {
        zero: ONE / 2,
        seen: 0,
    };

    /// A decision that is mostly `false`, as if `weight` of them had been seen.
    pub(crate) const fn rarely(weight: u8) -> Self {
        Self {
            zero: ONE - ONE / (weight as u16 + 2),
            seen: weight,
        }
    }

    /// A decision that is mostly `true`.
    pub(crate) const fn mostly(weight: u8) -> Self {
        Self {
            zero: ONE / (weight as u16 + 2),
            seen: weight,
        }
    }

    #[inline]
    fn learn(&mut self, bit: bool) {
        let rate = u32::from(RATES[usize::from(self.seen.min(SLOWEST))]);
        let zero = u32::from(self.zero);
        let moved = if bit {
            zero - ((zero * rate) >> 16)
        } else {
            zero + (((u32::from(ONE) - zero) * rate) >> 16)
        };
        self.zero = (moved as u16).clamp(LEAST, ONE - LEAST);
        self.seen = self.seen.saturating_add(1);
    }
}

/// One direction of the coder, so that a model is written once for both: an encoder takes what is given
/// and returns it; a decoder ignores it and returns what it reads.
pub(crate) trait Coder {
    fn bit(&mut self, model: &mut Bit, bit: bool) -> Result<bool, CodecError>;
    /// The low `bits` bits of a number, all equally likely.
    fn raw(&mut self, value: u64, bits: u32) -> Result<u64, CodecError>;
}

pub(crate) struct Encoder {
    out: Vec<u8>,
    low: u64,
    range: u32,
    held: u8,
    held_count: usize,
    /// The first byte held is a zero from before the start.
    is_fresh: bool,
}

impl Encoder {
    /// Appends to `out`.
    pub(crate) fn new(out: Vec<u8>) -> Self {
        Self {
            out,
            low: 0,
            range: u32::MAX,
            held: 0,
            held_count: 1,
            is_fresh: true,
        }
    }

    #[inline]
    fn normalize(&mut self) {
        while self.range < SMALLEST_RANGE {
            self.range <<= 8;
            self.shift();
        }
    }

    /// Moves one byte out, once it is known that no carry can reach it any more.
    fn shift(&mut self) {
        let carry = (self.low >> 32) as u8;
        let byte = (self.low >> 24) as u8;
        if carry > 0 || byte != 0xFF {
            if !self.is_fresh {
                self.out.push(self.held.wrapping_add(carry));
            }
            self.is_fresh = false;
            for _ in 1..self.held_count {
                self.out.push(0xFF_u8.wrapping_add(carry));
            }
            self.held = byte;
            self.held_count = 0;
        }
        self.held_count += 1;
        self.low = (self.low & 0x00FF_FFFF) << 8;
    }

    /// Ends with as few bytes as say the same: a decoder reads zeros behind the end.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let high = self.low + u64::from(self.range) - 1;
        for kept in (0..=3).rev() {
            let mask = (1_u64 << (8 * kept + 8)) - 1;
            if high & !mask >= self.low {
                self.low = high & !mask;
                break;
            }
        }
        for _ in 0..=LAST_BYTES {
            self.shift();
        }
        for _ in 0..LAST_BYTES {
            self.out.pop_if(|byte| *byte == 0);
        }
        self.out
    }
}

impl Coder for Encoder {
    #[inline]
    fn bit(&mut self, model: &mut Bit, bit: bool) -> Result<bool, CodecError> {
        let bound = (self.range >> PROBABILITY_BITS) * u32::from(model.zero);
        if bit {
            self.low += u64::from(bound);
            self.range -= bound;
        } else {
            self.range = bound;
        }
        model.learn(bit);
        self.normalize();
        Ok(bit)
    }

    fn raw(&mut self, value: u64, bits: u32) -> Result<u64, CodecError> {
        let mut left = bits;
        while left > 0 {
            let step = left.min(RAW_STEP);
            left -= step;
            self.range >>= step;
            let piece = (value >> left) & ((1 << step) - 1);
            self.low += piece * u64::from(self.range);
            self.normalize();
        }
        Ok(value)
    }
}

pub(crate) struct Decoder<'a> {
    rest: &'a [u8],
    code: u32,
    range: u32,
    beyond: u32,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let mut decoder = Self {
            rest: bytes,
            code: 0,
            range: u32::MAX,
            beyond: 0,
        };
        for _ in 0..4 {
            decoder.code = (decoder.code << 8) | decoder.byte();
        }
        decoder
    }

    #[inline]
    fn byte(&mut self) -> u32 {
        match self.rest.split_first() {
            Some((&byte, rest)) => {
                self.rest = rest;
                u32::from(byte)
            }
            None => {
                self.beyond += 1;
                0
            }
        }
    }

    #[inline]
    fn normalize(&mut self) -> Result<(), CodecError> {
        while self.range < SMALLEST_RANGE {
            self.range <<= 8;
            self.code = (self.code << 8) | self.byte();
        }
        if self.beyond > LAST_BYTES {
            return Err(CodecError::Truncated);
        }
        Ok(())
    }
}

impl Coder for Decoder<'_> {
    #[inline]
    fn bit(&mut self, model: &mut Bit, _: bool) -> Result<bool, CodecError> {
        let bound = (self.range >> PROBABILITY_BITS) * u32::from(model.zero);
        let bit = self.code >= bound;
        if bit {
            self.code -= bound;
            self.range -= bound;
        } else {
            self.range = bound;
        }
        model.learn(bit);
        self.normalize()?;
        Ok(bit)
    }

    fn raw(&mut self, _: u64, bits: u32) -> Result<u64, CodecError> {
        let mut value = 0;
        let mut left = bits;
        while left > 0 {
            let step = left.min(RAW_STEP);
            left -= step;
            self.range >>= step;
            let piece = self.code / self.range;
            if piece >> step != 0 {
                return Err(CodecError::Damaged("a number is out of range"));
            }
            self.code -= piece * self.range;
            value = (value << step) | u64::from(piece);
            self.normalize()?;
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out(
            decisions in proptest::collection::vec((any::<bool>(), 0..4_usize, any::<u64>(), 0..=64_u32), 0..400)
        ) {
            let mask = |value: u64, bits: u32| if bits == 64 { value } else { value & ((1 << bits) - 1) };
            let mut models = [Bit::EVEN, Bit::rarely(30), Bit::mostly(30), Bit::EVEN];
            let mut encoder = Encoder::new(Vec::new());
            for &(bit, model, value, bits) in &decisions {
                encoder.bit(&mut models[model], bit).unwrap();
                encoder.raw(mask(value, bits), bits).unwrap();
            }
            let bytes = encoder.finish();
            let mut models = [Bit::EVEN, Bit::rarely(30), Bit::mostly(30), Bit::EVEN];
            let mut decoder = Decoder::new(&bytes);
            for &(bit, model, value, bits) in &decisions {
                prop_assert_eq!(decoder.bit(&mut models[model], false).unwrap(), bit);
                prop_assert_eq!(decoder.raw(0, bits).unwrap(), mask(value, bits));
            }
        }

        #[test]
        fn runs_that_carry_come_out(bits in proptest::collection::vec(proptest::bool::weighted(0.999), 0..20_000)) {
            let mut encoder = Encoder::new(Vec::new());
            let mut model = Bit::rarely(200);
            for &bit in &bits {
                encoder.bit(&mut model, bit).unwrap();
            }
            let bytes = encoder.finish();
            let mut decoder = Decoder::new(&bytes);
            let mut model = Bit::rarely(200);
            for &bit in &bits {
                prop_assert_eq!(decoder.bit(&mut model, false).unwrap(), bit);
            }
        }
    }
}
