use std::f64::consts::PI;

use crate::eval::arithmetic::apply;
use crate::function::Function;
use crate::monotone::{Line, boundary, exact};
use crate::node::{Binary, Grouping, Kind, Node, Operator};
use crate::{Expr, Selector};

/// How a value is compared with a threshold; `NaN` is only ever unequal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `>`
    Above,
    /// `>=`
    AboveOrEqual,
    /// `<`
    Below,
    /// `<=`
    BelowOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

/// An expression that compares one series, or the quotient of two of the same labels, with a number.
#[derive(Debug, Clone, Copy)]
pub struct Threshold<'e> {
    /// Which series.
    pub selector: &'e Selector,
    /// By which series its value is divided: the one of the same labels but the metric's name.
    pub divisor: Option<&'e Selector>,
    /// How the value stands to `value` where the expression has an element.
    pub comparison: Comparison,
    /// The number, finite.
    pub value: f64,
}

impl Expr {
    /// The threshold that this expression is, if it is one: `a` or `a / b`, selectors of one name each
    /// without `offset` and `@`, compared with a number that needs no series and no clock. Between the
    /// two may stand minus signs and arithmetic with such numbers (`100 * (1 - a / b) > 90`): it is
    /// solved for the series, exactly, rounding included. The expression has an element for a series
    /// exactly while the selectors accept its labels and its value meets the threshold.
    #[must_use]
    pub fn threshold(&self) -> Option<Threshold<'_>> {
        let Kind::Binary(root) = &self.root.kind else {
            return None;
        };
        if self.check().is_err() || root.returns_bool {
            return None;
        }
        let comparison = Comparison::of(root.operator)?;
        let (side, comparison, value) = match (constant(&root.left), constant(&root.right)) {
            (None, Some(value)) => (&root.left, comparison, value),
            (Some(value), None) => (&root.right, comparison.mirrored(), value),
            _ => return None,
        };
        let (line, leaf) = line(side)?;
        let (selector, divisor) = self.series_of(leaf)?;
        let (comparison, value) = solved(&line, comparison, value)?;
        value.is_finite().then_some(Threshold {
            selector,
            divisor,
            comparison,
            value,
        })
    }

    /// The selector of `a`, or the two of `a / b`.
    fn series_of(&self, leaf: &Node) -> Option<(&Selector, Option<&Selector>)> {
        let plain = |node: &Node| {
            let Kind::Instant(at) = &node.kind else {
                return None;
            };
            let selector = self.selectors().get(*at)?;
            let is_plain = selector.offset_ms == 0 && selector.at.is_none();
            (is_plain && selector.metric_name().is_some()).then_some(selector)
        };
        match &leaf.kind {
            Kind::Binary(quotient) => Some((plain(&quotient.left)?, Some(plain(&quotient.right)?))),
            _ => Some((plain(leaf)?, None)),
        }
    }
}

/// `line(x) comparison value`, solved for `x`; none where no comparison with one number says the same.
fn solved(line: &Line, comparison: Comparison, value: f64) -> Option<(Comparison, f64)> {
    if let Some(is_falling) = line.only_turns() {
        return Some(match is_falling {
            true => (comparison.mirrored(), -value),
            false => (comparison, value),
        });
    }
    let is_above = match comparison {
        Comparison::Equal | Comparison::NotEqual => return Some((comparison, exact(line, value)?)),
        Comparison::Above | Comparison::AboveOrEqual => true,
        Comparison::Below | Comparison::BelowOrEqual => false,
    };
    let holds = |y: f64| comparison.holds(y, value);
    let at = boundary(line, is_above, holds)?;
    let solved = if is_above == line.is_falling() {
        Comparison::BelowOrEqual
    } else {
        Comparison::AboveOrEqual
    };
    Some((solved, at))
}

impl Comparison {
    fn of(operator: Operator) -> Option<Self> {
        Some(match operator {
            Operator::Greater => Self::Above,
            Operator::GreaterOrEqual => Self::AboveOrEqual,
            Operator::Less => Self::Below,
            Operator::LessOrEqual => Self::BelowOrEqual,
            Operator::Equal => Self::Equal,
            Operator::NotEqual => Self::NotEqual,
            _ => return None,
        })
    }

    #[expect(clippy::float_cmp, reason = "PromQL's == compares so")]
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Above => left > right,
            Self::AboveOrEqual => left >= right,
            Self::Below => left < right,
            Self::BelowOrEqual => left <= right,
            Self::Equal => left == right,
            Self::NotEqual => left != right,
        }
    }

    /// What holds of `b` and `a` where this holds of `a` and `b`, and of `-a` and `-b`.
    fn mirrored(self) -> Self {
        match self {
            Self::Above => Self::Below,
            Self::AboveOrEqual => Self::BelowOrEqual,
            Self::Below => Self::Above,
            Self::BelowOrEqual => Self::AboveOrEqual,
            Self::Equal | Self::NotEqual => self,
        }
    }

    /// As PromQL writes it.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::AboveOrEqual => ">=",
            Self::Below => "<",
            Self::BelowOrEqual => "<=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        }
    }
}

/// A number that neither a series nor the clock decides.
fn constant(node: &Node) -> Option<f64> {
    match &node.kind {
        Kind::Number(number) => Some(*number),
        Kind::Negate(inner) => constant(inner).map(|number| -number),
        Kind::Call(call) if call.function == Function::Pi => Some(PI),
        Kind::Binary(binary) => {
            let (left, right) = (constant(&binary.left)?, constant(&binary.right)?);
            let (value, holds) = apply(binary.operator, left, right);
            let truth = f64::from(u8::from(holds));
            Some(if binary.operator.is_comparison() {
                truth
            } else {
                value
            })
        }
        _ => None,
    }
}

/// The arithmetic around `a` or `a / b`, outermost last, and that itself.
fn line(node: &Node) -> Option<(Line, &Node)> {
    match &node.kind {
        Kind::Instant(_) => Some((Line::default(), node)),
        Kind::Negate(inner) => {
            let (line, leaf) = line(inner)?;
            Some((line.negated(), leaf))
        }
        Kind::Binary(binary) => match (constant(&binary.left), constant(&binary.right)) {
            (None, Some(number)) => {
                let (line, leaf) = line(&binary.left)?;
                Some((line.then(binary.operator, number, false)?, leaf))
            }
            (Some(number), None) => {
                let (line, leaf) = line(&binary.right)?;
                Some((line.then(binary.operator, number, true)?, leaf))
            }
            (None, None) if is_quotient(binary) => Some((Line::default(), node)),
            _ => None,
        },
        _ => None,
    }
}

/// `a / b` of series that have all labels but the name in common.
fn is_quotient(binary: &Binary) -> bool {
    let matching = &binary.matching;
    binary.operator == Operator::Divide
        && !matching.on
        && matching.labels.is_empty()
        && matches!(matching.grouping, Grouping::OneToOne)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        let expr = Expr::parse(text).unwrap();
        let found = expr.threshold()?;
        let name = |selector: &Selector| {
            let name = selector.metric_name().unwrap_or_default().to_owned();
            name + &"+".repeat(selector.matchers.len() - 1)
        };
        let divisor = found.divisor.map(|divisor| format!(" / {}", name(divisor)));
        Some(format!(
            "{}{} {} {:?}",
            name(found.selector),
            divisor.unwrap_or_default(),
            found.comparison.sign(),
            found.value
        ))
    }

    #[test]
    fn a_series_compared_with_a_number_is_a_threshold() {
        for (text, expected) in [
            ("up == 0", "up == 0.0"),
            ("up{job=\"a\", instance!~\"b.*\"} != 1", "up++ != 1.0"),
            ("{__name__=\"up\"} < 1", "up < 1.0"),
            ("load > 0.9 * 4", "load > 3.6"),
            ("load >= -(2 ^ 3)", "load >= -8.0"),
            ("1e9 > avail", "avail < 1000000000.0"),
            ("2 <= (x)", "x >= 2.0"),
            ("-x > 3", "x < -3.0"),
            ("-(-x) > 3", "x > 3.0"),
            ("5 > -x", "x > -5.0"),
            ("x > (1 > bool 0)", "x > 1.0"),
            ("angle < pi()", "angle < 3.141592653589793"),
            ("a / b < 0.1", "a / b < 0.1"),
            ("0.1 >= a{x=\"1\"} / b", "a+ / b <= 0.1"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn arithmetic_with_numbers_is_solved_to_the_last_bit() {
        for (text, expected) in [
            ("x * 2 > 8", "x >= 4.000000000000001"),
            ("x / 1024 / 1024 < 512", "x <= 536870911.99999994"),
            ("x * 2 == 8", "x == 4.0"),
            ("1 - x <= 0.25", "x >= 0.75"),
            ("100 * (1 - a / b) >= 50", "a / b <= 0.5"),
            ("a / b * 100 <= 25", "a / b <= 0.25"),
            ("-(x + 1) / -4 >= 2", "x >= 7.0"),
            ("(x + 1) / 3 >= 1", "x >= 1.9999999999999998"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_does_more_than_compare_is_none() {
        for text in [
            "up",
            "1 == bool 1",
            "up == bool 0",
            "{__name__=~\"a|b\"} > 3",
            "x > Inf",
            "x != NaN",
            "x > 1 / 0",
            "x * 0 > 3",
            "x * Inf > 3",
            "x / 0 > 3",
            "1 / x > 3",
            "x % 2 == 1",
            "x ^ 2 > 1",
            "x + 1e300 == 1e300",
            "x * 3 == 1e-323",
            "x > time()",
            "time() - x < 600",
            "abs(x) > 3",
            "a > b",
            "a - b > 1",
            "a / on (instance) b > 1",
            "a / ignoring (x) b > 1",
            "a / on (instance) group_left () b > 1",
            "a / b / c > 1",
            "a / rate(b[5m]) > 1",
            "a > 1 and b < 2",
            "x > 1 < 5",
            "sum(x) > 3",
            "x offset 5m > 3",
            "x @ 100 > 3",
            "a / b offset 5m > 3",
            "absent(x) == 1",
            "vector(1) > 0",
            "scalar(x) > bool 0",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
