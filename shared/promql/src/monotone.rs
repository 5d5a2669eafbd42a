//! Where does a straight line in floating-point numbers cross a value? Each step is monotone, rounding
//! included, so that the place is found by halving the numbers that there are: 64 steps, no error.

use crate::eval::arithmetic::apply;
use crate::node::Operator;

/// Steps of arithmetic with finite numbers, which rise or fall everywhere (flat where they round).
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Line {
    steps: Vec<Step>,
    is_falling: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Negate,
    /// `x operator number`
    With(Operator, f64),
    /// `number operator x`
    From(f64, Operator),
}

impl Line {
    pub(crate) fn negated(mut self) -> Self {
        self.steps.push(Step::Negate);
        self.is_falling = !self.is_falling;
        self
    }

    /// One more step, if the result is still a line: then infinity stays infinite and only `NaN` gives `NaN`.
    pub(crate) fn then(mut self, operator: Operator, number: f64, is_left: bool) -> Option<Self> {
        let turns = match (operator, is_left) {
            (Operator::Add, _) | (Operator::Subtract, false) => false,
            (Operator::Subtract, true) => true,
            (Operator::Multiply, _) | (Operator::Divide, false) if number != 0.0 => number < 0.0,
            _ => return None,
        };
        if !number.is_finite() {
            return None;
        }
        self.steps.push(if is_left {
            Step::From(number, operator)
        } else {
            Step::With(operator, number)
        });
        self.is_falling ^= turns;
        Some(self)
    }

    pub(crate) fn is_falling(&self) -> bool {
        self.is_falling
    }

    /// Whether it falls, where it is no more than minus signs.
    pub(crate) fn only_turns(&self) -> Option<bool> {
        let is_turn = |step: &Step| matches!(step, Step::Negate);
        self.steps.iter().all(is_turn).then_some(self.is_falling)
    }

    fn at(&self, x: f64) -> f64 {
        self.steps.iter().fold(x, |x, step| match *step {
            Step::Negate => -x,
            Step::With(operator, number) => apply(operator, x, number).0,
            Step::From(number, operator) => apply(operator, number, x).0,
        })
    }
}

/// The outermost `x` for which `holds(line(x))`, which is so from some value on (`is_above`) or up to
/// some value: the smallest such `x` of a line that rises, the largest of one that falls, or the other
/// way round. None where it never holds.
pub(crate) fn boundary(line: &Line, is_above: bool, holds: impl Fn(f64) -> bool) -> Option<f64> {
    let upward = is_above != line.is_falling;
    let (mut out, mut inside) = if upward {
        (f64::NEG_INFINITY, f64::INFINITY)
    } else {
        (f64::INFINITY, f64::NEG_INFINITY)
    };
    if !holds(line.at(inside)) {
        return None;
    }
    if holds(line.at(out)) {
        return Some(out);
    }
    // `out` never holds and `inside` always does; between neighbours there is nothing left.
    while rank(out).abs_diff(rank(inside)) > 1 {
        let middle = number(rank(out).midpoint(rank(inside)));
        if holds(line.at(middle)) {
            inside = middle;
        } else {
            out = middle;
        }
    }
    Some(inside)
}

/// The only `x` with `line(x) == value`; none where there is none, or where rounding gives several.
#[expect(clippy::float_cmp, reason = "the same number is what is asked for")]
pub(crate) fn exact(line: &Line, value: f64) -> Option<f64> {
    let one_end = boundary(line, true, |y| y >= value)?;
    let other_end = boundary(line, false, |y| y <= value)?;
    (one_end == other_end).then_some(one_end)
}

/// Floating-point numbers in their order, without gaps.
fn rank(x: f64) -> i64 {
    let bits = x.to_bits().cast_signed();
    if bits < 0 {
        i64::MIN.wrapping_sub(bits)
    } else {
        bits
    }
}

fn number(rank: i64) -> f64 {
    let bits = if rank < 0 {
        i64::MIN.wrapping_sub(rank)
    } else {
        rank
    };
    f64::from_bits(bits.cast_unsigned())
}
