use std::fmt;

/// The text is no PromQL (HTTP 400).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: parse error: {message}")]
pub struct ParseError {
    /// Byte offset in the text, at most its length.
    pub position: usize,
    /// The same place for a reader.
    pub place: Place,
    /// What is wrong.
    pub message: String,
}

impl ParseError {
    pub(crate) fn new(text: &str, position: usize, message: impl Into<String>) -> Self {
        Self {
            position: position.min(text.len()),
            place: Place::of(text, position),
            message: message.into(),
        }
    }
}

/// The text is PromQL, but this evaluator has no answer for one of its constructs (HTTP 422).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: not supported: {construct}")]
pub struct Unsupported {
    /// The construct, such as `function mad_over_time`.
    pub construct: String,
    /// Byte offset in the text, at most its length.
    pub position: usize,
    /// The same place for a reader.
    pub place: Place,
}

impl Unsupported {
    pub(crate) fn new(text: &str, position: usize, construct: impl Into<String>) -> Self {
        Self {
            construct: construct.into(),
            position: position.min(text.len()),
            place: Place::of(text, position),
        }
    }
}

/// Line and column, both from 1, columns in characters; shown as `line:column`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl Place {
    fn of(text: &str, position: usize) -> Self {
        let before = text.get(..position).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// An expression that parses has no value over these samples (HTTP 422), or may not be asked so (400).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EvalError {
    /// [`crate::Expr::check`] would have refused it.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// Two elements of one result would carry the same labels.
    #[error("vector cannot contain metrics with the same labelset")]
    DuplicateLabels,
    /// The "one" side of a match holds several series; worded as Prometheus does.
    #[error(
        "found duplicate series for the match group {group} on the {side} hand-side of the operation: \
         [{one}, {other}];many-to-many matching not allowed: matching labels must be unique on one side"
    )]
    ManyToMany {
        /// The labels that were matched on.
        group: String,
        /// `left` or `right`.
        side: &'static str,
        /// One of the two series.
        one: String,
        /// The other one.
        other: String,
    },
    /// Several series on the left match one on the right, without `group_left`.
    #[error(
        "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
    )]
    ImplicitManyToOne,
    /// `group_left` or `group_right` gives one label set twice.
    #[error("multiple matches for labels: grouping labels must ensure unique matches")]
    AmbiguousGrouping,
    /// A parameter is outside of what the function takes; worded as Prometheus does.
    #[error("{0}")]
    Parameter(String),
    /// A range query over something that is neither scalar nor instant vector (400).
    #[error("invalid expression type \"{0}\" for range query, must be Scalar or instant Vector")]
    NoRangeOf(&'static str),
    /// A step that is not positive, an end before the start, or a time beyond the year 30,000 (400).
    #[error("invalid time range: {0}")]
    TimeRange(String),
    /// The answer would take more than [`crate::Limits`] allow.
    #[error("query processing would load too many samples into memory")]
    TooManySamples,
    /// The caller gave one label set twice, whose samples belong into one series.
    #[error("the store gave series {0} twice")]
    RepeatedInput(String),
}
