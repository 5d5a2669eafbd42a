//! Regular expressions as Go reads them, in the words of the `regex` crate.
//!
//! The two agree on most; where they don't, one text means two things: `\d` is ASCII in Go, `&&` in a
//! class is two characters there, `\<` a bracket. Such pieces are rewritten; what can't be is refused.

use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;

const NAMED_CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// Why an expression was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Go refuses it as well.
    Invalid(String),
    /// Go knows it, we don't.
    Unsupported(String),
}

/// The same expression for the `regex` crate. `.` does not match a line break, as in Prometheus 2.
///
/// # Errors
/// Says whether Go would refuse it too.
pub fn from_go(go: &str) -> Result<String, Refused> {
    let mut rewriter = Rewriter {
        rest: go.chars().peekable(),
        out: String::with_capacity(go.len() + 8),
        has_dot: false,
    };
    rewriter.run()?;
    let Rewriter { out, has_dot, .. } = rewriter;
    let out = if has_dot { format!("(?-s:{out})") } else { out };
    match Regex::new(&out) {
        Ok(_) => Ok(out),
        Err(why) => Err(Refused::Invalid(format!("invalid regex {go:?}: {why}"))),
    }
}

/// Compiled and anchored at both ends.
///
/// # Errors
/// As [`from_go`].
pub fn anchored(go: &str) -> Result<Regex, Refused> {
    let rewritten = from_go(go)?;
    Regex::new(&format!("^(?:{rewritten})$")).map_err(|why| Refused::Invalid(why.to_string()))
}

struct Rewriter<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
    has_dot: bool,
}

impl Rewriter<'_> {
    fn run(&mut self) -> Result<(), Refused> {
        let mut repeats = false;
        while let Some(c) = self.rest.next() {
            let after_repeat = std::mem::take(&mut repeats);
            match c {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '{' => repeats = self.counted_repeat(after_repeat)?,
                '*' | '+' | '?' => {
                    let lazy = c == '?' && after_repeat;
                    if after_repeat && !lazy {
                        return Err(Refused::Invalid(
                            "invalid nested repetition operator".into(),
                        ));
                    }
                    repeats = !lazy;
                    self.out.push(c);
                }
                '(' => self.group()?,
                '.' => {
                    self.has_dot = true;
                    self.out.push(c);
                }
                _ => self.out.push(c),
            }
        }
        Ok(())
    }

    /// Flags beyond Go's `imsU` are not Go.
    fn group(&mut self) -> Result<(), Refused> {
        self.out.push('(');
        let mut ahead = self.rest.clone();
        if ahead.next() != Some('?') {
            return Ok(());
        }
        let head: String = ahead
            .take_while(|c| !matches!(c, ':' | ')' | '<'))
            .collect();
        let known = head == "P" || (!head.is_empty() && head.chars().all(|c| "imsU-".contains(c)));
        if known || head.is_empty() && self.rest.clone().nth(1) == Some(':') {
            return Ok(());
        }
        Err(Refused::Invalid(
            "invalid or unsupported Perl syntax".into(),
        ))
    }

    /// `{2,5}` repeats; any other brace is itself.
    fn counted_repeat(&mut self, after_repeat: bool) -> Result<bool, Refused> {
        let body: String = self.rest.clone().take_while(|c| *c != '}').collect();
        let closed = self.rest.clone().nth(body.chars().count()) == Some('}');
        let mut numbers = body.splitn(2, ',');
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let counts = closed
            && numbers.next().is_some_and(is_number)
            && numbers
                .next()
                .is_none_or(|most| most.is_empty() || is_number(most));
        if !counts {
            self.out.push_str("\\{");
            return Ok(false);
        }
        if after_repeat {
            return Err(Refused::Invalid(
                "invalid nested repetition operator".into(),
            ));
        }
        let too_many = |part: &str| part.parse::<u32>().map_or(!part.is_empty(), |n| n > 1000);
        if body.split(',').any(too_many) {
            return Err(Refused::Invalid("invalid repeat count".into()));
        }
        self.out.push('{');
        self.out.push_str(&body);
        self.out.push('}');
        for _ in 0..=body.len() {
            self.rest.next();
        }
        Ok(true)
    }

    fn escape(&mut self, in_class: bool) -> Result<(), Refused> {
        let Some(c) = self.rest.next() else {
            return Err(Refused::Invalid(
                "trailing backslash at end of expression".into(),
            ));
        };
        match c {
            'd' => self.out.push_str("[0-9]"),
            'D' => self.out.push_str("[^0-9]"),
            'w' => self.out.push_str("[0-9A-Za-z_]"),
            'W' => self.out.push_str("[^0-9A-Za-z_]"),
            's' => self.out.push_str("[\\t\\n\\f\\r ]"),
            'S' => self.out.push_str("[^\\t\\n\\f\\r ]"),
            'b' if !in_class => self.out.push_str("(?-u:\\b)"),
            'A' | 'z' if !in_class => self.keep(c),
            'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'x' | 'p' | 'P' => self.keep(c),
            'B' | 'C' | 'Q' | 'E' | '0'..='9' => {
                let what = format!("escape \\{c} in a regular expression");
                return Err(Refused::Unsupported(what));
            }
            c if c.is_ascii_alphanumeric() => {
                return Err(Refused::Invalid(format!("invalid escape sequence \\{c}")));
            }
            c => self.literal(c),
        }
        Ok(())
    }

    fn keep(&mut self, escaped: char) {
        self.out.push('\\');
        self.out.push(escaped);
        if matches!(escaped, 'p' | 'P' | 'x') && self.rest.peek() == Some(&'{') {
            for c in self.rest.by_ref() {
                self.out.push(c);
                if c == '}' {
                    break;
                }
            }
        }
    }

    fn literal(&mut self, c: char) {
        self.out
            .push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
    }

    /// Inside a class everything that only Rust gives a meaning is a character.
    fn class(&mut self) -> Result<(), Refused> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        while let Some(c) = self.rest.next() {
            match c {
                ']' if !first => {
                    self.out.push(']');
                    return Ok(());
                }
                '\\' => self.escape(true)?,
                '[' if self.rest.peek() == Some(&':') => self.named_class()?,
                '-' => self.out.push('-'),
                c => self.class_literal(c),
            }
            first = false;
        }
        Err(Refused::Invalid("missing closing ]".into()))
    }

    /// `[:alpha:]`; without its end it is a bracket as any other.
    fn named_class(&mut self) -> Result<(), Refused> {
        let ahead: String = self.rest.clone().collect();
        let Some((name, _)) = ahead[1..].split_once(":]") else {
            self.class_literal('[');
            return Ok(());
        };
        if !NAMED_CLASSES.contains(&name.trim_start_matches('^')) || name.starts_with("^^") {
            let reason = format!("invalid character class range: `[:{name}:]`");
            return Err(Refused::Invalid(reason));
        }
        self.out.push_str(&format!("[:{name}:]"));
        for _ in 0..name.chars().count() + 3 {
            self.rest.next();
        }
        Ok(())
    }

    fn class_literal(&mut self, c: char) {
        if matches!(c, '[' | ']' | '&' | '~' | '^') {
            self.out.push('\\');
        }
        self.out.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_means_what_it_means_in_go() {
        let cases = [
            (r"\d+", "12", true),
            (r"\d+", "१२", false),
            (r"[\d.]+", "1.2", true),
            (r"[^\d]", "x", true),
            (r"\w+", "é", false),
            ("a.c", "a\nc", false),
            ("(?s)a.c", "a\nc", true),
            ("[a&&b]+", "&ab", true),
            ("[[]x]", "[x]", true),
            ("[]a]+", "]a", true),
            ("[a~~b]", "~", true),
            (r"\<a\>", "<a>", true),
            ("a{2,3}", "aaa", true),
            ("a{bbb}", "a{bbb}", true),
            ("x{,2}", "x{,2}", true),
            ("(?i:WEB)-1", "web-1", true),
            ("(?P<name>a)b", "ab", true),
            ("a+?b", "aab", true),
            (r"[[:alpha:]]+", "abc", true),
            (r"[[:^alpha:]x]+", "1x", true),
            (r"[[:alpha]+", ":[lpha", true),
            (r"\x41\x{42}", "AB", true),
            (r"a\.b|c", "a.b", true),
            (r"a\.b|c", "axb", false),
            ("", "", true),
        ];
        for (go, text, matches) in cases {
            let regex = anchored(go).unwrap();
            assert_eq!(regex.is_match(text), matches, "{go} on {text}: {regex}");
        }
    }

    #[test]
    fn what_go_refuses_is_invalid_and_what_we_lack_is_unsupported() {
        for go in [
            "a**",
            "[[:alphas:]]",
            "[[::]]",
            "a+*",
            "(",
            "[a",
            r"\y",
            "(?x)a",
            "a{1001}",
            "*a",
            r"a\",
        ] {
            assert!(matches!(from_go(go), Err(Refused::Invalid(_))), "{go}");
        }
        for go in [r"\Ba", r"\Qa.b\E", r"\123"] {
            assert!(matches!(from_go(go), Err(Refused::Unsupported(_))), "{go}");
        }
    }
}
