use std::sync::Once;

use promql_parser::parser::value::ValueType as ParsedType;
use promql_parser::parser::{Function as ParsedFunction, parse, register_extra_functions};

use crate::compile::Compiler;
use crate::node::{Kind, Node};
use crate::{Locality, ParseError, Selector, Unsupported, ValueType, grammar, locality, scan};

/// A parsed expression, with its regular expressions compiled: parse once, evaluate often.
#[derive(Debug, Clone)]
pub struct Expr {
    text: String,
    pub(crate) root: Node,
    selectors: Vec<Selector>,
    unsupported: Option<Unsupported>,
    locality: Locality,
}

impl Expr {
    /// Parses and checks types. What parses may still be refused by [`Expr::check`].
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        know_old_functions();
        let tokens = scan::tokens(text)?;
        grammar::before_parsing(text, &tokens)?;
        let parsed =
            parse(text).map_err(|message| grammar::parse_error(text, &tokens, &message))?;
        let mut compiler = Compiler::new(text, &tokens);
        let root = compiler.node(&parsed)?;
        let mut expr = Self {
            text: text.to_owned(),
            root,
            selectors: compiler.selectors,
            unsupported: grammar::newer_than_supported(text, &tokens).or(compiler.unsupported),
            locality: Locality::Tenant,
        };
        expr.locality = locality::of(&expr);
        Ok(expr)
    }

    /// Whether this evaluator can evaluate it; else the first construct that it can't.
    pub fn check(&self) -> Result<(), Unsupported> {
        self.unsupported.clone().map_or(Ok(()), Err)
    }

    /// The text it was parsed from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it gives.
    #[must_use]
    pub fn value_type(&self) -> ValueType {
        self.root.value_type()
    }

    /// How little suffices to evaluate it; see [`Locality`].
    #[must_use]
    pub fn locality(&self) -> Locality {
        self.locality
    }

    /// Whether it is nothing but an instant selector, such as `up{job="node"}`.
    #[must_use]
    pub fn is_selector(&self) -> bool {
        matches!(self.root.kind, Kind::Instant(_))
    }

    /// What has to be loaded before it can be evaluated: every selector, in the order of the text.
    #[must_use]
    pub fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    /// First and last time (both included) of all samples that an evaluation from `start_ms` to
    /// `end_ms` may look at; `None` without selectors.
    #[must_use]
    pub fn time_range(&self, start_ms: i64, end_ms: i64) -> Option<(i64, i64)> {
        self.selectors
            .iter()
            .map(|selector| selector.time_range(start_ms, end_ms))
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Whether a series of these labels (sorted by name) could change the outcome: false for most
    /// series of a request, and found without allocation.
    #[must_use]
    pub fn could_match(&self, labels: &[(&str, &str)]) -> bool {
        self.selectors
            .iter()
            .any(|selector| selector.accepts(|name| label_value(labels, name)))
    }
}

pub(crate) fn label_value<'a>(labels: &[(&str, &'a str)], name: &str) -> &'a str {
    labels
        .binary_search_by_key(&name, |(known, _)| known)
        .map_or("", |at| labels[at].1)
}

/// The parser knows the functions of Prometheus 3, which renamed one of 2.42.
fn know_old_functions() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let types = vec![ParsedType::Matrix, ParsedType::Scalar, ParsedType::Scalar];
        let holt_winters = ParsedFunction::new("holt_winters", types, 0, ParsedType::Vector, false);
        // Fails only where the parser has learned the name, which is as good.
        let _ = register_extra_functions(vec![holt_winters]);
    });
}
