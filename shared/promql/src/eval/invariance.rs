//! Where Prometheus 2.42 goes wrong with `@` over several steps.
//!
//! It evaluates what `@` fixes once and repeats it. It judges an aggregation by its inner expression
//! alone, so that a parameter that changes is taken from the first step; and where a function's other
//! argument changes (`predict_linear` always counts as changing), the fixed window wanders off with
//! the steps. Neither is an answer worth giving, and ours would differ: such range queries are refused.

use super::context::{Evaluation, Steps};
use crate::function::{Function, RangeFunction};
use crate::node::{Aggregate, Kind, Node};
use crate::{EvalError, Unsupported};

impl Evaluation<'_> {
    /// Whether Prometheus evaluates the node once for all steps.
    pub(crate) fn is_fixed(&self, node: &Node) -> bool {
        match &node.kind {
            Kind::Number(_) | Kind::Text(_) => true,
            Kind::Instant(selector) | Kind::Range(selector) => {
                self.expr.selectors()[*selector].at.is_some()
            }
            Kind::Subquery(subquery) => subquery.at.is_some() || self.is_fixed(&subquery.inner),
            Kind::Negate(inner) => self.is_fixed(inner),
            Kind::Binary(binary) => self.is_fixed(&binary.left) && self.is_fixed(&binary.right),
            Kind::Aggregate(aggregate) => self.is_fixed(&aggregate.inner),
            Kind::Call(call) => {
                !matches!(
                    call.function,
                    Function::Date(_)
                        | Function::Time
                        | Function::Timestamp
                        | Function::Range(RangeFunction::PredictLinear)
                ) && call.args.iter().all(|arg| self.is_fixed(arg))
            }
            Kind::Unsupported => false,
        }
    }

    /// Refuses a parameter that changes beside a vector that doesn't.
    pub(crate) fn refuse_changing_parameter(
        &self,
        aggregate: &Aggregate,
        steps: &Steps,
    ) -> Result<(), EvalError> {
        match &aggregate.parameter {
            Some(parameter)
                if steps.count > 1
                    && self.is_fixed(&aggregate.inner)
                    && !self.is_fixed(parameter) =>
            {
                self.refuse(parameter, "changing parameter beside a vector fixed by @")
            }
            _ => Ok(()),
        }
    }

    /// Refuses a window that doesn't move in a function that is evaluated at every step.
    pub(crate) fn refuse_wandering_window(
        &self,
        function: RangeFunction,
        args: &[Node],
        steps: &Steps,
    ) -> Result<(), EvalError> {
        let changes =
            function == RangeFunction::PredictLinear || args.iter().any(|arg| !self.is_fixed(arg));
        let fixed = args.iter().find(|arg| match &arg.kind {
            Kind::Range(selector) => self.expr.selectors()[*selector].at.is_some(),
            Kind::Subquery(subquery) => subquery.at.is_some(),
            _ => false,
        });
        match fixed {
            Some(arg) if steps.count > 1 && changes => self.refuse(
                arg,
                "window fixed by @ beside a changing argument, over a range",
            ),
            _ => Ok(()),
        }
    }

    fn refuse(&self, node: &Node, construct: &str) -> Result<(), EvalError> {
        Err(Unsupported::new(self.expr.text(), node.position, construct).into())
    }
}
