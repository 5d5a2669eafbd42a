//! From the parser's tree to ours.

use promql_parser::label::MatchOp as ParsedOp;
use promql_parser::parser::{
    AggregateExpr, AtModifier, BinaryExpr, Call as ParsedCall, Expr as Parsed, LabelModifier,
    Offset, SubqueryExpr, VectorMatchCardinality, VectorSelector,
};
use series::{METRIC_NAME, MatchOp, Matcher};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::function::Function;
use crate::node::{Aggregate, Binary, Call, Grouping, Kind, Matching, Node, Subquery};
use crate::scan::{Kind as TokenKind, Token};
use crate::selector::{Selector, Window};
use crate::vocabulary::{aggregation, operator, value_type};
use crate::{At, ParseError, Unsupported};
use prometheus_notation::go_regex::{self, Refused};

/// Prometheus' default evaluation interval, for subqueries that name no step.
const SUBQUERY_STEP_MS: i64 = 60_000;
/// `@` times beyond this (a million years) could overflow when offsets are added.
const LATEST_AT_MS: i64 = 1_000_000 * 366 * 86_400_000;

pub(crate) struct Compiler<'a> {
    text: &'a str,
    tokens: &'a [Token<'a>],
    /// The first token that belongs to no node yet.
    cursor: usize,
    /// Subqueries around the node being compiled, outermost first.
    windows: Vec<Window>,
    pub selectors: Vec<Selector>,
    pub unsupported: Option<Unsupported>,
}

impl<'a> Compiler<'a> {
    pub(crate) fn new(text: &'a str, tokens: &'a [Token<'a>]) -> Self {
        Self {
            text,
            tokens,
            cursor: 0,
            windows: Vec::new(),
            selectors: Vec::new(),
            unsupported: None,
        }
    }

    pub(crate) fn node(&mut self, parsed: &Parsed) -> Result<Node, ParseError> {
        match parsed {
            Parsed::Paren(paren) => self.node(&paren.expr),
            Parsed::NumberLiteral(number) => {
                let position = self.seek(|t| t.kind == TokenKind::Number || is_inf_or_nan(t));
                let kind = Kind::Number(number.val);
                Ok(Node { kind, position })
            }
            Parsed::StringLiteral(text) => {
                let position = self.seek(|t| t.kind == TokenKind::Text);
                let kind = Kind::Text(text.val.clone());
                Ok(Node { kind, position })
            }
            Parsed::VectorSelector(selector) => self.selector(selector, None),
            Parsed::MatrixSelector(matrix) => self.selector(&matrix.vs, Some(matrix.range)),
            Parsed::Subquery(subquery) => self.subquery(subquery),
            Parsed::Unary(unary) => {
                let position = self.seek(|t| t.is("-"));
                let kind = Kind::Negate(Box::new(self.node(&unary.expr)?));
                Ok(Node { kind, position })
            }
            Parsed::Binary(binary) => self.binary(binary),
            Parsed::Aggregate(aggregate) => self.aggregate(aggregate),
            Parsed::Call(call) => self.call(call),
            Parsed::Extension(_) => Ok(self.unsupported(self.position(), "extension")),
        }
    }

    fn position(&self) -> usize {
        self.tokens.get(self.cursor).map_or(0, |t| t.position)
    }

    /// Moves behind the next call of this name, which a label may share.
    fn seek_call(&mut self, name: &str) -> usize {
        let opens =
            |token: &Token<'_>| token.is("(") || token.is_word("by") || token.is_word("without");
        let mut pairs = self.tokens[self.cursor..].windows(2);
        match pairs.position(|pair| pair[0].is_word(name) && opens(&pair[1])) {
            Some(ahead) => {
                self.cursor += ahead + 1;
                self.tokens[self.cursor - 1].position
            }
            None => self.position(),
        }
    }

    /// Moves behind the next token that fits and gives its place.
    fn seek(&mut self, fits: impl Fn(&Token<'_>) -> bool) -> usize {
        match self.tokens[self.cursor..].iter().position(fits) {
            Some(ahead) => {
                self.cursor += ahead + 1;
                self.tokens[self.cursor - 1].position
            }
            None => self.position(),
        }
    }

    fn refuse(&self, position: usize, message: impl Into<String>) -> ParseError {
        ParseError::new(self.text, position, message)
    }

    fn unsupported(&mut self, position: usize, construct: impl Into<String>) -> Node {
        let refused = Unsupported::new(self.text, position, construct);
        self.unsupported.get_or_insert(refused);
        Node {
            kind: Kind::Unsupported,
            position,
        }
    }

    fn selector(
        &mut self,
        parsed: &VectorSelector,
        range: Option<Duration>,
    ) -> Result<Node, ParseError> {
        let position = self.seek(|token| match &parsed.name {
            Some(name) => token.kind == TokenKind::Word && token.text == name,
            None => token.is("{"),
        });
        if !parsed.matchers.or_matchers.is_empty() {
            return Ok(self.unsupported(position, "`or` between label matchers"));
        }
        let mut matchers = Vec::with_capacity(parsed.matchers.matchers.len() + 1);
        if let Some(name) = &parsed.name {
            matchers.extend(Matcher::new(METRIC_NAME, MatchOp::Equal, name));
        }
        for matcher in &parsed.matchers.matchers {
            let op = match matcher.op {
                ParsedOp::Equal => MatchOp::Equal,
                ParsedOp::NotEqual => MatchOp::NotEqual,
                ParsedOp::Re(_) => MatchOp::Matches,
                ParsedOp::NotRe(_) => MatchOp::NotMatches,
            };
            let value = match op {
                MatchOp::Equal | MatchOp::NotEqual => Ok(matcher.value.clone()),
                MatchOp::Matches | MatchOp::NotMatches => go_regex::from_go(&matcher.value),
            };
            let value = match value {
                Ok(value) => value,
                Err(Refused::Unsupported(what)) => return Ok(self.unsupported(position, what)),
                Err(Refused::Invalid(why)) => return Err(self.refuse(position, why)),
            };
            matchers.push(
                Matcher::new(&matcher.name, op, &value)
                    .map_err(|why| self.refuse(position, format!("invalid regex: {why}")))?,
            );
        }
        self.selectors.push(Selector {
            matchers,
            offset_ms: self.offset(position, parsed.offset.as_ref())?,
            range_ms: range.map_or(Ok(0), |range| self.millis(position, range))?,
            at: self.at(position, parsed.at.as_ref())?,
            position,
            windows: self.windows.clone(),
        });
        let index = self.selectors.len() - 1;
        let kind = match range {
            None => Kind::Instant(index),
            Some(_) => Kind::Range(index),
        };
        Ok(Node { kind, position })
    }

    fn millis(&self, position: usize, duration: Duration) -> Result<i64, ParseError> {
        i64::try_from(duration.as_millis())
            .ok()
            .filter(|ms| *ms <= LATEST_AT_MS)
            .ok_or_else(|| self.refuse(position, "duration out of range"))
    }

    fn offset(&self, position: usize, offset: Option<&Offset>) -> Result<i64, ParseError> {
        match offset {
            None => Ok(0),
            Some(Offset::Pos(duration)) => self.millis(position, *duration),
            Some(Offset::Neg(duration)) => self.millis(position, *duration).map(|ms| -ms),
        }
    }

    fn at(&self, position: usize, at: Option<&AtModifier>) -> Result<Option<At>, ParseError> {
        let time = match at {
            None => return Ok(None),
            Some(AtModifier::Start) => return Ok(Some(At::Start)),
            Some(AtModifier::End) => return Ok(Some(At::End)),
            Some(AtModifier::At(time)) => time,
        };
        millis_since_epoch(time)
            .filter(|ms| ms.abs() <= LATEST_AT_MS)
            .map(|ms| Some(At::Time(ms)))
            .ok_or_else(|| self.refuse(position, "timestamp out of bounds for @ modifier"))
    }

    fn subquery(&mut self, parsed: &SubqueryExpr) -> Result<Node, ParseError> {
        let position = self.position();
        let window = Window {
            range_ms: self.millis(position, parsed.range)?,
            offset_ms: self.offset(position, parsed.offset.as_ref())?,
            at: self.at(position, parsed.at.as_ref())?,
        };
        let step_ms = match parsed.step {
            Some(step) => self.millis(position, step)?,
            None => SUBQUERY_STEP_MS,
        };
        self.windows.push(window);
        let inner = self.node(&parsed.expr);
        self.windows.pop();
        let position = self.seek(|t| t.is("["));
        let kind = Kind::Subquery(Box::new(Subquery {
            inner: inner?,
            range_ms: window.range_ms,
            step_ms: step_ms.max(1),
            offset_ms: window.offset_ms,
            at: window.at,
        }));
        Ok(Node { kind, position })
    }

    fn binary(&mut self, parsed: &BinaryExpr) -> Result<Node, ParseError> {
        let left = self.node(&parsed.lhs)?;
        let Some((operator, sign)) = operator(parsed.op.id()) else {
            return Ok(self.unsupported(self.position(), format!("operator {}", parsed.op)));
        };
        let position = self.seek(|t| t.text.eq_ignore_ascii_case(sign));
        let modifier = parsed.modifier.clone().unwrap_or_default();
        let fill = modifier.fill_values;
        if fill.lhs.is_some() || fill.rhs.is_some() {
            return Ok(self.unsupported(position, "fill modifier"));
        }
        let right = self.node(&parsed.rhs)?;
        let grouping = match modifier.card {
            VectorMatchCardinality::ManyToOne(labels) => Grouping::ManyToOne(labels.labels),
            VectorMatchCardinality::OneToMany(labels) => Grouping::OneToMany(labels.labels),
            _ => Grouping::OneToOne,
        };
        let (on, labels) = match modifier.matching {
            Some(LabelModifier::Include(labels)) => (true, labels.labels),
            Some(LabelModifier::Exclude(labels)) => (false, labels.labels),
            None => (false, Vec::new()),
        };
        let kind = Kind::Binary(Box::new(Binary {
            operator,
            left,
            right,
            returns_bool: modifier.return_bool,
            matching: Matching {
                on,
                labels,
                grouping,
            },
        }));
        Ok(Node { kind, position })
    }

    fn aggregate(&mut self, parsed: &AggregateExpr) -> Result<Node, ParseError> {
        let name = parsed.op.to_string();
        let position = self.seek_call(&name);
        let Some(operation) = aggregation(parsed.op.id()) else {
            return Ok(self.unsupported(position, format!("aggregation {name}")));
        };
        let parameter = parsed.param.as_ref().map(|p| self.node(p)).transpose()?;
        let inner = self.node(&parsed.expr)?;
        let (without, labels) = match &parsed.modifier {
            Some(LabelModifier::Exclude(labels)) => (true, labels.labels.clone()),
            Some(LabelModifier::Include(labels)) => (false, labels.labels.clone()),
            None => (false, Vec::new()),
        };
        let kind = Kind::Aggregate(Box::new(Aggregate {
            operation,
            parameter,
            inner,
            without,
            labels,
        }));
        Ok(Node { kind, position })
    }

    fn is_moved_twice(&self, args: &[Node]) -> bool {
        let Some(Kind::Instant(selector)) = args.first().map(|arg| &arg.kind) else {
            return false;
        };
        let selector = &self.selectors[*selector];
        selector.at.is_some() && selector.offset_ms != 0
    }

    fn call(&mut self, parsed: &ParsedCall) -> Result<Node, ParseError> {
        let name = parsed.func.name;
        let position = self.seek_call(name);
        let Some(function) = Function::named(name) else {
            return Ok(self.unsupported(position, format!("function {name}")));
        };
        let mut args = Vec::with_capacity(parsed.args.len());
        for arg in &parsed.args.args {
            args.push(self.node(arg)?);
        }
        for (at, arg) in args.iter().enumerate() {
            let types = &parsed.func.arg_types;
            let expected = types.get(at).or(types.last());
            if expected.is_some_and(|t| value_type(t) != arg.value_type()) {
                let got = arg.value_type().description();
                let wrong = format!("call to function {name:?}: argument {} is a {got}", at + 1);
                return Err(self.refuse(arg.position, wrong));
            }
        }
        if function == Function::Timestamp && self.is_moved_twice(&args) {
            // Prometheus 2.42 drops the offset and then finds whatever its store happened to load.
            let construct = "timestamp of a selector with both @ and offset";
            return Ok(self.unsupported(position, construct));
        }
        let regex = match (function, args.get(4).map(|arg| &arg.kind)) {
            (Function::LabelReplace, Some(Kind::Text(regex))) => match go_regex::anchored(regex) {
                Ok(regex) => Some(regex),
                Err(Refused::Unsupported(what)) => return Ok(self.unsupported(position, what)),
                Err(Refused::Invalid(_)) => None,
            },
            _ => None,
        };
        let kind = Kind::Call(Box::new(Call {
            function,
            args,
            regex,
        }));
        Ok(Node { kind, position })
    }
}

fn is_inf_or_nan(token: &Token<'_>) -> bool {
    token.is_word("inf") || token.is_word("nan")
}

fn millis_since_epoch(time: &SystemTime) -> Option<i64> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).ok(),
        Err(before) => i64::try_from(before.duration().as_millis())
            .ok()
            .map(|ms| -ms),
    }
}
