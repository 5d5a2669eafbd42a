//! An attribute's value as a label's value.
//!
//! Text stays as it is; everything else is written as the OpenTelemetry specification (common, "AnyValue
//! representation for non-OTLP protocols") says: numbers and booleans as JSON writes them, bytes in base64,
//! lists and maps as JSON.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How deep lists and maps may nest. Each level of JSON is gone through again, which this bounds.
pub(crate) const DEEPEST: usize = 32;

/// A value that is neither a list nor a map.
pub(crate) enum Scalar<'b> {
    Empty,
    Text(Cow<'b, str>),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes(Cow<'b, [u8]>),
}

impl<'b> Scalar<'b> {
    /// As a label's value.
    pub(crate) fn into_text(self) -> Cow<'b, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) => text,
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Int(number) => Cow::Owned(number.to_string()),
            Self::Double(number) => Cow::Owned(double_text(number)),
            Self::Bytes(bytes) => Cow::Owned(STANDARD.encode(bytes)),
        }
    }

    /// Inside a list or a map.
    pub(crate) fn push_json(self, out: &mut String) {
        match self {
            Self::Empty => out.push_str("null"),
            Self::Bool(_) | Self::Int(_) => out.push_str(&self.into_text()),
            Self::Double(number) if number.is_finite() => out.push_str(&double_text(number)),
            Self::Text(_) | Self::Double(_) | Self::Bytes(_) => push_quoted(&self.into_text(), out),
        }
    }
}

/// `text` in quotes, as JSON has it.
pub(crate) fn push_quoted(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// The members of a map in the order of their keys, so that two senders name one series.
pub(crate) fn push_map(mut members: Vec<(Cow<'_, str>, String)>, out: &mut String) {
    members.sort();
    out.push('{');
    for (at, (key, json)) in members.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        push_quoted(key, out);
        out.push(':');
        out.push_str(json);
    }
    out.push('}');
}

/// As ECMAScript and Go's JSON write it: 1, 0.1, 1e+21, 1e-7.
fn double_text(number: f64) -> String {
    let size = number.abs();
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        let sign = if number < 0.0 { "-" } else { "" };
        format!("{sign}Infinity")
    } else if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{number:e}");
        if size < 1.0 {
            text
        } else {
            text.replace('e', "e+")
        }
    } else {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_json_does() {
        for (number, text) in [
            (1.0, "1"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e-7, "1.5e-7"),
            (0.000_001, "0.000001"),
            (0.0, "0"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(Scalar::Double(number).into_text(), text);
        }
    }

    #[test]
    fn inside_a_list_text_is_quoted_and_nothing_is_null() {
        let json = |scalar: Scalar<'_>| {
            let mut out = String::new();
            scalar.push_json(&mut out);
            out
        };
        assert_eq!(json(Scalar::Text("a\"b".into())), r#""a\"b""#);
        assert_eq!(json(Scalar::Empty), "null");
        assert_eq!(json(Scalar::Double(f64::NAN)), "\"NaN\"");
        assert_eq!(json(Scalar::Bytes(Cow::Borrowed(&[255, 0]))), "\"/wA=\"");
        assert_eq!(json(Scalar::Int(-1)), "-1");
    }
}
