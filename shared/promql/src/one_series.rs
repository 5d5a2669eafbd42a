use series::{Labels, METRIC_NAME, Sample};

use crate::eval::arithmetic::apply;
use crate::eval::element;
use crate::expr::label_value;
use crate::function::Function;
use crate::node::{Call, Kind, Node};
use crate::{Expr, LOOKBACK_MS, Locality};

/// What a node gives for one series.
#[derive(Clone, Copy)]
enum One {
    Number(f64),
    Element(Option<f64>),
}

impl Expr {
    /// Evaluates over a single series without building a vector: the value where the expression has an
    /// element for it, `None` where it has none (other labels, stale or old sample, comparison that does
    /// not hold). `labels` are sorted by name, `newest` is the last sample at or before `at_ms`.
    ///
    /// Only for expressions of [`Locality::Series`]; `None` for others. The element's labels are
    /// [`Expr::labels_of_one`].
    #[must_use]
    pub fn evaluate_one(&self, labels: &[(&str, &str)], newest: Sample, at_ms: i64) -> Option<f64> {
        let speaks = newest.time_ms <= at_ms
            && newest.time_ms >= at_ms.saturating_sub(LOOKBACK_MS)
            && !newest.is_stale();
        if !speaks || !self.could_match(labels) || self.locality() != Locality::Series {
            return None;
        }
        match one(&self.root, newest, at_ms) {
            One::Element(element) => element,
            One::Number(_) => None,
        }
    }

    /// The labels of the element that [`Expr::evaluate_one`] gives.
    #[must_use]
    pub fn labels_of_one(&self, labels: &[(&str, &str)]) -> Labels {
        if !self.drops_metric_name() || label_value(labels, METRIC_NAME).is_empty() {
            return Labels::from_sorted(labels);
        }
        let rest: Vec<(&str, &str)> = labels
            .iter()
            .filter(|(name, _)| *name != METRIC_NAME)
            .copied()
            .collect();
        Labels::from_sorted(&rest)
    }
}

fn one(node: &Node, newest: Sample, at_ms: i64) -> One {
    match &node.kind {
        Kind::Number(number) => One::Number(*number),
        Kind::Instant(_) => One::Element(Some(newest.value)),
        Kind::Negate(inner) => match one(inner, newest, at_ms) {
            One::Number(x) => One::Number(-x),
            One::Element(x) => One::Element(x.map(|x| -x)),
        },
        Kind::Binary(binary) => {
            let left = one(&binary.left, newest, at_ms);
            let right = one(&binary.right, newest, at_ms);
            match (left, right) {
                (One::Number(l), One::Number(r)) => {
                    let (value, holds) = apply(binary.operator, l, r);
                    let comparison = binary.operator.is_comparison();
                    One::Number(if comparison {
                        f64::from(u8::from(holds))
                    } else {
                        value
                    })
                }
                (One::Element(l), One::Number(r)) => {
                    One::Element(l.and_then(|l| present(binary.value(l, r, false))))
                }
                (One::Number(l), One::Element(r)) => {
                    One::Element(r.and_then(|r| present(binary.value(l, r, true))))
                }
                (One::Element(_), One::Element(_)) => One::Element(None),
            }
        }
        Kind::Call(call) => called(call, newest, at_ms),
        _ => One::Element(None),
    }
}

fn called(call: &Call, newest: Sample, at_ms: i64) -> One {
    match call.function {
        Function::Time => return One::Number(at_ms as f64 / 1000.0),
        Function::Pi => return One::Number(std::f64::consts::PI),
        _ => {}
    }
    let argument = |at: usize| call.args.get(at).map(|arg| one(arg, newest, at_ms));
    let number = |at: usize| match argument(at) {
        Some(One::Number(number)) => Some(number),
        _ => None,
    };
    let Some(One::Element(Some(x))) = argument(0) else {
        return One::Element(None);
    };
    if call.function == Function::Timestamp {
        let direct = matches!(call.args[0].kind, Kind::Instant(_));
        let ms = if direct { newest.time_ms } else { at_ms };
        return One::Element(Some(ms as f64 / 1000.0));
    }
    One::Element(present(element(call.function, x, [number(1), number(2)])))
}

fn present(value: f64) -> Option<f64> {
    (value.to_bits() != series::STALE_NAN_BITS).then_some(value)
}
