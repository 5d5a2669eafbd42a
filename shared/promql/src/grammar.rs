//! What the scan says before and after the parser: durations in their places, constructs newer than
//! Prometheus 2.42, and the place of what does not parse.

use crate::scan::{Kind, Token};
use crate::{ParseError, Unsupported};

/// More tokens than any rule has; keeps recursion over the tree within a thread's stack.
const MAX_TOKENS: usize = 4_000;
/// Brackets and operators nest the tree; so many fit into 2 MB of stack, with a wide margin.
const MAX_DEPTH: usize = 200;
const MAX_OPERATORS: usize = 500;

const LIST_WORDS: [&str; 6] = [
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
];

/// Refuses what the parser would read in another way than Prometheus 2.42, or not survive.
pub(crate) fn before_parsing(text: &str, tokens: &[Token<'_>]) -> Result<(), ParseError> {
    let refuse = |at: usize, message: &str| {
        let position = tokens.get(at).map_or(text.len(), |t| t.position);
        Err(ParseError::new(text, position, message))
    };
    if tokens.is_empty() {
        return refuse(0, "no expression found in input");
    }
    if tokens.len() > MAX_TOKENS {
        return refuse(MAX_TOKENS, "expression is too long");
    }
    let operators = tokens.iter().enumerate().filter(|(_, t)| is_nesting(t));
    if let Some((at, _)) = operators.clone().nth(MAX_OPERATORS) {
        return refuse(at, "expression has too many operators");
    }
    let mut depth = 0_usize;
    let mut in_brackets = false;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "(" if token.kind == Kind::Sign => depth += 1,
            ")" if token.kind == Kind::Sign => depth = depth.saturating_sub(1),
            "[" if token.kind == Kind::Sign => in_brackets = true,
            "]" if token.kind == Kind::Sign => in_brackets = false,
            _ => {}
        }
        if depth > MAX_DEPTH {
            return refuse(at, "expression is nested too deeply");
        }
        let wants_duration = in_brackets || follows_offset(tokens, at);
        match token.kind {
            Kind::Number | Kind::Word if wants_duration => {
                return refuse(at, "expected a duration such as 5m");
            }
            Kind::Duration if !wants_duration => {
                return refuse(at, "unexpected duration");
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether the token stands after `offset`, `offset +` or `offset -` used as a keyword.
fn follows_offset(tokens: &[Token<'_>], at: usize) -> bool {
    let signed = at >= 2 && (tokens[at - 1].is("+") || tokens[at - 1].is("-"));
    let keyword = if signed { at - 2 } else { at.wrapping_sub(1) };
    keyword >= 1
        && tokens.get(keyword).is_some_and(|t| t.is_word("offset"))
        && tokens[keyword - 1].ends_operand()
        && !tokens[keyword - 1].is_word("by")
}

/// Constructs that the parser knows and Prometheus 2.42 does not.
pub(crate) fn newer_than_supported(text: &str, tokens: &[Token<'_>]) -> Option<Unsupported> {
    let mut in_braces = false;
    let mut list_depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        let previous = at.checked_sub(1).map(|before| tokens[before]);
        let opens_list = token.is("(")
            && previous.is_some_and(|p| LIST_WORDS.iter().any(|word| p.is_word(word)));
        if token.is("{") || token.is("}") {
            in_braces = token.is("{");
        } else if opens_list {
            list_depth = 1;
        } else if token.is(")") {
            list_depth = 0;
        }
        if token.kind != Kind::Text {
            continue;
        }
        let is_value = previous.is_some_and(|p| ["=", "!=", "=~", "!~"].contains(&p.text));
        if list_depth > 0 || (in_braces && !is_value) {
            return Some(Unsupported::new(text, token.position, "quoted label name"));
        }
        if has_byte_escape(token.text) {
            let construct = "escaped byte outside of ASCII";
            return Some(Unsupported::new(text, token.position, construct));
        }
    }
    None
}

/// `\x80` and `\200` are bytes in Go, and characters to the parser.
fn has_byte_escape(text: &str) -> bool {
    let mut rest = text.bytes();
    let raw = text.starts_with('`');
    while let Some(byte) = rest.next() {
        if raw || byte != b'\\' {
            continue;
        }
        match (rest.next(), rest.clone().next()) {
            (Some(b'x'), Some(high)) if !high.is_ascii_digit() || high >= b'8' => return true,
            (Some(b'2' | b'3'), _) => return true,
            _ => {}
        }
    }
    false
}

/// The parser's message, at the place it most likely means.
pub(crate) fn parse_error(text: &str, tokens: &[Token<'_>], message: &str) -> ParseError {
    if let Some(misplaced) = first_misplaced(tokens) {
        let (position, found) = match tokens.get(misplaced) {
            Some(token) => (token.position, format!("unexpected {:?}", token.text)),
            None => (text.len(), "unexpected end of input".to_owned()),
        };
        return ParseError::new(text, position, found);
    }
    let named = message.split('\'').nth(1);
    let regex = message.strip_prefix("illegal regex for ");
    let quotes = |token: &Token<'_>| {
        token.kind == Kind::Text && regex.is_some_and(|regex| token.text.contains(regex))
    };
    let position = tokens
        .iter()
        .find(|token| named == Some(token.text) || quotes(token))
        .map_or(0, |token| token.position);
    ParseError::new(text, position, message)
}

/// Index of the first token that can't stand where it stands, by telling operands from operators.
fn first_misplaced(tokens: &[Token<'_>]) -> Option<usize> {
    let mut expects_operand = true;
    let mut open = 0_usize;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        open += usize::from(token.is("("));
        open = open.saturating_sub(usize::from(token.is(")")));
        let next_opens = tokens.get(at + 1).is_some_and(|t| t.is("("));
        let closes_call = token.is(")") && at > 0 && tokens[at - 1].is("(");
        if token.is("[") || token.is("{") {
            let close = if token.is("[") { "]" } else { "}" };
            at += tokens[at..].iter().position(|t| t.is(close))?;
            expects_operand = false;
        } else if next_opens && LIST_WORDS.iter().any(|word| token.is_word(word)) {
            at += tokens[at..].iter().position(|t| t.is(")"))?;
        } else if expects_operand {
            match token.kind {
                Kind::Sign if ["(", "+", "-"].contains(&token.text) || closes_call => {
                    expects_operand = !closes_call;
                }
                Kind::Sign => return Some(at),
                Kind::Word if token.is_word("bool") => {}
                _ => expects_operand = next_opens,
            }
        } else if is_operator(token) {
            expects_operand = token.text != ")";
        } else {
            return Some(at);
        }
        at += 1;
    }
    (expects_operand || open > 0).then_some(tokens.len())
}

/// Whether it makes a level of the tree without a bracket.
fn is_nesting(token: &Token<'_>) -> bool {
    is_operator(token) && ![")", "]", "}", ",", "@"].contains(&token.text)
}

fn is_operator(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Sign => !["(", "[", "{", "=", "=~", "!~", ":"].contains(&token.text),
        Kind::Word => ["and", "or", "unless", "atan2", "offset"]
            .iter()
            .any(|word| token.is_word(word)),
        _ => false,
    }
}
