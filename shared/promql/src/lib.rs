//! What does this expression evaluate to? Pure.
//!
//! PromQL with the semantics of Prometheus 2.42: [`Expr::parse`] reads it, [`Expr::check`] refuses
//! what can't be evaluated here, [`Expr::selectors`] says what to load, and [`evaluate_instant`] and
//! [`evaluate_range`] evaluate it over loaded series. [`Expr::locality`] says how little is enough to
//! evaluate a rule; where one series is, [`Expr::evaluate_one`] does without building any vector, and
//! [`Expr::threshold`] says whether it compares a series, or a quotient, with a number.
//!
//! Answers are compared with those of a real Prometheus 2.42: `tests/promql`.

mod compile;
mod error;
mod eval;
mod expr;
mod function;
mod grammar;
pub mod json;
mod locality;
mod monotone;
mod node;
mod one_series;
mod scan;
mod selector;
mod threshold;
mod vocabulary;

pub use error::{EvalError, ParseError, Place, Unsupported};
pub use eval::{
    Limits, Value, evaluate_instant, evaluate_instant_within, evaluate_range, evaluate_range_within,
};
pub use expr::Expr;
pub use locality::Locality;
pub use node::{At, ValueType};
pub use prometheus_notation::parse_duration_ms;
pub use selector::{LOOKBACK_MS, Selector};
pub use threshold::{Comparison, Threshold};
