//! The parser of Alertmanager before 0.27: `pkg/labels`.

use super::{MAX_IN_ONE_TEXT, MatchOp, Matcher, MatcherError};

/// Matchers between commas that are not in quotes, in optional braces.
pub fn matchers(text: &str) -> Result<Vec<Matcher>, MatcherError> {
    let text = text.strip_prefix('{').unwrap_or(text);
    let text = text.strip_suffix('}').unwrap_or(text);
    let parts = split(text);
    if parts.len() > MAX_IN_ONE_TEXT {
        return Err(MatcherError::TooMany);
    }
    parts.into_iter().map(matcher).collect()
}

fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut in_quotes, mut escaped) = (0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            ',' if !in_quotes => {
                parts.push(&text[start..at]);
                start = at + 1;
                // As Alertmanager: a separator does not end an escape.
                continue;
            }
            // A comma in quotes leaves an escape as it is, too.
            ',' => {}
            '"' if escaped => escaped = false,
            '"' => in_quotes = !in_quotes,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    let last = &text[start..];
    if !last.trim().is_empty() {
        parts.push(last.trim());
    }
    parts
}

/// White space of Go's regular expressions.
const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{c}' | '\r')
}

/// One matcher; its value may be in quotes.
pub fn matcher(text: &str) -> Result<Matcher, MatcherError> {
    let bad = || MatcherError::Format(text.to_owned());
    let rest = text.trim_start_matches(is_space);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(bad());
    }
    let rest = rest.trim_start_matches(is_space);
    let ops = [
        ("=~", MatchOp::Matches),
        ("=", MatchOp::Equal),
        ("!=", MatchOp::NotEqual),
        ("!~", MatchOp::NotMatches),
    ];
    let found = ops
        .into_iter()
        .find_map(|(written, op)| Some((op, rest.strip_prefix(written)?)));
    let (op, value) = found.ok_or_else(bad)?;
    Matcher::new(name, op, &unescaped(value.trim_matches(is_space))?)
}

/// `\"`, `\n` and `\\` are escapes; any other backslash is itself.
fn unescaped(raw: &str) -> Result<String, MatcherError> {
    let quote = || MatcherError::Quote(raw.to_owned());
    let (mut rest, quoted) = match raw.strip_prefix('"') {
        Some(rest) => (rest, true),
        None => (raw, false),
    };
    if quoted {
        rest = rest.strip_suffix('"').ok_or_else(quote)?;
    }
    let mut value = String::with_capacity(rest.len());
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Err(quote()),
            // The closing quote would have been escaped.
            '\\' => match chars.next() {
                None if quoted => return Err(quote()),
                None => value.push('\\'),
                Some('n') => value.push('\n'),
                Some(c @ ('"' | '\\')) => value.push(c),
                Some(c) => value.extend(['\\', c]),
            },
            c => value.push(c),
        }
    }
    Ok(value)
}
