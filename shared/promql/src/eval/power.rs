//! Powers by repeated squaring, as Go calculates them: other libraries differ in the last digits.

use super::arithmetic::mantissa_and_exponent;

/// Beyond this exponent of two the result is 0 or infinite, whatever the rest.
const FARTHEST: i64 = 1 << 12;
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

pub(crate) fn power(base: f64, exponent: f64) -> f64 {
    if let Some(special) = special_case(base, exponent) {
        return special;
    }
    let size = exponent.abs();
    let (mut whole, mut fraction) = (size.trunc(), size.fract());
    if fraction != 0.0 && base < 0.0 {
        return f64::NAN;
    }
    if whole >= TWO_TO_63 {
        return match (base == -1.0, (base.abs() < 1.0) == (exponent > 0.0)) {
            (true, _) => 1.0,
            (false, true) => 0.0,
            (false, false) => f64::INFINITY,
        };
    }
    let mut result = 1.0;
    if fraction != 0.0 {
        if fraction > 0.5 {
            fraction -= 1.0;
            whole += 1.0;
        }
        result = (fraction * base.ln()).exp();
    }
    let (result, binary) = times_whole_power(result, base, whole as u64);
    if exponent < 0.0 {
        return scaled(1.0 / result, -binary);
    }
    scaled(result, binary)
}

/// What the squaring below does not give.
fn special_case(base: f64, exponent: f64) -> Option<f64> {
    let is_odd = exponent.abs() < TWO_TO_63 / 1024.0 && exponent % 2.0 != 0.0;
    let is_odd = is_odd && exponent.fract() == 0.0;
    if exponent == 0.0 || base == 1.0 {
        return Some(1.0);
    }
    if exponent == 1.0 {
        return Some(base);
    }
    if base.is_nan() || exponent.is_nan() {
        return Some(f64::NAN);
    }
    if exponent.is_infinite() {
        let shrinks = (base.abs() < 1.0) == (exponent > 0.0);
        return Some(match (base == -1.0, shrinks) {
            (true, _) => 1.0,
            (false, true) => 0.0,
            (false, false) => f64::INFINITY,
        });
    }
    if base == 0.0 || base.is_infinite() {
        let size = if (base == 0.0) == (exponent < 0.0) {
            f64::INFINITY
        } else {
            0.0
        };
        let negative = is_odd && base.is_sign_negative();
        return Some(if negative { -size } else { size });
    }
    match exponent {
        0.5 => Some(base.sqrt()),
        -0.5 => Some(1.0 / base.sqrt()),
        _ => None,
    }
}

/// `result * base^whole` as a factor and a power of two, which can't overflow on the way.
fn times_whole_power(mut result: f64, base: f64, mut whole: u64) -> (f64, i64) {
    let Some((mantissa, exponent)) = mantissa_and_exponent(base.abs()) else {
        return (f64::NAN, 0);
    };
    let mut square = mantissa.copysign(base);
    let mut square_exponent = i64::from(exponent);
    let mut binary = 0;
    while whole != 0 {
        if square_exponent.abs() > FARTHEST {
            binary += square_exponent;
            break;
        }
        if whole & 1 == 1 {
            result *= square;
            binary += square_exponent;
        }
        square *= square;
        square_exponent *= 2;
        if square < 0.5 {
            square += square;
            square_exponent -= 1;
        }
        whole >>= 1;
    }
    (result, binary)
}

/// `x * 2^exponent`, rounded once.
fn scaled(x: f64, exponent: i64) -> f64 {
    let Some((mantissa, own)) = mantissa_and_exponent(x.abs()) else {
        return x;
    };
    let exponent = exponent + i64::from(own);
    let size = if exponent > 1024 {
        f64::INFINITY
    } else if exponent < -1075 {
        0.0
    } else if exponent > -1022 {
        mantissa * 2.0 * two_to(exponent - 1)
    } else {
        mantissa * 2.0 * two_to(exponent + 52) * two_to(-53)
    };
    size.copysign(x)
}

/// Exact for the exponents of normal numbers.
fn two_to(exponent: i64) -> f64 {
    let biased = u64::try_from(exponent + 1023).unwrap_or(0);
    f64::from_bits(biased << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_are_exact_from_the_smallest_to_the_largest() {
        for exponent in [-1074, -1073, -1022, -1021, -1, 0, 1, 62, 963] {
            // `powi` takes the reciprocal of an overflow for the smallest.
            let expected = 2_f64.powi(exponent + 60) * 2_f64.powi(-60);
            assert_eq!(power(2.0, f64::from(exponent)), expected, "2^{exponent}");
        }
        assert_eq!(power(2.0, 1024.0), f64::INFINITY);
        assert_eq!(power(2.0, -1076.0), 0.0);
        assert_eq!(power(-3.0, 3.0), -27.0);
    }

    #[test]
    fn powers_agree_with_the_c_library_but_for_the_last_digits() {
        for base in [0.001, 0.7, 1.5, 3.0, 123.456, -2.5] {
            for exponent in [-13.0, -2.0, 3.0, 7.0, 20.0, 0.3, 2.7, -1.1] {
                let (ours, theirs) = (power(base, exponent), f64::powf(base, exponent));
                let close = (ours - theirs).abs() <= 1e-13 * theirs.abs();
                assert!(
                    close || ours.is_nan() && theirs.is_nan(),
                    "{base}^{exponent}: {ours}"
                );
            }
        }
    }
}
