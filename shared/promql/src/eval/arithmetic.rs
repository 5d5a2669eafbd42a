//! Numbers in, a number out: operators and elementwise functions, as Go's `math` computes them.

use std::f64::consts::{LOG2_E, PI};

use super::power::power;
use crate::node::Operator;

/// Value of `left operator right`, and whether a comparison holds.
pub(crate) fn apply(operator: Operator, left: f64, right: f64) -> (f64, bool) {
    match operator {
        Operator::Add => (left + right, true),
        Operator::Subtract => (left - right, true),
        Operator::Multiply => (left * right, true),
        Operator::Divide => (left / right, true),
        Operator::Modulo => (left % right, true),
        Operator::Power => (power(left, right), true),
        Operator::Atan2 => (left.atan2(right), true),
        Operator::Equal => (left, left == right),
        Operator::NotEqual => (left, left != right),
        Operator::Greater => (left, left > right),
        Operator::Less => (left, left < right),
        Operator::GreaterOrEqual => (left, left >= right),
        Operator::LessOrEqual => (left, left <= right),
        Operator::And | Operator::Or | Operator::Unless => (left, false),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Math {
    Abs,
    Acos,
    Acosh,
    Asin,
    Asinh,
    Atan,
    Atanh,
    Ceil,
    Cos,
    Cosh,
    Degrees,
    Exp,
    Floor,
    Ln,
    Log10,
    Log2,
    Radians,
    Sign,
    Sin,
    Sinh,
    Sqrt,
    Tan,
    Tanh,
}

impl Math {
    pub(crate) fn of(self, x: f64) -> f64 {
        match self {
            Self::Abs => x.abs(),
            Self::Acos => x.acos(),
            Self::Acosh => acosh(x),
            Self::Asin => x.asin(),
            Self::Asinh => x.asinh(),
            Self::Atan => x.atan(),
            Self::Atanh => x.atanh(),
            Self::Ceil => x.ceil(),
            Self::Cos => x.cos(),
            Self::Cosh => x.cosh(),
            Self::Degrees => x * 180.0 / PI,
            Self::Exp => x.exp(),
            Self::Floor => x.floor(),
            Self::Ln => x.ln(),
            Self::Log10 => x.log10(),
            Self::Log2 => log2(x),
            Self::Radians => x * PI / 180.0,
            Self::Sign if x > 0.0 => 1.0,
            Self::Sign if x < 0.0 => -1.0,
            Self::Sign => x,
            Self::Sin => x.sin(),
            Self::Sinh => x.sinh(),
            Self::Sqrt => x.sqrt(),
            Self::Tan => x.tan(),
            Self::Tanh => x.tanh(),
        }
    }
}

/// From the mantissa's logarithm, which is what Go's result is rounded from.
fn log2(x: f64) -> f64 {
    let Some((mantissa, exponent)) = mantissa_and_exponent(x) else {
        return x.log2();
    };
    let exponent = f64::from(exponent);
    if mantissa == 0.5 {
        return exponent - 1.0;
    }
    mantissa.ln() * LOG2_E + exponent
}

/// `x = mantissa * 2^exponent` with a mantissa in [0.5, 1); `None` for what is not positive and finite.
pub(crate) fn mantissa_and_exponent(x: f64) -> Option<(f64, i32)> {
    if !x.is_finite() || x <= 0.0 {
        return None;
    }
    let (x, shift) = if x < f64::MIN_POSITIVE {
        (x * 2_f64.powi(54), 54)
    } else {
        (x, 0)
    };
    let bits = x.to_bits();
    let exponent = i32::try_from((bits >> 52) & 0x7ff).ok()? - 1022;
    let mantissa = f64::from_bits((bits & !(0x7ff << 52)) | (1022 << 52));
    Some((mantissa, exponent - shift))
}

/// Precise near 1, where the textbook formula is not.
fn acosh(x: f64) -> f64 {
    if (1.0..2.0).contains(&x) {
        let t = x - 1.0;
        return (t + (2.0 * t + t * t).sqrt()).ln_1p();
    }
    x.acosh()
}

/// As Go's `math.Max`: an infinity that wins, then NaN, then the greater zero.
pub(crate) fn max(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        return f64::INFINITY;
    }
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    if a == 0.0 && b == 0.0 {
        return if a.is_sign_negative() { b } else { a };
    }
    if a > b { a } else { b }
}

/// As Go's `math.Min`.
pub(crate) fn min(a: f64, b: f64) -> f64 {
    -max(-a, -b)
}

pub(crate) fn clamp(x: f64, least: f64, most: f64) -> f64 {
    max(least, min(most, x))
}

/// To the nearest multiple; halves up.
pub(crate) fn round(x: f64, multiple: f64) -> f64 {
    let inverse = 1.0 / multiple;
    (x * inverse + 0.5).floor() / inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_of_powers_of_two_are_exact_down_to_the_smallest_number() {
        for exponent in [-1074, -1022, -3, 0, 1, 52, 1023] {
            let x = 2_f64.powi(exponent.max(-1022)) * 2_f64.powi(exponent.min(-1022) + 1022);
            assert_eq!(log2(x), f64::from(exponent), "2^{exponent}");
        }
        assert_eq!(log2(0.0), f64::NEG_INFINITY);
        assert!(log2(-1.0).is_nan());
    }

    #[test]
    fn extremes_of_nan_are_nan_and_zeros_keep_their_signs() {
        assert!(max(f64::NAN, 1.0).is_nan() && min(1.0, f64::NAN).is_nan());
        assert_eq!(max(f64::INFINITY, f64::NAN), f64::INFINITY);
        assert!(max(-0.0, 0.0).is_sign_positive() && min(0.0, -0.0).is_sign_negative());
    }
}
