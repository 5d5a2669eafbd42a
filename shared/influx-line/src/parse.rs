//! One line: measurement, tags, fields, time.

use std::borrow::Cow;

use intake::Limits;

use crate::lines::closing_quote;

/// A line as it was sent, without escapes; of tags and fields one more than the limit at most.
#[derive(Debug, PartialEq)]
pub(crate) struct Line<'b> {
    pub(crate) measurement: Cow<'b, str>,
    pub(crate) tags: Vec<(Cow<'b, str>, Cow<'b, str>)>,
    pub(crate) fields: Vec<(Cow<'b, str>, Value)>,
    pub(crate) time: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Text,
}

/// What escapes what: a backslash before anything else stands for itself.
const IN_MEASUREMENT: &[u8] = b", ";
const IN_KEY: &[u8] = b",= ";

pub(crate) fn line<'b>(text: &'b str, limits: &Limits) -> Result<Line<'b>, &'static str> {
    let mut cursor = Cursor { text, at: 0 };
    let measurement = cursor.until(IN_MEASUREMENT, IN_MEASUREMENT);
    if measurement.is_empty() {
        return Err("there is no measurement");
    }
    let mut tags = Vec::new();
    while cursor.eat(b',') {
        let tag = tag(&mut cursor)?;
        if tags.len() <= limits.labels_per_series {
            tags.push(tag);
        }
    }
    cursor.skip_blanks();
    if cursor.is_done() {
        return Err("there are no fields");
    }
    let mut fields = Vec::new();
    loop {
        let field = field(&mut cursor)?;
        if fields.len() <= limits.samples {
            fields.push(field);
        }
        if !cursor.eat(b',') {
            break;
        }
    }
    Ok(Line {
        measurement,
        tags,
        fields,
        time: time(&cursor)?,
    })
}

fn tag<'b>(cursor: &mut Cursor<'b>) -> Result<(Cow<'b, str>, Cow<'b, str>), &'static str> {
    let key = cursor.until(IN_KEY, IN_KEY);
    if key.is_empty() {
        return Err("a tag has no name");
    }
    if !cursor.eat(b'=') {
        return Err("a tag has no value");
    }
    let value = cursor.until(IN_KEY, IN_KEY);
    match cursor.peek() {
        _ if value.is_empty() => Err("a tag has no value"),
        Some(b'=') => Err("a tag's value has a = that is not escaped"),
        _ => Ok((key, value)),
    }
}

fn field<'b>(cursor: &mut Cursor<'b>) -> Result<(Cow<'b, str>, Value), &'static str> {
    let key = cursor.until(IN_KEY, IN_KEY);
    if key.is_empty() {
        return Err("a field has no name");
    }
    if !cursor.eat(b'=') {
        return Err("a field has no value");
    }
    if cursor.eat(b'"') {
        let quote = closing_quote(cursor.text.as_bytes(), cursor.at);
        cursor.at = quote.ok_or("quotes are not closed")? + 1;
        return match cursor.peek() {
            None | Some(b',' | b' ' | b'\t') => Ok((key, Value::Text)),
            Some(_) => Err("something follows closed quotes"),
        };
    }
    let value = cursor.until(b", \t", b"");
    let number = boolean(&value).or_else(|| number(&value));
    number
        .map(|number| (key, Value::Number(number)))
        .ok_or("a field's value is neither number, boolean nor quoted text")
}

fn boolean(text: &str) -> Option<f64> {
    match text {
        "t" | "T" | "true" | "True" | "TRUE" => Some(1.0),
        "f" | "F" | "false" | "False" | "FALSE" => Some(0.0),
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    let digits = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    if let Some(whole) = text.strip_suffix('i') {
        return whole
            .parse::<i64>()
            .ok()
            .filter(|_| digits(whole))
            .map(|n| n as f64);
    }
    if let Some(whole) = text.strip_suffix('u') {
        return whole
            .parse::<u64>()
            .ok()
            .filter(|_| digits(whole))
            .map(|n| n as f64);
    }
    // Rust reads "inf" and "nan" as well, and a number that is too large as infinite.
    let is_plain = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    let number: f64 = text.parse().ok().filter(|_| text.bytes().all(is_plain))?;
    (number.is_finite() && !text.starts_with('+')).then_some(number)
}

/// What is left of the line.
fn time(cursor: &Cursor<'_>) -> Result<Option<i64>, &'static str> {
    let text = cursor.rest().trim_ascii();
    let is_whole = |byte: u8| byte.is_ascii_digit() || byte == b'-';
    match text {
        "" => Ok(None),
        _ if !text.bytes().all(is_whole) => Err("the time is not a whole number"),
        _ => text
            .parse()
            .map(Some)
            .map_err(|_| "the time does not fit 64 bits"),
    }
}

struct Cursor<'b> {
    text: &'b str,
    at: usize,
}

impl<'b> Cursor<'b> {
    fn rest(&self) -> &'b str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn is_done(&self) -> bool {
        self.peek().is_none()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn skip_blanks(&mut self) {
        while self.eat(b' ') || self.eat(b'\t') {}
    }

    /// What stands before the first of `ends` that no backslash escapes; of `escapable` the backslash is left out.
    fn until(&mut self, ends: &[u8], escapable: &[u8]) -> Cow<'b, str> {
        let (bytes, start) = (self.text.as_bytes(), self.at);
        let mut unescaped: Option<String> = None;
        let mut copied = start;
        while let Some(byte) = bytes.get(self.at) {
            let next = bytes.get(self.at + 1);
            if *byte == b'\\' && next.is_some_and(|next| escapable.contains(next)) {
                let out = unescaped.get_or_insert_default();
                out.push_str(self.text.get(copied..self.at).unwrap_or_default());
                copied = self.at + 1;
                self.at += 2;
            } else if ends.contains(byte) {
                break;
            } else {
                self.at += 1;
            }
        }
        let last = self.text.get(copied..self.at).unwrap_or_default();
        match unescaped {
            None => Cow::Borrowed(last),
            Some(mut out) => {
                out.push_str(last);
                Cow::Owned(out)
            }
        }
    }
}

#[cfg(test)]
mod tests;
