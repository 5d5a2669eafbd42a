//! Operators between scalars, and between a vector and a scalar.

use super::arithmetic::apply;
use super::context::{Evaluated, Evaluation, Steps};
use super::frame::{ABSENT, Frame, is_present};
use crate::EvalError;
use crate::node::{Binary, Operator};

impl Binary {
    /// Arithmetic and `bool` make a new quantity, which is not the metric any more.
    pub(crate) fn drops_name(&self) -> bool {
        self.returns_bool || self.operator.drops_name()
    }

    /// The result for two numbers, [`ABSENT`] where a comparison filters it out. A comparison keeps the
    /// left value, or the right one where only that belongs to a vector.
    pub(crate) fn value(&self, left: f64, right: f64, keeps_right: bool) -> f64 {
        let (value, holds) = apply(self.operator, left, right);
        match (self.returns_bool, holds) {
            (true, holds) => f64::from(u8::from(holds)),
            (false, false) => ABSENT,
            (false, true) if keeps_right && self.operator.is_comparison() => right,
            (false, true) => value,
        }
    }
}

impl Evaluation<'_> {
    pub(crate) fn binary(&self, binary: &Binary, steps: &Steps) -> Result<Evaluated, EvalError> {
        let left = self.evaluate(&binary.left, steps)?;
        let right = self.evaluate(&binary.right, steps)?;
        Ok(match (left, right) {
            (Evaluated::Scalar(left), Evaluated::Scalar(right)) => {
                let pairs = left.iter().zip(&right);
                Evaluated::Scalar(
                    pairs
                        .map(|(l, r)| between_scalars(binary, *l, *r))
                        .collect(),
                )
            }
            (Evaluated::Vector(frame), Evaluated::Scalar(scalar)) => {
                let value = |step: usize, x| binary.value(x, scalar[step], false);
                Evaluated::Vector(with_scalar(binary, frame, value)?)
            }
            (Evaluated::Scalar(scalar), Evaluated::Vector(frame)) => {
                let value = |step: usize, x| binary.value(scalar[step], x, true);
                Evaluated::Vector(with_scalar(binary, frame, value)?)
            }
            (Evaluated::Vector(left), Evaluated::Vector(right)) => {
                self.hold(left.len() + right.len(), steps)?;
                Evaluated::Vector(match binary.operator {
                    Operator::And | Operator::Or | Operator::Unless => {
                        super::matching::set_operation(binary, left, right)?
                    }
                    _ => super::matching::join(binary, left, right)?,
                })
            }
            (Evaluated::Text(text), _) | (_, Evaluated::Text(text)) => Evaluated::Text(text),
        })
    }
}

/// Comparisons between scalars give 0 or 1: the parser insists on `bool`.
fn between_scalars(binary: &Binary, left: f64, right: f64) -> f64 {
    let (value, holds) = apply(binary.operator, left, right);
    if binary.operator.is_comparison() {
        return f64::from(u8::from(holds));
    }
    value
}

fn with_scalar(
    binary: &Binary,
    mut frame: Frame,
    value: impl Fn(usize, f64) -> f64,
) -> Result<Frame, EvalError> {
    frame.map(value);
    if binary.operator.is_comparison() && !binary.returns_bool {
        frame = frame.compact();
    }
    if binary.drops_name() {
        return frame.nameless();
    }
    debug_assert!(
        frame
            .rows()
            .all(|(_, row)| row.iter().any(|x| is_present(*x)))
    );
    Ok(frame)
}
