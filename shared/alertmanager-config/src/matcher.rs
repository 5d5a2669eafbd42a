//! Conditions on labels, for routes, inhibitions and silences alike.

mod classic;
mod lexer;
mod syntax;
mod utf8;

use std::fmt;

use prometheus_notation::go_regex::{self, Refused};
use regex::{Regex, RegexBuilder};
use serde::{Serialize, Serializer};
use series::Labels;
pub use series::MatchOp;

pub use syntax::{parse_matcher, parse_matchers};

/// The most matchers of one text.
const MAX_IN_ONE_TEXT: usize = 100;

/// A condition on one label. A label that is absent equals the empty text; regular expressions are Go's, and
/// anchored at both ends.
#[derive(Debug, Clone)]
pub struct Matcher {
    name: String,
    op: MatchOp,
    value: String,
    expression: Option<Expression>,
}

#[derive(Debug, Clone)]
struct Expression {
    regex: Regex,
    most_bytes: usize,
}

/// What most compiled expressions take, at most.
const SMALL_EXPRESSION_BYTES: usize = 16 << 10;
/// What one may take.
pub(crate) const MOST_EXPRESSION_BYTES: usize = 1 << 20;

/// Why a text is no matcher, or no list of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatcherError {
    /// The text is not of a matcher's form.
    #[error("bad matcher format: {0}; write it as name=\"value\", with one of = != =~ !~")]
    Format(String),
    /// There is a quote within the value.
    #[error("matcher value contains unescaped double quote: {0}; write it as \\\"")]
    Quote(String),
    /// The value is no regular expression.
    #[error("{0}")]
    Regex(String),
    /// There are more than one text may have.
    #[error(
        "more than {MAX_IN_ONE_TEXT} matchers in one text are not supported; write several texts"
    )]
    TooMany,
    /// One matcher has no braces around it.
    #[error("unexpected open or close brace: {0}")]
    Brace(String),
}

impl Matcher {
    /// Compiles the expression where `op` needs one.
    ///
    /// # Errors
    /// Where it is no regular expression, or one that Go knows and we don't.
    pub fn new(name: &str, op: MatchOp, value: &str) -> Result<Self, MatcherError> {
        let expression = match op {
            MatchOp::Matches | MatchOp::NotMatches => Some(compile(value)?),
            MatchOp::Equal | MatchOp::NotEqual => None,
        };
        Ok(Self {
            name: name.to_owned(),
            op,
            value: value.to_owned(),
            expression,
        })
    }

    /// The label's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How the value is compared.
    #[must_use]
    pub const fn op(&self) -> MatchOp {
        self.op
    }

    /// The text or regular expression.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether a label of this value satisfies it.
    #[must_use]
    pub fn accepts(&self, value: &str) -> bool {
        let found = || {
            let expression = self.expression.as_ref();
            expression.is_some_and(|one| one.regex.is_match(value))
        };
        match self.op {
            MatchOp::Equal => value == self.value,
            MatchOp::NotEqual => value != self.value,
            MatchOp::Matches => found(),
            MatchOp::NotMatches => !found(),
        }
    }

    /// Whether the label set satisfies it.
    #[must_use]
    pub fn accepts_labels(&self, labels: &Labels) -> bool {
        self.accepts(labels.value(&self.name))
    }

    /// What its expression may take in memory.
    pub(crate) fn most_bytes(&self) -> usize {
        self.expression.as_ref().map_or(0, |one| one.most_bytes)
    }

    const fn rank(&self) -> u8 {
        match self.op {
            MatchOp::Equal => 0,
            MatchOp::NotEqual => 1,
            MatchOp::Matches => 2,
            MatchOp::NotMatches => 3,
        }
    }
}

fn compile(go: &str) -> Result<Expression, MatcherError> {
    let written = go_regex::from_go(go).map_err(|refused| {
        MatcherError::Regex(match refused {
            Refused::Invalid(reason) => format!("not a regular expression: {reason}"),
            Refused::Unsupported(what) => format!("{what} is not supported"),
        })
    })?;
    let anchored = format!("^(?:{written})$");
    let within = |most_bytes: usize| {
        let mut builder = RegexBuilder::new(&anchored);
        let regex = builder
            .size_limit(most_bytes)
            .dfa_size_limit(256 << 10)
            .build();
        regex.map(|regex| Expression { regex, most_bytes })
    };
    let compiled = within(SMALL_EXPRESSION_BYTES).or_else(|_| within(MOST_EXPRESSION_BYTES));
    compiled.map_err(|reason| MatcherError::Regex(format!("this is not supported: {reason}")))
}

/// Whether all are satisfied; none is.
#[must_use]
pub fn all_accept(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers
        .iter()
        .all(|matcher| matcher.accepts_labels(labels))
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.op, &self.value) == (&other.name, other.op, &other.value)
    }
}

impl Eq for Matcher {}

/// By name, value and kind, as Alertmanager sorts them.
impl Ord for Matcher {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |one: &'_ Self| one.rank();
        (&self.name, &self.value, key(self)).cmp(&(&other.name, &other.value, key(other)))
    }
}

impl PartialOrd for Matcher {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// As Alertmanager prints it: `name=~"value"`, the name in quotes where the classic parser needs none.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let op = match self.op {
            MatchOp::Equal => "=",
            MatchOp::NotEqual => "!=",
            MatchOp::Matches => "=~",
            MatchOp::NotMatches => "!~",
        };
        if self.name.chars().any(lexer::is_reserved) {
            let [name, value] = [&self.name, &self.value].map(|text| crate::go_text::quoted(text));
            return write!(f, "{name}{op}{value}");
        }
        let value = self.value.replace('\\', "\\\\");
        let value = value.replace('\n', "\\n").replace('"', "\\\"");
        write!(f, "{}{op}\"{value}\"", self.name)
    }
}

impl Serialize for Matcher {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Several, as Alertmanager prints them: `{a="b",c=~"d"}`.
#[derive(Debug, Clone, Copy)]
pub struct Printed<'m>(pub &'m [Matcher]);

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, matcher) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{matcher}")?;
        }
        f.write_str("}")
    }
}
