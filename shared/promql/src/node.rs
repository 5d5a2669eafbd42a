//! The tree that is evaluated: types are right, names are resolved, expressions compiled.

use std::fmt;

use regex::Regex;

use crate::function::Function;

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub kind: Kind,
    /// Byte offset of the construct's own token.
    pub position: usize,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Number(f64),
    Text(String),
    /// Index into the expression's selectors.
    Instant(usize),
    /// Index into the expression's selectors.
    Range(usize),
    Subquery(Box<Subquery>),
    Negate(Box<Node>),
    Binary(Box<Binary>),
    Aggregate(Box<Aggregate>),
    Call(Box<Call>),
    /// Refused by `check`; never evaluated.
    Unsupported,
}

/// What a node gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// One number.
    Scalar,
    /// One sample per series.
    Vector,
    /// Several samples per series.
    Matrix,
    /// A text.
    String,
}

impl ValueType {
    /// As Prometheus' error messages name it.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
            Self::String => "string",
        }
    }
}

/// As Prometheus' `resultType` says it.
impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scalar => "scalar",
            Self::Vector => "vector",
            Self::Matrix => "matrix",
            Self::String => "string",
        })
    }
}

/// The `@` modifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// `@ start()`: the start of the query's range.
    Start,
    /// `@ end()`
    End,
    /// Milliseconds since the Unix epoch.
    Time(i64),
}

#[derive(Debug, Clone)]
pub(crate) struct Subquery {
    pub inner: Node,
    pub range_ms: i64,
    pub step_ms: i64,
    pub offset_ms: i64,
    pub at: Option<At>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Atan2,
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    And,
    Or,
    Unless,
}

impl Operator {
    pub(crate) fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Greater
                | Self::Less
                | Self::GreaterOrEqual
                | Self::LessOrEqual
        )
    }

    /// Prometheus 2.42 forgets `atan2` here, and so it is.
    pub(crate) fn drops_name(self) -> bool {
        matches!(
            self,
            Self::Add | Self::Subtract | Self::Multiply | Self::Divide | Self::Modulo | Self::Power
        )
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Binary {
    pub operator: Operator,
    pub left: Node,
    pub right: Node,
    pub returns_bool: bool,
    pub matching: Matching,
}

/// Which labels two vectors are matched on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Matching {
    /// `on` instead of `ignoring`.
    pub on: bool,
    pub labels: Vec<String>,
    pub grouping: Grouping,
}

#[derive(Debug, Clone, Default)]
pub(crate) enum Grouping {
    #[default]
    OneToOne,
    /// `group_left`, with the labels copied from the right side.
    ManyToOne(Vec<String>),
    /// `group_right`, with the labels copied from the left side.
    OneToMany(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aggregation {
    Sum,
    Average,
    Min,
    Max,
    Count,
    Group,
    StdDev,
    StdVar,
    TopK,
    BottomK,
    Quantile,
    CountValues,
}

#[derive(Debug, Clone)]
pub(crate) struct Aggregate {
    pub operation: Aggregation,
    pub parameter: Option<Node>,
    pub inner: Node,
    pub without: bool,
    pub labels: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub function: Function,
    pub args: Vec<Node>,
    /// Compiled once, for `label_replace`.
    pub regex: Option<Regex>,
}

impl Node {
    pub(crate) fn value_type(&self) -> ValueType {
        match &self.kind {
            Kind::Number(_) => ValueType::Scalar,
            Kind::Text(_) => ValueType::String,
            Kind::Range(_) | Kind::Subquery(_) => ValueType::Matrix,
            Kind::Negate(inner) => inner.value_type(),
            Kind::Binary(binary) => {
                let types = (binary.left.value_type(), binary.right.value_type());
                match types {
                    (ValueType::Scalar, ValueType::Scalar) => ValueType::Scalar,
                    _ => ValueType::Vector,
                }
            }
            Kind::Call(call) => call.function.returns(),
            Kind::Instant(_) | Kind::Aggregate(_) | Kind::Unsupported => ValueType::Vector,
        }
    }
}
