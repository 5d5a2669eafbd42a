//! The operands of a command, and the command they make.

use super::functions::{self, Function, Unusable};
use super::lexer::{Spot, Token};
use super::parser::{Parser, ROOT_FIELDS, SyntaxError, error};
use super::printf::Format;
use super::syntax::{Command, Operand};
use super::value::Value;

type Tokens<'a> = std::iter::Peekable<std::vec::IntoIter<Spot<'a>>>;

impl<'a> Parser<'a> {
    /// Operands up to a pipe or a closing parenthesis, which stay.
    pub fn operands(
        &mut self,
        tokens: &mut Tokens<'a>,
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
        tokens: &mut Tokens<'a>,
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
fn fields<'a>(mut fields: Vec<String>, tokens: &mut Tokens<'a>) -> Vec<String> {
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

fn function(name: &str, position: usize) -> Result<Function, SyntaxError> {
    Function::named(name).map_err(|reason| match reason {
        Unusable::Unsupported => error(
            position,
            format!("`{name}` is not supported in templates of alerts"),
        ),
        Unusable::Unknown => error(position, format!("function {name:?} not defined")),
    })
}

pub fn command(
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
                let regex = Box::new(functions::regex(pattern)?);
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
