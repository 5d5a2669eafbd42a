use super::lexer::{self, Piece, Spot, Token};
use super::operands::command;
use super::syntax::{Node, Pipeline, Target};

const MAX_DEPTH: usize = 50;

/// The variables every template begins with.
pub const GIVEN: [&str; 5] = ["", "labels", "externalLabels", "externalURL", "value"];

/// What the dot holds outside of `with`.
pub const ROOT_FIELDS: [&str; 4] = ["Labels", "ExternalLabels", "ExternalURL", "Value"];

#[derive(Debug, PartialEq)]
pub struct SyntaxError {
    /// Byte offset in the template.
    pub position: usize,
    pub message: String,
}

pub fn error(position: usize, message: impl Into<String>) -> SyntaxError {
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

pub struct Parser<'a> {
    pieces: std::vec::IntoIter<Piece<'a>>,
    variables: Vec<String>,
    pub with_depth: usize,
    pub depth: usize,
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

    pub fn deeper(&mut self, position: usize) -> Result<(), SyntaxError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(error(position, "nested too deeply"));
        }
        Ok(())
    }

    pub fn pipeline(
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

    pub fn known(&self, name: &str, position: usize) -> Result<(), SyntaxError> {
        if self.variables.iter().any(|variable| variable == name) {
            return Ok(());
        }
        Err(error(position, format!("undefined variable \"${name}\"")))
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
