use regex::Regex;

use super::functions::Function;
use super::printf::Format;
use super::value::Value;

/// A piece of a template.
#[derive(Debug)]
pub enum Node {
    /// Stands as it is.
    Text(String),
    /// The pipeline's value is written, unless it is kept in a variable.
    Action(Pipeline),
    /// `if` and `with`; `with` makes the value the dot of `then`.
    Branch {
        is_with: bool,
        condition: Pipeline,
        then: Vec<Self>,
        otherwise: Vec<Self>,
    },
}

/// Commands of which each takes the value of the one before as its last argument.
#[derive(Debug)]
pub struct Pipeline {
    pub target: Option<Target>,
    pub commands: Vec<Command>,
}

/// Where a pipeline's value goes instead of the text.
#[derive(Debug)]
pub enum Target {
    /// `$x := `
    Declared(String),
    /// `$x = `
    Assigned(String),
}

#[derive(Debug)]
pub enum Command {
    Operand(Operand),
    Call {
        function: Function,
        arguments: Vec<Operand>,
    },
    Printf {
        format: Format,
        arguments: Vec<Operand>,
    },
    /// `match` and `reReplaceAll` with an expression known already.
    Regex {
        regex: Box<Regex>,
        replaces: bool,
        arguments: Vec<Operand>,
    },
}

#[derive(Debug)]
pub enum Operand {
    Literal(Value),
    /// `.a.b`, or `.` alone.
    Dot(Vec<String>),
    /// `$x.a.b`; the name without `$`, empty for `$` itself.
    Variable(String, Vec<String>),
    /// `(...)`
    Pipeline(Box<Pipeline>, Vec<String>),
    /// A function's name where a value stands.
    Call(Function),
}
