//! Doubles as integers, exactly or not at all.

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 16] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];
const MOST_DECIMALS: u8 = 15;
/// Integers up to here are doubles.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// How a series' values become integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// `integer << shift` divided by ten to the power of `decimals`.
    Decimal {
        /// 0 to 15.
        decimals: u8,
        /// One of [`SHIFTS`]: sectors, kilobytes and pages come in powers of two.
        shift: u8,
    },
    /// The bits, mapped so that their order is that of the values.
    Bits,
}

/// Shifts that occur: none, 512-byte sectors, kilobytes, 4-KiB pages.
pub(crate) const SHIFTS: [u8; 4] = [0, 9, 10, 12];

impl Scale {
    /// Whole numbers.
    pub(crate) const PLAIN: Self = Self::Decimal {
        decimals: 0,
        shift: 0,
    };

    /// The integer that [`Scale::value`] turns into exactly this value, if there is one.
    pub(crate) fn integer(self, value: f64) -> Option<i64> {
        match self {
            Self::Bits => Some(ordered(value.to_bits())),
            Self::Decimal { decimals, shift } => {
                let scaled = (value * POWERS[usize::from(decimals)]).round_ties_even();
                // A NaN fails this comparison as it should.
                if scaled.abs() < LARGEST {
                    let integer = scaled as i64;
                    let is_exact = integer.trailing_zeros() >= u32::from(shift)
                        && self.value(integer >> shift).to_bits() == value.to_bits();
                    return is_exact.then_some(integer >> shift);
                }
                None
            }
        }
    }

    pub(crate) fn value(self, integer: i64) -> f64 {
        match self {
            Self::Bits => f64::from_bits(unordered(integer)),
            Self::Decimal { decimals, shift } => {
                integer.wrapping_shl(u32::from(shift)) as f64 / POWERS[usize::from(decimals)]
            }
        }
    }

    /// The integer closest to a value, as a prediction.
    pub(crate) fn nearest(self, value: f64) -> i64 {
        match self {
            Self::Bits => ordered(value.to_bits()),
            Self::Decimal { decimals, shift } => {
                let unit = (1_u64 << shift) as f64;
                (value * POWERS[usize::from(decimals)] / unit).round_ties_even() as i64
            }
        }
    }

    /// The scale with the fewest decimals that holds all values.
    pub(crate) fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let mut decimals = 0;
        for value in values.clone() {
            loop {
                let scale = Self::Decimal { decimals, shift: 0 };
                if scale.integer(value).is_some() {
                    break;
                }
                if decimals == MOST_DECIMALS {
                    return Self::Bits;
                }
                decimals += 1;
            }
        }
        let plain = Self::Decimal { decimals, shift: 0 };
        if decimals > 0 {
            return if plain.holds(values) {
                plain
            } else {
                Self::Bits
            };
        }
        let bits = values.fold(0, |bits, value| bits | value.abs() as u64);
        let zeros = if bits == 0 { 0 } else { bits.trailing_zeros() };
        let shift = SHIFTS.into_iter().rfind(|&s| u32::from(s) <= zeros);
        let shift = match shift {
            // Not enough is known of a single value to tell pages from kilobytes.
            Some(12) if zeros < 14 => 10,
            other => other.unwrap_or(0),
        };
        Self::Decimal { decimals, shift }
    }

    pub(crate) fn holds(self, mut values: impl Iterator<Item = f64>) -> bool {
        values.all(|value| self.integer(value).is_some())
    }
}

/// Bits of negative doubles run backwards; turned round, neighbours in value are neighbours in number.
fn ordered(bits: u64) -> i64 {
    let bits = bits.cast_signed();
    bits ^ ((bits >> 63) & i64::MAX)
}

fn unordered(integer: i64) -> u64 {
    (integer ^ ((integer >> 63) & i64::MAX)).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_found() {
        let scale = |values: &[f64]| Scale::of(values.iter().copied());
        let decimal = |decimals, shift| Scale::Decimal { decimals, shift };
        assert_eq!(scale(&[1.5, 2.0]), decimal(1, 0));
        assert_eq!(scale(&[123_456.78, 0.1]), decimal(2, 0));
        assert_eq!(scale(&[0.0]), decimal(0, 0));
        assert_eq!(scale(&[1024.0 * 3.0, 1024.0]), decimal(0, 10));
        assert_eq!(scale(&[512.0]), decimal(0, 9));
        assert_eq!(scale(&[4.3e-5]), decimal(6, 0));
        for odd in [f64::NAN, -0.0, f64::INFINITY, 0.1 + 0.2, 1e300] {
            assert_eq!(scale(&[odd]), Scale::Bits, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn a_scale_holds_what_it_was_made_for_to_the_bit(
            values in proptest::collection::vec(
                prop_oneof![
                    any::<u64>().prop_map(f64::from_bits),
                    (any::<i32>(), 0..12_u32).prop_map(|(i, k)| f64::from(i) / 10_f64.powi(k as i32)),
                    any::<i64>().prop_map(|i| i as f64),
                ],
                0..6,
            )
        ) {
            let scale = Scale::of(values.iter().copied());
            for value in values {
                let integer = scale.integer(value);
                prop_assert_eq!(scale.value(integer.unwrap()).to_bits(), value.to_bits());
            }
        }
    }
}
