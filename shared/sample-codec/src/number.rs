//! Models of numbers and texts, written once for both directions.

use crate::CodecError;
use crate::coder::{Bit, Coder};

/// A number below 2^`DEPTH` from a tree of decisions.
#[derive(Clone)]
pub(crate) struct Tree<const LEAVES: usize>([Bit; LEAVES]);

impl<const LEAVES: usize> Tree<LEAVES> {
    pub(crate) const EVEN: Self = Self([Bit::EVEN; LEAVES]);

    pub(crate) fn code<C: Coder>(
        &mut self,
        coder: &mut C,
        value: usize,
    ) -> Result<usize, CodecError> {
        let depth = LEAVES.trailing_zeros();
        let mut node = 1;
        for level in (0..depth).rev() {
            let bit = coder.bit(&mut self.0[node], value >> level & 1 == 1)?;
            node = node << 1 | usize::from(bit);
        }
        Ok(node - LEAVES)
    }
}

/// A number of any size: its length in bits is learned, its bits below the highest one are not.
#[derive(Clone)]
pub(crate) struct Number(Tree<128>);

impl Number {
    pub(crate) const EVEN: Self = Self(Tree::EVEN);

    pub(crate) fn code<C: Coder>(&mut self, coder: &mut C, value: u64) -> Result<u64, CodecError> {
        let length = 64 - value.leading_zeros();
        let length = self.0.code(coder, length as usize)? as u32;
        match length {
            0 => Ok(0),
            1..=64 => Ok(1 << (length - 1) | coder.raw(value & !(1 << (length - 1)), length - 1)?),
            _ => Err(CodecError::Damaged("a number is too long")),
        }
    }

    pub(crate) fn count<C: Coder>(
        &mut self,
        coder: &mut C,
        value: usize,
        most: usize,
    ) -> Result<usize, CodecError> {
        usize::try_from(self.code(coder, value as u64)?)
            .ok()
            .filter(|&count| count <= most)
            .ok_or(CodecError::Damaged("a count is too large"))
    }

    pub(crate) fn signed<C: Coder>(
        &mut self,
        coder: &mut C,
        value: i64,
    ) -> Result<i64, CodecError> {
        let zigzag = (value << 1 ^ value >> 63).cast_unsigned();
        let zigzag = self.code(coder, zigzag)?;
        Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }
}
