//! Go's `fmt.Sprintf`, for the verbs that make sense in a text for people.

use super::number;
use super::value::Value;

/// Wider or more precise than this is a mistake.
const MAX_WIDTH: usize = 200;

/// A format, parsed once.
#[derive(Debug, Clone, PartialEq)]
pub struct Format(Vec<Part>);

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Verb(Verb),
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Verb {
    letter: char,
    minus: bool,
    plus: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

impl Format {
    /// Refuses what is not supported, naming it.
    pub fn parse(format: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut chars = format.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                text.push(c);
                continue;
            }
            if chars.next_if_eq(&'%').is_some() {
                text.push('%');
                continue;
            }
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.push(Part::Verb(Verb::parse(&mut chars)?));
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(Self(parts))
    }

    /// The text with `arguments` in place of the verbs; where they do not fit, Go's marks say so.
    pub fn apply(&self, arguments: &[Value]) -> String {
        let mut out = String::new();
        let mut arguments = arguments.iter();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Verb(verb) => match arguments.next() {
                    Some(value) => out.push_str(&verb.apply(value)),
                    None => out.push_str(&format!("%!{}(MISSING)", verb.letter)),
                },
            }
        }
        let extra: Vec<String> = arguments.map(typed).collect();
        if !extra.is_empty() {
            out.push_str(&format!("%!(EXTRA {})", extra.join(", ")));
        }
        out
    }
}

fn typed(value: &Value) -> String {
    format!("{}={}", value.type_name(), value.to_text())
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn digits(chars: &mut Chars<'_>) -> Result<Option<usize>, String> {
    let mut found = String::new();
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        found.push(digit);
    }
    if found.is_empty() {
        return Ok(None);
    }
    match found.parse() {
        Ok(number) if number <= MAX_WIDTH => Ok(Some(number)),
        _ => Err(format!("printf: {found} is more than {MAX_WIDTH}")),
    }
}

impl Verb {
    fn parse(chars: &mut Chars<'_>) -> Result<Self, String> {
        let mut verb = Self::default();
        while let Some(flag) = chars.next_if(|c| matches!(c, '-' | '+' | ' ' | '0')) {
            match flag {
                '-' => (verb.minus, verb.zero) = (true, false),
                '+' => verb.plus = true,
                ' ' => verb.space = true,
                _ => verb.zero = !verb.minus,
            }
        }
        verb.width = digits(chars)?;
        if chars.next_if_eq(&'.').is_some() {
            verb.precision = Some(digits(chars)?.unwrap_or(0));
        }
        verb.letter = chars.next().ok_or("printf: the format ends in %")?;
        match verb.letter {
            'v' | 's' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' => Ok(verb),
            'd' | 'q' | 't' | 'x' | 'X' | 'c' if verb.precision.is_none() => Ok(verb),
            'd' | 'q' | 't' | 'x' | 'X' | 'c' => Err(format!(
                "printf: a precision is not supported with %{}",
                verb.letter
            )),
            other => Err(format!("printf: %{other} is not supported")),
        }
    }

    fn apply(&self, value: &Value) -> String {
        match (value, self.letter) {
            (Value::Text(text), 's' | 'v') => self.pad(&self.cut(text)),
            (Value::Text(text), 'q') => self.pad(&quote(text)),
            (Value::Text(text), 'x') => self.pad(&hexadecimal(text, false)),
            (Value::Text(text), 'X') => self.pad(&hexadecimal(text, true)),
            (Value::Number(number), 'v' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G') => {
                self.number(*number)
            }
            (Value::Integer(number), 'v' | 'd') => self.signed(&number.to_string()),
            (Value::Integer(number), 'x') => self.signed(&radix(*number, |n| format!("{n:x}"))),
            (Value::Integer(number), 'X') => self.signed(&radix(*number, |n| format!("{n:X}"))),
            (Value::Integer(number), 'c') => self.pad(&character(*number).to_string()),
            (Value::Integer(number), 'q') => {
                self.pad(&format!("'{}'", escaped(character(*number), '\'')))
            }
            (Value::Bool(yes), 't' | 'v') => self.pad(&yes.to_string()),
            (Value::Map(map), 's' | 'v' | 'q') => {
                let part = |text: &String| self.apply(&Value::Text(text.clone()));
                let pairs: Vec<String> = map
                    .iter()
                    .map(|(n, v)| format!("{}:{}", part(n), part(v)))
                    .collect();
                format!("map[{}]", pairs.join(" "))
            }
            _ => format!("%!{}({})", self.letter, typed(value)),
        }
    }

    fn cut(&self, text: &str) -> String {
        match self.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text.to_owned(),
        }
    }

    fn number(&self, value: f64) -> String {
        let text = match (self.letter, self.precision) {
            ('e' | 'E', precision) => number::exponential(value, precision.unwrap_or(6)),
            ('f' | 'F', precision) => number::fixed(value, precision.unwrap_or(6)),
            (_, Some(precision)) => number::general(value, precision),
            (_, None) => number::shortest(value),
        };
        let text = match self.letter {
            'E' | 'G' if value.is_finite() => text.to_uppercase(),
            _ => text,
        };
        if value.is_finite() {
            return self.signed(&text);
        }
        let unpadded = Self {
            zero: false,
            ..*self
        };
        let text = match text.as_str() {
            "NaN" if self.plus => "+NaN".to_owned(),
            "NaN" if self.space => " NaN".to_owned(),
            "+Inf" if self.space && !self.plus => " Inf".to_owned(),
            _ => text,
        };
        unpadded.pad(&text)
    }

    /// A number with its sign; zeros go between the sign and the digits.
    fn signed(&self, text: &str) -> String {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None if self.plus => ("+", text),
            None if self.space => (" ", text),
            None => ("", text),
        };
        match self.width {
            Some(width) if self.zero => {
                let width = width.saturating_sub(sign.len());
                format!("{sign}{digits:0>width$}")
            }
            _ => self.pad(&format!("{sign}{digits}")),
        }
    }

    fn pad(&self, text: &str) -> String {
        let width = self.width.unwrap_or(0);
        if self.minus {
            format!("{text:<width$}")
        } else if self.zero {
            format!("{text:0>width$}")
        } else {
            format!("{text:>width$}")
        }
    }
}

fn radix(number: i64, digits: impl Fn(u64) -> String) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", digits(number.unsigned_abs()))
}

fn character(number: i64) -> char {
    u32::try_from(number)
        .ok()
        .and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn hexadecimal(text: &str, upper: bool) -> String {
    text.bytes()
        .map(|byte| {
            if upper {
                format!("{byte:02X}")
            } else {
                format!("{byte:02x}")
            }
        })
        .collect()
}

/// Go's `strconv.Quote`.
fn quote(text: &str) -> String {
    let inner: String = text.chars().map(|c| escaped(c, '"')).collect();
    format!("\"{inner}\"")
}

fn escaped(c: char, quote: char) -> String {
    match c {
        '\u{7}' => "\\a".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\u{b}' => "\\v".to_owned(),
        '\\' => "\\\\".to_owned(),
        c if c == quote => format!("\\{c}"),
        c if !c.is_control() => c.to_string(),
        c if c.is_ascii() => format!("\\x{:02x}", u32::from(c)),
        c => format!("\\u{:04x}", u32::from(c)),
    }
}
