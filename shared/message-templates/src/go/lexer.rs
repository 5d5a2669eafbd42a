//! From text to words.

use super::literal;
use crate::problem::TemplateProblem;

/// A text outside of `{{ }}`, or the words inside.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    Action { line: usize, words: Vec<Word> },
}

/// One word of an action.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Word {
    /// `.` alone.
    Dot,
    /// `.name`; glued where no space is before it, so that it belongs to what precedes.
    Field {
        name: String,
        glued: bool,
    },
    /// `$name`; `$` has the empty name.
    Variable(String),
    /// A function or a keyword.
    Name(String),
    Text(String),
    Integer(i64),
    /// `(`, `)`, `|`, `,`, `=` and `:=`.
    Sign(&'static str),
}

const OPEN: &str = "{{";
const CLOSE: &str = "}}";
const SIGNS: [&str; 6] = [":=", "=", "(", ")", "|", ","];

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Cuts a template into texts and actions, spaces trimmed where `{{-` and `-}}` say so.
pub(crate) fn pieces(template: &str) -> Result<Vec<Piece>, TemplateProblem> {
    let mut pieces = Vec::new();
    let mut rest = template;
    let mut trim_start = false;
    loop {
        let line = line_at(template, rest);
        let (text, action) = match rest.find(OPEN) {
            Some(at) => (&rest[..at], Some(&rest[at + OPEN.len()..])),
            None => (rest, None),
        };
        let mut text = if trim_start {
            text.trim_start_matches(is_space)
        } else {
            text
        };
        let trims = action
            .is_some_and(|inside| inside.starts_with('-') && inside[1..].starts_with(is_space));
        if trims {
            text = text.trim_end_matches(is_space);
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text.to_owned()));
        }
        let Some(inside) = action else {
            return Ok(pieces);
        };
        let inside = if trims { &inside[1..] } else { inside };
        let line = line + line_breaks(&rest[..rest.len() - inside.len()]);
        let mut scan = Scan {
            whole: inside,
            rest: inside,
            line,
        };
        let (words, trims_after) = scan.action()?;
        trim_start = trims_after;
        if let Some(words) = words {
            pieces.push(Piece::Action { line, words });
        }
        rest = scan.rest;
    }
}

fn line_breaks(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

fn line_at(template: &str, rest: &str) -> usize {
    1 + line_breaks(&template[..template.len() - rest.len()])
}

struct Scan<'a> {
    whole: &'a str,
    rest: &'a str,
    line: usize,
}

impl<'a> Scan<'a> {
    /// The words up to the end of the action, none where it is a comment; and whether it trims what follows.
    fn action(&mut self) -> Result<(Option<Vec<Word>>, bool), TemplateProblem> {
        let comment = self.rest.trim_start_matches(is_space);
        if comment.starts_with("/*") {
            let end = comment
                .find("*/")
                .ok_or_else(|| self.problem("/*", "the comment has no end"))?;
            self.rest = &comment[end + 2..];
            let ends = self.end();
            let trims =
                ends.ok_or_else(|| self.problem("*/", "a comment stands alone between {{ and }}"))?;
            return Ok((None, trims));
        }
        let mut words = Vec::new();
        loop {
            if let Some(trims) = self.end() {
                return Ok((Some(words), trims));
            }
            let before = self.rest;
            self.rest = self.rest.trim_start_matches(is_space);
            let glued = before.len() == self.rest.len() && !words.is_empty();
            if self.rest.is_empty() {
                return Err(self.problem("{{", "the action is not closed by }}"));
            }
            if !self.rest.starts_with(CLOSE) {
                words.push(self.word(glued)?);
            }
        }
    }

    /// Whether the action ends here, and trims.
    fn end(&mut self) -> Option<bool> {
        if let Some(rest) = self.rest.strip_prefix(CLOSE) {
            self.rest = rest;
            return Some(false);
        }
        let spaceless = self.rest.trim_start_matches(is_space);
        let has_space = spaceless.len() < self.rest.len();
        let rest = spaceless.strip_prefix("-}}").filter(|_| has_space)?;
        self.rest = rest;
        Some(true)
    }

    fn word(&mut self, glued: bool) -> Result<Word, TemplateProblem> {
        if let Some(sign) = SIGNS.into_iter().find(|sign| self.rest.starts_with(sign)) {
            self.rest = &self.rest[sign.len()..];
            return Ok(Word::Sign(sign));
        }
        let first = self.rest.chars().next().unwrap_or_default();
        match first {
            '.' => {
                self.rest = &self.rest[1..];
                let name = self.name();
                Ok(match name {
                    "" if self.rest.starts_with(|c: char| c.is_ascii_digit()) => {
                        return Err(self.problem(".", "a number with a fraction is not supported"));
                    }
                    "" => Word::Dot,
                    name => Word::Field {
                        name: name.to_owned(),
                        glued,
                    },
                })
            }
            '$' => {
                self.rest = &self.rest[1..];
                Ok(Word::Variable(self.name().to_owned()))
            }
            '"' => {
                let read = literal::quoted(&self.rest[1..]);
                let (text, len) = read.ok_or_else(|| {
                    self.problem("\"", "the text in quotes is not one that can be read")
                })?;
                self.rest = &self.rest[1 + len..];
                Ok(Word::Text(text))
            }
            '`' => {
                let end = self.rest[1..].find('`');
                let end = end.ok_or_else(|| self.problem("`", "the text has no closing quote"))?;
                let text = self.rest[1..=end].to_owned();
                self.rest = &self.rest[end + 2..];
                Ok(Word::Text(text.replace('\r', "")))
            }
            '-' | '+' | '0'..='9' => self.number(),
            _ if first.is_alphabetic() || first == '_' => Ok(Word::Name(self.name().to_owned())),
            _ => Err(self.problem(&first.to_string(), "this character is not supported here")),
        }
    }

    fn name(&mut self) -> &'a str {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name
    }

    fn number(&mut self) -> Result<Word, TemplateProblem> {
        let is_part = |c: char| c.is_alphanumeric() || "+-._".contains(c);
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        // A leading zero would make it an octal number.
        let digits = number.trim_start_matches(['+', '-']);
        let is_plain = digits == "0" || !digits.starts_with('0');
        match number.parse() {
            Ok(number) if is_plain => {
                self.rest = rest;
                Ok(Word::Integer(number))
            }
            _ => Err(self.problem(number, "only whole decimal numbers are supported")),
        }
    }

    fn problem(&self, construct: &str, message: &str) -> TemplateProblem {
        let line = self.line + line_breaks(&self.whole[..self.whole.len() - self.rest.len()]);
        TemplateProblem::new(line, construct, message)
    }
}
