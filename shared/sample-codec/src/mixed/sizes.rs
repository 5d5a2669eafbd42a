//! Differences, by their lengths in bits: the expected length takes the fewest bits to name, those near it a few more.

use super::bits::Bits;
use crate::CodecError;

const LONGEST: u32 = 64;
/// Which place in the order of lengths says that the series is unusual, where none was expected to differ and
/// where some was.
const UNUSUAL: [u32; 2] = [3, 5];

/// Codes a length where `expected` is the likely one. `None` stands for an unusual series, where there may be one.
#[inline]
pub(super) fn size_of_difference<B: Bits>(
    bits: &mut B,
    expected: u32,
    size: Option<u32>,
    may_be_unusual: bool,
) -> Result<Option<u32>, CodecError> {
    let unusual = match may_be_unusual {
        true => UNUSUAL[usize::from(expected > 0)],
        false => u32::MAX,
    };
    let place = match size {
        Some(size) => {
            let place = place(expected, size);
            place + u32::from(place >= unusual)
        }
        None => unusual,
    };
    let place = if expected == 0 {
        bits.count(place as usize, LONGEST as usize + 1)? as u32
    } else {
        let half = bits.unary(place / 2, LONGEST);
        half * 2 + bits.short(u64::from(place % 2), 1) as u32
    };
    if place == unusual {
        return Ok(None);
    }
    let size = size_at(expected, place - u32::from(place > unusual));
    size.map(Some)
        .ok_or(CodecError::Damaged("a number is too long"))
}

/// Codes a difference whose length is known, sign first.
#[inline]
pub(super) fn difference_of_size<B: Bits>(bits: &mut B, difference: i64, size: u32) -> i64 {
    if size == 0 {
        return 0;
    }
    // The highest bit is set, and needs no place: the sign takes it.
    let sign = u64::from(difference < 0);
    let low = difference.unsigned_abs() & !(1 << (size - 1));
    let both = bits.long(low << 1 | sign, size);
    let magnitude = 1 << (size - 1) | both >> 1;
    match both & 1 {
        0 => magnitude.cast_signed(),
        _ => magnitude.wrapping_neg().cast_signed(),
    }
}

/// Lengths in order of their distance from the expected one, the shorter first.
#[inline]
fn place(expected: u32, size: u32) -> u32 {
    let (below, above) = (expected, LONGEST - expected);
    match size {
        _ if size >= expected => {
            let over = size - expected;
            over + over.min(below)
        }
        _ => {
            let under = expected - size;
            under + (under - 1).min(above)
        }
    }
}

#[inline]
fn size_at(expected: u32, place: u32) -> Option<u32> {
    let (below, above) = (expected, LONGEST - expected);
    let both = below.min(above);
    let size = match place {
        _ if place > 2 * both && below > above => expected.checked_sub(place - both)?,
        _ if place > 2 * both => expected + place - both,
        _ if place % 2 == 1 => expected - place.div_ceil(2),
        _ => expected + place / 2,
    };
    (size <= LONGEST).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::super::bits::{Reader, Writer};
    use super::*;

    #[test]
    fn every_length_has_one_place() {
        for expected in 0..=LONGEST {
            let mut places: Vec<u32> = (0..=LONGEST).map(|size| place(expected, size)).collect();
            for (size, &place) in places.iter().enumerate() {
                assert_eq!(
                    size_at(expected, place),
                    Some(size as u32),
                    "{expected} {place}"
                );
            }
            places.sort_unstable();
            assert!(places.into_iter().eq(0..=LONGEST));
        }
    }

    #[test]
    fn differences_of_any_length_come_out() {
        let mut differences = vec![0, 1, -1, i64::MAX, i64::MIN, i64::MIN + 1];
        differences.extend((0..62).flat_map(|bit| [3 << bit, -(5 << bit)]));
        let size = |difference: i64| 64 - difference.unsigned_abs().leading_zeros();
        for expected in [0, 1, 31, 32, 33, 63, 64] {
            let mut writer = Writer::new(Vec::new());
            for &difference in &differences {
                size_of_difference(&mut writer, expected, Some(size(difference)), true).unwrap();
                difference_of_size(&mut writer, difference, size(difference));
                size_of_difference(&mut writer, expected, None, true).unwrap();
            }
            let bytes = writer.finish();
            let mut reader = Reader::new(&bytes);
            for &difference in &differences {
                let length = size_of_difference(&mut reader, expected, None, true).unwrap();
                let length = length.unwrap();
                assert_eq!(difference_of_size(&mut reader, 0, length), difference);
                assert_eq!(
                    size_of_difference(&mut reader, expected, None, true),
                    Ok(None)
                );
            }
        }
    }
}
