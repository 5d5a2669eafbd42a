//! Bits in a row, lowest first.

use crate::CodecError;

/// One direction, so that what stands in a chunk is written down once for both: a writer takes what is given and
/// returns it; a reader ignores it and returns what it reads, zeros behind the end.
pub(super) trait Bits {
    /// The low `count` bits of a number, at most 32.
    fn short(&mut self, value: u64, count: u32) -> u64;

    /// Zeros, then a one; at most `most` zeros, below 96. A reader that finds more says one more.
    fn unary(&mut self, zeros: u32, most: u32) -> u32;

    /// An error where so many more bits were read, or would have to be, than there are.
    fn has(&self, more: usize) -> Result<(), CodecError>;

    /// The low `count` bits of a number, at most 64.
    #[inline]
    fn long(&mut self, value: u64, count: u32) -> u64 {
        if count <= 32 {
            return self.short(value, count);
        }
        let low = self.short(value, 32);
        self.short(value >> 32, count - 32) << 32 | low
    }

    #[inline]
    fn flag(&mut self, value: bool) -> bool {
        self.short(u64::from(value), 1) == 1
    }

    /// A number that is mostly small and never above `most` (Elias' gamma code of the next one).
    #[inline]
    fn count(&mut self, value: usize, most: usize) -> Result<usize, CodecError> {
        let next = value as u64 + 1;
        let length = self.unary(next.ilog2(), 32);
        let next = 1 << length | self.long(next & !(1 << length), length);
        match usize::try_from(next - 1) {
            Ok(value) if value <= most && length <= 32 => Ok(value),
            _ => Err(CodecError::Damaged("a count is too large")),
        }
    }

    /// A number below `end`.
    fn index(&mut self, value: usize, end: usize) -> Result<usize, CodecError> {
        let last = end.checked_sub(1);
        let last = last.ok_or(CodecError::Damaged("an entry is missing"))?;
        let length = usize::BITS - last.leading_zeros();
        match self.long(value as u64, length) as usize {
            value if value <= last => Ok(value),
            _ => Err(CodecError::Damaged("an entry is missing")),
        }
    }

    /// A number of any size.
    fn signed(&mut self, value: i64) -> Result<i64, CodecError> {
        let zigzag = (value << 1 ^ value >> 63).cast_unsigned();
        let length = self.short(u64::from(64 - zigzag.leading_zeros()), 7) as u32;
        if length > 64 {
            return Err(CodecError::Damaged("a number is too long"));
        }
        let zigzag = self.long(zigzag, length);
        Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }
}

pub(super) struct Writer {
    out: Vec<u8>,
    word: u64,
    /// Bits of `word` that are taken, below 32.
    taken: u32,
}

impl Writer {
    /// Appends to `out`.
    pub(super) fn new(out: Vec<u8>) -> Self {
        let (word, taken) = (0, 0);
        Self { out, word, taken }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let bytes = self.taken.div_ceil(8) as usize;
        let word = self.word.to_le_bytes();
        self.out.extend(word.iter().take(bytes));
        self.out
    }
}

impl Bits for Writer {
    #[inline]
    fn short(&mut self, value: u64, count: u32) -> u64 {
        let value = value & ((1 << count) - 1);
        self.word |= value << self.taken;
        self.taken += count;
        if self.taken >= 32 {
            let low = self.word as u32;
            self.out.extend_from_slice(&low.to_le_bytes());
            self.word >>= 32;
            self.taken -= 32;
        }
        value
    }

    #[inline]
    fn unary(&mut self, zeros: u32, _: u32) -> u32 {
        let mut left = zeros;
        while left >= 32 {
            self.short(0, 32);
            left -= 32;
        }
        self.short(1 << left, left + 1);
        zeros
    }

    fn has(&self, _: usize) -> Result<(), CodecError> {
        Ok(())
    }
}

pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    /// In bits.
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// At least the next 57 bits.
    #[inline]
    fn peek(&self) -> u64 {
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        let word = match rest.first_chunk() {
            Some(word) => u64::from_le_bytes(*word),
            None => rest
                .iter()
                .rev()
                .fold(0, |word, &b| word << 8 | u64::from(b)),
        };
        word >> (self.at % 8)
    }
}

impl Bits for Reader<'_> {
    #[inline]
    fn short(&mut self, _: u64, count: u32) -> u64 {
        let value = self.peek() & ((1 << count) - 1);
        self.at += count as usize;
        value
    }

    #[inline]
    fn unary(&mut self, _: u32, most: u32) -> u32 {
        let mut zeros = 0;
        while zeros <= most {
            let run = self.peek().trailing_zeros();
            if run < 32 {
                self.at += run as usize + 1;
                return (zeros + run).min(most + 1);
            }
            self.at += 32;
            zeros += 32;
        }
        most + 1
    }

    fn has(&self, more: usize) -> Result<(), CodecError> {
        let all = self.bytes.len().saturating_mul(8);
        match self.at.saturating_add(more) <= all {
            true => Ok(()),
            false => Err(CodecError::Truncated),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code<B: Bits>(bits: &mut B, all: &[(u64, u32, i64)]) -> Result<(), CodecError> {
        for &(value, length, signed) in all {
            let value = if length == 64 {
                value
            } else {
                value & ((1 << length) - 1)
            };
            assert_eq!(bits.long(value, length), value);
            assert_eq!(bits.signed(signed)?, signed);
            let small = (value >> 33) as usize;
            assert_eq!(bits.count(small, small)?, small);
            assert_eq!(bits.index(small, small + 1 + length as usize)?, small);
            assert_eq!(bits.unary(length, 64), length);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(
            all in prop::collection::vec((any::<u64>(), 0..=64_u32, any::<i64>()), 0..50)
        ) {
            let mut writer = Writer::new(Vec::new());
            code(&mut writer, &all).unwrap();
            let bytes = writer.finish();
            let mut reader = Reader::new(&bytes);
            code(&mut reader, &all).unwrap();
            prop_assert_eq!(reader.at.div_ceil(8), bytes.len());
            prop_assert_eq!(reader.has(0), Ok(()));
            prop_assert_eq!(reader.has(8), Err(CodecError::Truncated));
            prop_assert_eq!((reader.long(0, 64), reader.unary(0, 64)), (0, 65));
        }
    }
}
