//! A template as a tree.

/// One part of a template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Text(String),
    Print(Pipe),
    /// A pipeline that only names its value.
    Declare(Pipe),
    If(Pipe, Vec<Node>, Vec<Node>),
    With(Pipe, Vec<Node>, Vec<Node>),
    Range(Pipe, Vec<Node>, Vec<Node>),
    Template {
        line: usize,
        name: String,
        given: Option<Pipe>,
    },
    Break,
    Continue,
}

/// Commands, each of which gives its value to the next; `variables` take the last one's.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pipe {
    pub line: usize,
    pub variables: Vec<String>,
    pub commands: Vec<Vec<Operand>>,
}

/// A value, or a function before its arguments, and the fields that are taken of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Operand {
    pub kind: Kind,
    pub fields: Vec<String>,
}

/// What an operand begins with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Dot,
    /// `$`, which has the empty name, or `$name`.
    Variable(String),
    Text(String),
    Integer(i64),
    Bool(bool),
    Function(String),
    Pipe(Box<Pipe>),
}
