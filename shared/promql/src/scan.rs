//! A light scan over PromQL's tokens.
//!
//! The parser crate keeps no positions in its tree, reads durations that Prometheus 2.42 refuses, and
//! drops the digits of a duration that overflow. So the text is scanned before it is parsed: tokens
//! with their places, numbers and durations checked where they stand.

use crate::ParseError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or keyword.
    Word,
    Number,
    Duration,
    Text,
    /// An operator or a bracket.
    Sign,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub position: usize,
}

impl Token<'_> {
    pub(crate) fn is(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }

    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether an operand can end with it, so that an operator may follow.
    pub(crate) fn ends_operand(&self) -> bool {
        self.kind != Kind::Sign || [")", "]", "}"].contains(&self.text)
    }
}

/// All tokens in order, without spaces and comments.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token<'_>>, ParseError> {
    let mut scanner = Scanner {
        text,
        at: 0,
        in_brackets: false,
        in_braces: false,
    };
    let mut found = Vec::new();
    while let Some(token) = scanner.next_token()? {
        found.push(token);
    }
    Ok(found)
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    in_brackets: bool,
    in_braces: bool,
}

const SIGNS: [&str; 24] = [
    "==", "!=", "<=", ">=", "=~", "!~", "=", "<", ">", "+", "-", "*", "/", "%", "^", "@", ",", "(",
    ")", "[", "]", "{", "}", ":",
];

impl<'a> Scanner<'a> {
    fn next_token(&mut self) -> Result<Option<Token<'a>>, ParseError> {
        self.skip_blanks();
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else {
            return Ok(None);
        };
        let second_is_digit = rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
        let (kind, len) = if first.is_ascii_digit() || (first == '.' && second_is_digit) {
            (Kind::Number, number_len(rest))
        } else if is_word_start(first) || (first == ':' && !self.in_brackets && !self.in_braces) {
            (Kind::Word, self.word_len(rest))
        } else if matches!(first, '"' | '\'' | '`') {
            (Kind::Text, self.text_len(rest, first)?)
        } else {
            (Kind::Sign, self.sign_len(rest, first)?)
        };
        let mut token = Token {
            kind,
            text: &rest[..len],
            position: self.at,
        };
        if kind == Kind::Number && duration_ms(token.text).is_some() {
            token.kind = Kind::Duration;
        } else if kind == Kind::Number && !is_number(token.text) {
            return Err(self.error(format!("bad number or duration syntax: {:?}", token.text)));
        }
        self.at += len;
        Ok(Some(token))
    }

    fn error(&self, message: String) -> ParseError {
        ParseError::new(self.text, self.at, message)
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.at += trimmed.find(['\n', '\r']).unwrap_or(trimmed.len());
        }
    }

    fn word_len(&self, rest: &str) -> usize {
        let colons = !self.in_braces && !self.in_brackets;
        rest.find(|c: char| !(is_word_start(c) || c.is_ascii_digit() || (colons && c == ':')))
            .unwrap_or(rest.len())
    }

    fn text_len(&self, rest: &str, quote: char) -> Result<usize, ParseError> {
        let mut escaped = false;
        for (at, c) in rest.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' if quote != '`' => escaped = true,
                '\n' if quote != '`' => break,
                c if c == quote => return Ok(at + 1),
                _ => {}
            }
        }
        Err(self.error("unterminated quoted string".to_owned()))
    }

    fn sign_len(&mut self, rest: &str, first: char) -> Result<usize, ParseError> {
        match first {
            '[' => self.in_brackets = true,
            ']' => self.in_brackets = false,
            '{' => self.in_braces = true,
            '}' => self.in_braces = false,
            _ => {}
        }
        SIGNS
            .iter()
            .find(|sign| rest.starts_with(**sign))
            .map(|sign| sign.len())
            .ok_or_else(|| self.error(format!("unexpected character: {first:?}")))
    }
}

fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

/// Digits, letters and dots in a row, with the sign of a decimal exponent.
fn number_len(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let hex = matches!(bytes, [b'0', b'x' | b'X', ..]);
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let signed_exponent = !hex
            && matches!(byte, b'+' | b'-')
            && matches!(bytes.get(at.wrapping_sub(1)), Some(b'e' | b'E'));
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || signed_exponent) {
            break;
        }
        at += 1;
    }
    at
}

fn is_number(text: &str) -> bool {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => i64::from_str_radix(hex, 16).is_ok(),
        None => text.parse::<f64>().is_ok(),
    }
}

/// A duration such as `1h30m` that isn't zero.
fn duration_ms(text: &str) -> Option<u64> {
    prometheus_notation::parse_duration_ms(text)
        .ok()
        .filter(|ms| *ms > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        tokens(text).unwrap().iter().map(|t| t.text).collect()
    }

    #[test]
    fn words_numbers_durations_texts_and_signs_are_told_apart() {
        assert_eq!(
            texts("sum by(a) (rate(x:y{b=~\"c}\\\"\",d!='e'}[5m:1m30s] offset -1h)) >= 1e-3 # end"),
            [
                "sum",
                "by",
                "(",
                "a",
                ")",
                "(",
                "rate",
                "(",
                "x:y",
                "{",
                "b",
                "=~",
                "\"c}\\\"\"",
                ",",
                "d",
                "!=",
                "'e'",
                "}",
                "[",
                "5m",
                ":",
                "1m30s",
                "]",
                "offset",
                "-",
                "1h",
                ")",
                ")",
                ">=",
                "1e-3"
            ]
        );
    }

    #[test]
    fn durations_are_as_strict_as_in_prometheus() {
        let cases = [
            ("5m", Some(300_000)),
            ("1h30m", Some(5_400_000)),
            ("1d5ms", Some(86_400_005)),
            ("0s", None),
            ("30m1h", None),
            ("1h1h", None),
            ("1.5h", None),
            ("5000000000s", Some(5_000_000_000_000)),
            ("293y", None),
            ("99999999999999999999s", None),
            ("5", None),
        ];
        for (text, expected) in cases {
            assert_eq!(duration_ms(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_token_is_named_with_its_place() {
        for (text, position) in [("up + $", 5), ("up + 'a", 5), ("up +\n 5q", 6), ("é", 0)] {
            assert_eq!(tokens(text).unwrap_err().position, position, "{text}");
        }
    }
}
