//! Texts and actions, and the tokens of an action.

use super::parser::SyntaxError;

/// A piece of the template before its actions are understood.
#[derive(Debug, PartialEq)]
pub enum Piece<'a> {
    Text(String),
    Action { position: usize, body: &'a str },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Token<'a> {
    Identifier(&'a str),
    /// Without its dot.
    Field(&'a str),
    Dot,
    /// Without its `$`.
    Variable(&'a str),
    Text(String),
    Integer(i64),
    Number(f64),
    Open,
    Close,
    Pipe,
    Declare,
    Assign,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Spot<'a> {
    pub token: Token<'a>,
    /// Byte offset in the template.
    pub position: usize,
    /// Whether white space stands before it.
    pub spaced: bool,
}

fn error(position: usize, message: impl Into<String>) -> SyntaxError {
    SyntaxError {
        position,
        message: message.into(),
    }
}

/// White space as Go's templates know it.
const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Splits at `{{` and `}}`; comments vanish, trim markers are applied.
pub fn pieces(template: &str) -> Result<Vec<Piece<'_>>, SyntaxError> {
    let mut pieces = Vec::new();
    let mut rest = template;
    let mut trims_left = false;
    while let Some(at) = rest.find("{{") {
        let open = template.len() - rest.len() + at;
        let mut inside = &rest[at + 2..];
        let trims_before = inside.starts_with('-') && inside[1..].starts_with(is_space);
        if trims_before {
            inside = &inside[1..];
        }
        push_text(&mut pieces, &rest[..at], trims_left, trims_before);
        let start = template.len() - inside.len();
        let (len, is_comment) = match inside.trim_start_matches(is_space).strip_prefix("/*") {
            Some(comment) if trims_before || inside.starts_with("/*") => {
                (comment_len(inside, comment, open)?, true)
            }
            _ => (action_len(inside, start)?, false),
        };
        let (body, after) = inside.split_at(len);
        rest = &after[2..];
        let trimmed = body.strip_suffix('-').filter(|b| b.ends_with(is_space));
        trims_left = trimmed.is_some();
        if !is_comment {
            pieces.push(Piece::Action {
                position: start,
                body: trimmed.unwrap_or(body),
            });
        }
    }
    push_text(&mut pieces, rest, trims_left, false);
    Ok(pieces)
}

fn push_text(pieces: &mut Vec<Piece<'_>>, mut text: &str, trims_start: bool, trims_end: bool) {
    if trims_start {
        text = text.trim_start_matches(is_space);
    }
    if trims_end {
        text = text.trim_end_matches(is_space);
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

fn comment_len(inside: &str, comment: &str, open: usize) -> Result<usize, SyntaxError> {
    let end = comment
        .find("*/")
        .ok_or_else(|| error(open, "unclosed comment"))?;
    let after = &comment[end + 2..];
    let marker = after.trim_start_matches(is_space);
    let closes =
        after.starts_with("}}") || (marker.len() < after.len() && marker.starts_with("-}}"));
    if !closes {
        return Err(error(open, "a comment ends before its closing }}"));
    }
    let marker_len = usize::from(marker.starts_with('-'));
    Ok(inside.len() - marker.len() + marker_len)
}

/// Bytes until the closing `}}`, which does not count inside of quotes.
fn action_len(inside: &str, start: usize) -> Result<usize, SyntaxError> {
    let mut at = 0;
    while let Some(c) = inside[at..].chars().next() {
        match c {
            '}' if inside[at..].starts_with("}}") => return Ok(at),
            '"' | '\'' | '`' => at += quoted_len(&inside[at..], start + at)?,
            '{' if inside[at..].starts_with("{{") => break,
            _ => at += c.len_utf8(),
        }
    }
    Err(error(start, "unclosed action: `}}` is missing"))
}

/// Bytes of the quoted text that `text` begins with, quotes included.
fn quoted_len(text: &str, position: usize) -> Result<usize, SyntaxError> {
    let mut chars = text.char_indices();
    let quote = chars.next().map_or('"', |(_, c)| c);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if quote != '`' => {
                chars.next();
            }
            '\n' if quote != '`' => break,
            c if c == quote => return Ok(at + 1),
            _ => {}
        }
    }
    Err(error(position, "unterminated quoted text"))
}

/// The tokens of one action's `body`, which begins at `position` of the template.
pub fn tokens(body: &str, position: usize) -> Result<Vec<Spot<'_>>, SyntaxError> {
    let mut tokens = Vec::new();
    let mut rest = body;
    loop {
        let trimmed = rest.trim_start_matches(is_space);
        let spaced = trimmed.len() < rest.len();
        rest = trimmed;
        let Some(first) = rest.chars().next() else {
            return Ok(tokens);
        };
        let here = position + body.len() - rest.len();
        let (token, len) = token(rest, first, here)?;
        tokens.push(Spot {
            token,
            position: here,
            spaced,
        });
        rest = &rest[len..];
    }
}

fn word_len(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len())
}

fn token(text: &str, first: char, position: usize) -> Result<(Token<'_>, usize), SyntaxError> {
    let rest = &text[first.len_utf8()..];
    Ok(match first {
        '(' => (Token::Open, 1),
        ')' => (Token::Close, 1),
        '|' => (Token::Pipe, 1),
        '=' => (Token::Assign, 1),
        ':' if rest.starts_with('=') => (Token::Declare, 2),
        '"' | '`' | '\'' => {
            let len = quoted_len(text, position)?;
            (quoted(&text[..len], position)?, len)
        }
        '$' => {
            let len = word_len(rest);
            (Token::Variable(&rest[..len]), 1 + len)
        }
        '.' if !rest.starts_with(|c: char| c.is_ascii_digit()) => {
            let len = word_len(rest);
            let field = &rest[..len];
            let token = if len == 0 {
                Token::Dot
            } else {
                Token::Field(field)
            };
            (token, 1 + len)
        }
        '+' | '-' | '.' | '0'..='9' => number(text, position)?,
        c if c.is_alphabetic() || c == '_' => {
            let len = word_len(text);
            (Token::Identifier(&text[..len]), len)
        }
        c => return Err(error(position, format!("unexpected {c:?}"))),
    })
}

fn number(text: &str, position: usize) -> Result<(Token<'_>, usize), SyntaxError> {
    let mut previous = ' ';
    let len = text
        .find(|c: char| {
            let signs = previous == ' ' || matches!(previous, 'e' | 'E');
            let belongs = c.is_ascii_alphanumeric()
                || matches!(c, '.' | '_')
                || (signs && matches!(c, '+' | '-'));
            previous = c;
            !belongs
        })
        .unwrap_or(text.len());
    let written = &text[..len];
    let bad = || error(position, format!("bad number syntax: {written:?}"));
    let is_radix = written.trim_start_matches(['+', '-']).starts_with("0x");
    if !is_radix && written.contains(['.', 'e', 'E']) {
        let number: f64 = written.parse().map_err(|_| bad())?;
        return Ok((Token::Number(number), len));
    }
    let (sign, digits) = match written.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", written.strip_prefix('+').unwrap_or(written)),
    };
    let (digits, radix) = match digits.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (digits, 10),
    };
    // Go reads 010 as 8, which nobody means.
    if digits.starts_with(['+', '-'])
        || (radix == 10 && digits.len() > 1 && digits.starts_with('0'))
    {
        return Err(bad());
    }
    let number = i64::from_str_radix(&format!("{sign}{digits}"), radix).map_err(|_| bad())?;
    Ok((Token::Integer(number), len))
}

fn quoted(quoted: &str, position: usize) -> Result<Token<'static>, SyntaxError> {
    let inner = &quoted[1..quoted.len() - 1];
    if quoted.starts_with('`') {
        return Ok(Token::Text(inner.replace('\r', "")));
    }
    let text = unescape(inner)
        .ok_or_else(|| error(position, format!("bad escape in the quoted text {quoted}")))?;
    if quoted.starts_with('"') {
        return Ok(Token::Text(text));
    }
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(Token::Integer(i64::from(u32::from(c)))),
        _ => Err(error(
            position,
            format!("{quoted} is no character: put texts in double quotes"),
        )),
    }
}

/// Go's escapes, without those of single bytes above ASCII, which are no text.
fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let coded = |digits: String, radix| {
            u32::from_str_radix(&digits, radix)
                .ok()
                .and_then(char::from_u32)
        };
        let mut take = |count: usize| chars.by_ref().take(count).collect::<String>();
        out.push(match take(1).chars().next()? {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            quote @ ('\\' | '"' | '\'') => quote,
            'x' => coded(take(2), 16).filter(char::is_ascii)?,
            'u' => coded(take(4), 16)?,
            'U' => coded(take(8), 16)?,
            digit @ '0'..='7' => coded(format!("{digit}{}", take(2)), 8).filter(char::is_ascii)?,
            _ => return None,
        });
    }
    Some(out)
}
