//! The tokens of Alertmanager's newer matchers.

use super::MatchOp;
use crate::go_text;

#[derive(Debug, PartialEq, Eq)]
pub enum Token {
    OpenBrace,
    CloseBrace,
    Comma,
    Op(MatchOp),
    /// Unquoted already.
    Text(String),
}

/// What ends a text without quotes.
pub fn is_reserved(c: char) -> bool {
    c.is_whitespace() || "{}!=~,\\\"'`".contains(c)
}

/// `None` where it is no sequence of tokens.
pub fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let (token, after) = match c {
            '{' => (Token::OpenBrace, after),
            '}' => (Token::CloseBrace, after),
            ',' => (Token::Comma, after),
            '=' | '!' => operator(rest)?,
            '"' => quoted(after)?,
            c if c.is_whitespace() => {
                rest = after;
                continue;
            }
            c if is_reserved(c) => return None,
            _ => {
                let end = rest.find(is_reserved).unwrap_or(rest.len());
                (Token::Text(rest[..end].to_owned()), &rest[end..])
            }
        };
        found.push(token);
        rest = after;
    }
    Some(found)
}

fn operator(rest: &str) -> Option<(Token, &str)> {
    let ops = [
        ("=~", MatchOp::Matches),
        ("!~", MatchOp::NotMatches),
        ("!=", MatchOp::NotEqual),
        ("=", MatchOp::Equal),
    ];
    ops.into_iter()
        .find_map(|(written, op)| Some((Token::Op(op), rest.strip_prefix(written)?)))
}

fn quoted(rest: &str) -> Option<(Token, &str)> {
    let mut escaped = false;
    let end = rest.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    let text = go_text::unquoted(&rest[..end])?;
    Some((Token::Text(text), &rest[end + 1..]))
}
