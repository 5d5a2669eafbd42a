use super::functions::{Function, Unusable};
use super::lexer::{self, Piece, Spot, Token};
use super::printf::Format;
use super::syntax::{Command, Node, Operand, Pipeline, Target};
use super::value::Value;

const MAX_DEPTH: usize = 50;

/// The variables every template begins with.
pub const GIVEN: [&str; 5] = ["", "labels", "externalLabels", "externalURL", "value"];

/// What the dot holds outside of `with`.
const ROOT_FIELDS: [&str; 4] = ["Labels", "ExternalLabels", "ExternalURL", "Value"];

#[derive(Debug, PartialEq)]
pub struct SyntaxError {
    /// Byte offset in the template.
    pub position: usize,
    pub message: String,
}

fn error(position: usize, message: impl Into<String>) -> SyntaxError {
    SyntaxError {
        position,
        message: message.into(),
    }
}

pub fn parse(template: &str) -> Result<Vec<Node>, SyntaxError> {
    let mut parser = Parser {
        pieces: lexer::pieces(template)?.into_iter(),
        variables: GIVEN.map(str::to_owned).to_vec(),
        with_depth: 0,
        depth: 0,
    };
    let (nodes, stop) = parser.nodes()?;
    match stop {
        Stop::End => Ok(nodes),
        Stop::Keyword { position, word, .. } => {
            Err(error(position, format!("unexpected {{{{{word}}}}}")))
        }
    }
}

struct Parser<'a> {
    pieces: std::vec::IntoIter<Piece<'a>>,
    variables: Vec<String>,
    with_depth: usize,
    depth: usize,
}

/// Why a list of nodes ends.
enum Stop<'a> {
    /// The template does.
    End,
    /// `else` or `end`, with what follows it.
    Keyword {
        position: usize,
        word: &'a str,
        rest: Vec<Spot<'a>>,
    },
}

impl<'a> Parser<'a> {
    fn nodes(&mut self) -> Result<(Vec<Node>, Stop<'a>), SyntaxError> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            let (position, body) = match piece {
                Piece::Text(text) => {
                    nodes.push(Node::Text(text));
                    continue;
                }
                Piece::Action { position, body } => (position, body),
            };
            let mut tokens = lexer::tokens(body, position)?;
            let Some(first) = tokens.first() else {
                return Err(error(position, "missing value: an action is empty"));
            };
            let Token::Identifier(word) = first.token else {
                nodes.push(Node::Action(self.pipeline(tokens, position, true)?));
                continue;
            };
            match word {
                "if" | "with" => {
                    tokens.remove(0);
                    nodes.push(self.branch(word == "with", tokens, position)?);
                }
                "else" | "end" => {
                    tokens.remove(0);
                    let rest = tokens;
                    return Ok((
                        nodes,
                        Stop::Keyword {
                            position,
                            word,
                            rest,
                        },
                    ));
                }
                "range" | "define" | "template" | "block" | "break" | "continue" => {
                    let message = format!("`{word}` is not supported in templates of alerts");
                    return Err(error(position, message));
                }
                _ => nodes.push(Node::Action(self.pipeline(tokens, position, true)?)),
            }
        }
        Ok((nodes, Stop::End))
    }

    fn branch(
        &mut self,
        is_with: bool,
        tokens: Vec<Spot<'a>>,
        position: usize,
    ) -> Result<Node, SyntaxError> {
        self.deeper(position)?;
        let known = self.variables.len();
        let condition = self.pipeline(tokens, position, true)?;
        self.with_depth += usize::from(is_with);
        let (then, stop) = self.nodes()?;
        self.with_depth -= usize::from(is_with);
        let otherwise = match stop {
            Stop::Keyword {
                word: "end", rest, ..
            } => {
                nothing_after(&rest, "end")?;
                Vec::new()
            }
            Stop::Keyword { position, rest, .. } => self.otherwise(position, rest)?,
            Stop::End => return Err(error(position, "unexpected end: {{end}} is missing")),
        };
        self.variables.truncate(known);
        self.depth -= 1;
        Ok(Node::Branch {
            is_with,
            condition,
            then,
            otherwise,
        })
    }

    fn otherwise(
        &mut self,
        position: usize,
        mut rest: Vec<Spot<'a>>,
    ) -> Result<Vec<Node>, SyntaxError> {
        if rest.first().map(|spot| &spot.token) == Some(&Token::Identifier("if")) {
            rest.remove(0);
            return Ok(vec![self.branch(false, rest, position)?]);
        }
        nothing_after(&rest, "else")?;
        let (nodes, stop) = self.nodes()?;
        match stop {
            Stop::Keyword {
                word: "end", rest, ..
            } => nothing_after(&rest, "end").map(|()| nodes),
            Stop::Keyword { position, .. } => Err(error(position, "a second {{else}}")),
            Stop::End => Err(error(position, "unexpected end: {{end}} is missing")),
        }
    }

    fn deeper(&mut self, position: usize) -> Result<(), SyntaxError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(error(position, "nested too deeply"));
        }
        Ok(())
    }

    fn pipeline(
        &mut self,
        mut tokens: Vec<Spot<'a>>,
        position: usize,
        may_declare: bool,
    ) -> Result<Pipeline, SyntaxError> {
        let target = match tokens.as_slice() {
            [first, second, ..] if may_declare => self.target(first, second)?,
            _ => None,
        };
        if target.is_some() {
            tokens.drain(..2);
        }
        let mut commands = Vec::new();
        let mut tokens = tokens.into_iter().peekable();
        loop {
            let operands = self.operands(&mut tokens)?;
            commands.push(command(operands, !commands.is_empty(), position)?);
            match tokens.next() {
                None => break,
                Some(spot) if spot.token == Token::Pipe => {}
                Some(spot) => return Err(error(spot.position, "unexpected \")\"")),
            }
        }
        if let Some(Target::Declared(name)) = &target {
            self.variables.push(name.clone());
        }
        Ok(Pipeline { target, commands })
    }

    fn target(&self, first: &Spot<'_>, second: &Spot<'_>) -> Result<Option<Target>, SyntaxError> {
        let Token::Variable(name) = first.token else {
            return Ok(None);
        };
        match second.token {
            Token::Declare => Ok(Some(Target::Declared(name.to_owned()))),
            Token::Assign => {
                self.known(name, first.position)?;
                Ok(Some(Target::Assigned(name.to_owned())))
            }
            _ => Ok(None),
        }
    }

    fn known(&self, name: &str, position: usize) -> Result<(), SyntaxError> {
        if self.variables.iter().any(|variable| variable == name) {
            return Ok(());
        }
        Err(error(position, format!("undefined variable \"${name}\"")))
    }

    /// Operands up to a pipe or a closing parenthesis, which stay.
    fn operands(
        &mut self,
        tokens: &mut std::iter::Peekable<std::vec::IntoIter<Spot<'a>>>,
    ) -> Result<Vec<(Operand, usize)>, SyntaxError> {
        let mut operands = Vec::new();
        while let Some(spot) =
            tokens.next_if(|spot| !matches!(spot.token, Token::Pipe | Token::Close))
        {
            if !operands.is_empty() && !spot.spaced {
                return Err(error(spot.position, "a space is missing between arguments"));
            }
            let position = spot.position;
            let operand = match spot.token {
                Token::Text(text) => Operand::Literal(Value::Text(text)),
                Token::Integer(number) => Operand::Literal(Value::Integer(number)),
                Token::Number(number) => Operand::Literal(Value::Number(number)),
                Token::Identifier("true") => Operand::Literal(Value::Bool(true)),
                Token::Identifier("false") => Operand::Literal(Value::Bool(false)),
                Token::Identifier(name) => Operand::Call(function(name, position)?),
                Token::Dot => self.dot(Vec::new(), position)?,
                Token::Field(first) => {
                    self.dot(fields(vec![first.to_owned()], tokens), position)?
                }
                Token::Variable(name) => {
                    self.known(name, position)?;
                    self.variable(name, fields(Vec::new(), tokens), position)?
                }
                Token::Open => self.parenthesised(tokens, position)?,
                Token::Pipe | Token::Close | Token::Declare | Token::Assign => {
                    return Err(error(position, "unexpected assignment"));
                }
            };
            operands.push((operand, position));
        }
        Ok(operands)
    }

    fn dot(&self, fields: Vec<String>, position: usize) -> Result<Operand, SyntaxError> {
        if self.with_depth == 0 {
            check_root(&fields, position)?;
        }
        Ok(Operand::Dot(fields))
    }

    fn variable(
        &self,
        name: &str,
        fields: Vec<String>,
        position: usize,
    ) -> Result<Operand, SyntaxError> {
        if name.is_empty() {
            check_root(&fields, position)?;
        }
        Ok(Operand::Variable(name.to_owned(), fields))
    }

    fn parenthesised(
        &mut self,
        tokens: &mut std::iter::Peekable<std::vec::IntoIter<Spot<'a>>>,
        position: usize,
    ) -> Result<Operand, SyntaxError> {
        self.deeper(position)?;
        let mut inner = Vec::new();
        let mut open = 1;
        for spot in tokens.by_ref() {
            match spot.token {
                Token::Open => open += 1,
                Token::Close => open -= 1,
                _ => {}
            }
            if open == 0 {
                let pipeline = self.pipeline(inner, position, false)?;
                self.depth -= 1;
                return Ok(Operand::Pipeline(
                    Box::new(pipeline),
                    fields(Vec::new(), tokens),
                ));
            }
            inner.push(spot);
        }
        Err(error(position, "unclosed parenthesis"))
    }
}

/// Fields that follow without a space.
fn fields<'a>(
    mut fields: Vec<String>,
    tokens: &mut std::iter::Peekable<std::vec::IntoIter<Spot<'a>>>,
) -> Vec<String> {
    while let Some(spot) =
        tokens.next_if(|spot| !spot.spaced && matches!(spot.token, Token::Field(_)))
    {
        if let Token::Field(name) = spot.token {
            fields.push(name.to_owned());
        }
    }
    fields
}

fn check_root(fields: &[String], position: usize) -> Result<(), SyntaxError> {
    match fields.first().map(String::as_str) {
        None => Err(error(
            position,
            "the dot alone is not supported: name .Labels, .Value, .ExternalLabels or .ExternalURL",
        )),
        Some(field) if ROOT_FIELDS.contains(&field) => Ok(()),
        Some(field) => Err(error(
            position,
            format!("no field {field:?}: there are .Labels, .Value, .ExternalLabels, .ExternalURL"),
        )),
    }
}

fn nothing_after(rest: &[Spot<'_>], word: &str) -> Result<(), SyntaxError> {
    match rest.first() {
        None => Ok(()),
        Some(spot) => Err(error(
            spot.position,
            format!("unexpected text after {{{{{word}"),
        )),
    }
}

fn function(name: &str, position: usize) -> Result<Function, SyntaxError> {
    Function::named(name).map_err(|reason| match reason {
        Unusable::Unsupported => error(
            position,
            format!("`{name}` is not supported in templates of alerts"),
        ),
        Unusable::Unknown => error(position, format!("function {name:?} not defined")),
    })
}

fn command(
    operands: Vec<(Operand, usize)>,
    is_piped: bool,
    position: usize,
) -> Result<Command, SyntaxError> {
    let mut operands = operands.into_iter();
    let Some((first, position)) = operands.next() else {
        return Err(error(position, "missing value"));
    };
    let mut arguments: Vec<Operand> = Vec::new();
    for (operand, position) in operands {
        if let Operand::Call(function) = operand {
            function
                .check_count(0)
                .map_err(|message| error(position, message))?;
        }
        arguments.push(operand);
    }
    let Operand::Call(function) = first else {
        if arguments.is_empty() && !is_piped {
            return Ok(Command::Operand(first));
        }
        let message = "only a function takes arguments; this is a value";
        return Err(error(position, message));
    };
    function
        .check_count(arguments.len() + usize::from(is_piped))
        .map_err(|message| error(position, message))?;
    special(function, arguments).map_err(|message| error(position, message))
}

/// What can be prepared once, and checked before any alert, is.
fn special(function: Function, mut arguments: Vec<Operand>) -> Result<Command, String> {
    match function {
        Function::Printf => match arguments.first() {
            Some(Operand::Literal(Value::Text(format))) => {
                let format = Format::parse(format)?;
                arguments.remove(0);
                Ok(Command::Printf { format, arguments })
            }
            _ => Err("the format of printf must be a text in quotes".to_owned()),
        },
        Function::Match | Function::ReReplaceAll => {
            if let Some(Operand::Literal(Value::Text(pattern))) = arguments.first() {
                let regex = Box::new(super::functions::regex(pattern)?);
                arguments.remove(0);
                let replaces = function == Function::ReReplaceAll;
                return Ok(Command::Regex {
                    regex,
                    replaces,
                    arguments,
                });
            }
            Ok(Command::Call {
                function,
                arguments,
            })
        }
        _ => Ok(Command::Call {
            function,
            arguments,
        }),
    }
}
