//! From words to a tree.

use super::lexer::{Piece, Word, pieces};
use super::syntax::{Kind, Node, Operand, Pipe};
use crate::problem::TemplateProblem;

/// The longest template that is read, in bytes.
pub(crate) const MAX_BYTES: usize = 64 * 1024;
/// So deep may blocks and brackets stand in each other.
const MAX_DEPTH: usize = 20;

/// What ends a list of nodes.
#[derive(Debug, PartialEq)]
enum Stop {
    Template,
    End,
    /// `else`, and what follows it on its own: `if` or `with`.
    Else(Option<(String, Pipe)>),
}

/// Reads a template.
pub(crate) fn parse(template: &str) -> Result<Vec<Node>, TemplateProblem> {
    if template.len() > MAX_BYTES {
        let message = format!("longer than {MAX_BYTES} bytes");
        return Err(TemplateProblem::new(1, "{{", message));
    }
    let mut parser = Parser {
        pieces: pieces(template)?.into_iter(),
        line: 1,
        depth: 0,
        loops: 0,
    };
    let (nodes, end) = parser.nodes()?;
    match end {
        Stop::Template => Ok(nodes),
        Stop::End => Err(parser.problem("end", "nothing is open that it could end")),
        Stop::Else(_) => Err(parser.problem("else", "there is no if, range or with before it")),
    }
}

struct Parser {
    pieces: std::vec::IntoIter<Piece>,
    line: usize,
    depth: usize,
    loops: usize,
}

impl Parser {
    fn problem(&self, construct: &str, message: &str) -> TemplateProblem {
        TemplateProblem::new(self.line, construct, message)
    }

    fn nodes(&mut self) -> Result<(Vec<Node>, Stop), TemplateProblem> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            let (line, words) = match piece {
                Piece::Text(text) => {
                    nodes.push(Node::Text(text));
                    continue;
                }
                Piece::Action { line, words } => (line, words),
            };
            self.line = line;
            let keyword = match words.first() {
                Some(Word::Name(name)) => name.as_str(),
                _ => "",
            };
            let rest = words.get(1..).unwrap_or_default();
            match keyword {
                "end" if rest.is_empty() => return Ok((nodes, Stop::End)),
                "else" => return Ok((nodes, self.otherwise(rest)?)),
                "if" | "with" | "range" => {
                    let pipe = self.pipe(rest)?;
                    nodes.push(self.block(keyword, pipe)?);
                }
                "template" => nodes.push(self.template(rest)?),
                "break" | "continue" if rest.is_empty() => nodes.push(self.jump(keyword)?),
                "define" | "block" => {
                    return Err(self.problem(
                        keyword,
                        "templates of one's own are not supported; write the text in its place",
                    ));
                }
                _ => nodes.push(self.action(&words)?),
            }
        }
        Ok((nodes, Stop::Template))
    }

    fn otherwise(&self, rest: &[Word]) -> Result<Stop, TemplateProblem> {
        match rest {
            [] => Ok(Stop::Else(None)),
            [Word::Name(keyword), rest @ ..] if keyword == "if" || keyword == "with" => {
                let pipe = self.pipe(rest)?;
                Ok(Stop::Else(Some((keyword.clone(), pipe))))
            }
            _ => Err(self.problem("else", "only if or with may follow it")),
        }
    }

    fn block(&mut self, keyword: &str, pipe: Pipe) -> Result<Node, TemplateProblem> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.problem(keyword, "blocks stand too deep in each other"));
        }
        let opened = pipe.line;
        self.loops += usize::from(keyword == "range");
        let (body, end) = self.nodes()?;
        self.loops -= usize::from(keyword == "range");
        let otherwise = match end {
            Stop::End => Vec::new(),
            Stop::Else(Some((next, pipe))) if keyword != "range" => vec![self.block(&next, pipe)?],
            Stop::Else(Some(_)) => return Err(self.problem("else", "only a bare else fits range")),
            Stop::Else(None) => match self.nodes()? {
                (otherwise, Stop::End) => otherwise,
                _ => return Err(TemplateProblem::new(opened, keyword, "it has no end")),
            },
            Stop::Template => return Err(TemplateProblem::new(opened, keyword, "it has no end")),
        };
        self.depth -= 1;
        Ok(match keyword {
            "if" => Node::If(pipe, body, otherwise),
            "with" => Node::With(pipe, body, otherwise),
            _ => Node::Range(pipe, body, otherwise),
        })
    }

    fn jump(&self, keyword: &str) -> Result<Node, TemplateProblem> {
        match (self.loops, keyword) {
            (0, _) => Err(self.problem(keyword, "it stands in no range")),
            (_, "break") => Ok(Node::Break),
            _ => Ok(Node::Continue),
        }
    }

    fn template(&self, rest: &[Word]) -> Result<Node, TemplateProblem> {
        let [Word::Text(name), rest @ ..] = rest else {
            return Err(self.problem("template", "the name of a template in quotes has to follow"));
        };
        let given = if rest.is_empty() {
            None
        } else {
            Some(self.pipe(rest)?)
        };
        Ok(Node::Template {
            line: self.line,
            name: name.clone(),
            given,
        })
    }

    fn action(&self, words: &[Word]) -> Result<Node, TemplateProblem> {
        let pipe = self.pipe(words)?;
        match pipe.variables.len() {
            0 => Ok(Node::Print(pipe)),
            1 => Ok(Node::Declare(pipe)),
            _ => Err(self.problem(":=", "only range gives two variables")),
        }
    }

    fn pipe(&self, words: &[Word]) -> Result<Pipe, TemplateProblem> {
        let mut reader = Reader {
            words,
            at: 0,
            line: self.line,
            depth: self.depth,
        };
        let pipe = reader.pipe()?;
        match reader.peek() {
            None => Ok(pipe),
            Some(word) => Err(self.problem(&shown(word), "it has no place here")),
        }
    }
}

fn shown(word: &Word) -> String {
    match word {
        Word::Dot => ".".to_owned(),
        Word::Field { name, .. } => format!(".{name}"),
        Word::Variable(name) => format!("${name}"),
        Word::Name(name) => name.clone(),
        Word::Text(text) => format!("{text:?}"),
        Word::Integer(number) => number.to_string(),
        Word::Sign(sign) => (*sign).to_owned(),
    }
}

/// Reads the words of one action.
struct Reader<'a> {
    words: &'a [Word],
    at: usize,
    line: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a Word> {
        self.words.get(self.at)
    }

    fn is_sign(&self, at: usize, wanted: &str) -> bool {
        matches!(self.words.get(at), Some(Word::Sign(sign)) if *sign == wanted)
    }

    fn problem(&self, construct: &str, message: &str) -> TemplateProblem {
        TemplateProblem::new(self.line, construct, message)
    }

    fn pipe(&mut self) -> Result<Pipe, TemplateProblem> {
        let variables = self.variables()?;
        let mut commands = Vec::new();
        loop {
            let command = self.command()?;
            let begins_with_value = command.first().is_some_and(|first| {
                matches!(first.kind, Kind::Text(_) | Kind::Integer(_) | Kind::Bool(_))
            });
            if command.is_empty() {
                let construct = if commands.is_empty() { "{{" } else { "|" };
                return Err(self.problem(construct, "a value is missing"));
            }
            if !commands.is_empty() && begins_with_value {
                return Err(self.problem("|", "a function has to follow"));
            }
            commands.push(command);
            if !self.is_sign(self.at, "|") {
                break;
            }
            self.at += 1;
        }
        Ok(Pipe {
            line: self.line,
            variables,
            commands,
        })
    }

    /// `$a :=` or `$a, $b :=`.
    fn variables(&mut self) -> Result<Vec<String>, TemplateProblem> {
        let Some(Word::Variable(first)) = self.peek() else {
            return Ok(Vec::new());
        };
        if self.is_sign(self.at + 1, ":=") {
            self.at += 2;
            return Ok(vec![first.clone()]);
        }
        if self.is_sign(self.at + 1, "=") {
            return Err(self.problem(
                "=",
                "a variable can't be given another value here; declare one with :=",
            ));
        }
        if self.is_sign(self.at + 1, ",")
            && let Some(Word::Variable(second)) = self.words.get(self.at + 2)
            && self.is_sign(self.at + 3, ":=")
        {
            self.at += 4;
            return Ok(vec![first.clone(), second.clone()]);
        }
        Ok(Vec::new())
    }

    fn command(&mut self) -> Result<Vec<Operand>, TemplateProblem> {
        let mut operands = Vec::new();
        while let Some(operand) = self.operand()? {
            operands.push(operand);
        }
        Ok(operands)
    }

    fn operand(&mut self) -> Result<Option<Operand>, TemplateProblem> {
        let Some(word) = self.peek() else {
            return Ok(None);
        };
        let mut fields = Vec::new();
        let kind = match word {
            Word::Sign("(") => {
                self.at += 1;
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(self.problem("(", "brackets stand too deep in each other"));
                }
                let pipe = self.pipe()?;
                self.depth -= 1;
                if !pipe.variables.is_empty() {
                    return Err(self.problem(":=", "no variable can be declared in brackets"));
                }
                if !self.is_sign(self.at, ")") {
                    return Err(self.problem("(", "the bracket is not closed"));
                }
                Kind::Pipe(Box::new(pipe))
            }
            Word::Sign(_) => return Ok(None),
            Word::Dot => Kind::Dot,
            Word::Field { name, .. } => {
                fields.push(name.clone());
                Kind::Dot
            }
            Word::Variable(name) => Kind::Variable(name.clone()),
            Word::Text(text) => Kind::Text(text.clone()),
            Word::Integer(number) => Kind::Integer(*number),
            Word::Name(name) => match name.as_str() {
                "true" => Kind::Bool(true),
                "false" => Kind::Bool(false),
                "nil" => return Err(self.problem("nil", "no value here can be nil")),
                name => Kind::Function(name.to_owned()),
            },
        };
        self.at += 1;
        while let Some(Word::Field { name, glued: true }) = self.peek() {
            fields.push(name.clone());
            self.at += 1;
        }
        Ok(Some(Operand { kind, fields }))
    }
}
