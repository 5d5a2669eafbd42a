//! Results in Prometheus' JSON, written straight into a string.
//!
//! [`append_value`] and [`append_matrix`] write the object that stands under `data` in a response:
//! `{"resultType":...,"result":...}`.

use std::fmt::Write;

use series::{Labels, Sample, Series};

use crate::Value;

/// A sample value as it stands in the HTTP API's quotes: shortest digits that give it back, with an
/// exponent below 1e-6 and from 1e21.
#[must_use]
pub fn format_value(value: f64) -> String {
    let mut out = String::new();
    append_number(&mut out, value);
    out
}

/// A number without an exponent, as `count_values` and alert templates write it.
#[must_use]
pub fn format_value_plain(value: f64) -> String {
    named(value).map_or_else(|| value.to_string(), str::to_owned)
}

/// Adds the `data` object of an instant query's answer.
pub fn append_value(out: &mut String, value: &Value) {
    match value {
        Value::Scalar(sample) => {
            out.push_str("{\"resultType\":\"scalar\",\"result\":");
            append_plain_sample(out, *sample);
        }
        Value::String(time_ms, text) => {
            out.push_str("{\"resultType\":\"string\",\"result\":[");
            append_time(out, *time_ms);
            out.push(',');
            append_text(out, text);
            out.push(']');
        }
        Value::Vector(elements) => {
            out.push_str("{\"resultType\":\"vector\",\"result\":[");
            for (at, (labels, sample)) in elements.iter().enumerate() {
                out.push_str(if at == 0 {
                    "{\"metric\":"
                } else {
                    ",{\"metric\":"
                });
                append_labels(out, labels);
                out.push_str(",\"value\":");
                append_sample(out, *sample);
                out.push('}');
            }
            out.push(']');
        }
        Value::Matrix(series) => {
            append_matrix(out, series);
            return;
        }
    }
    out.push('}');
}

/// Adds the `data` object of a range query's answer.
pub fn append_matrix(out: &mut String, matrix: &[Series]) {
    let samples: usize = matrix.iter().map(|s| s.samples.len()).sum();
    out.reserve(samples * 28 + matrix.len() * 128 + 64);
    out.push_str("{\"resultType\":\"matrix\",\"result\":[");
    for (at, series) in matrix.iter().enumerate() {
        out.push_str(if at == 0 {
            "{\"metric\":"
        } else {
            ",{\"metric\":"
        });
        append_labels(out, &series.labels);
        out.push_str(",\"values\":[");
        for (at, sample) in series.samples.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            append_sample(out, *sample);
        }
        out.push_str("]}");
    }
    out.push_str("]}");
}

/// Adds labels as an object.
pub fn append_labels(out: &mut String, labels: &Labels) {
    out.push('{');
    for (at, (name, value)) in labels.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        append_text(out, name);
        out.push(':');
        append_text(out, value);
    }
    out.push('}');
}

/// Adds `[seconds,"value"]`.
pub fn append_sample(out: &mut String, sample: Sample) {
    out.push('[');
    append_time(out, sample.time_ms);
    out.push_str(",\"");
    append_number(out, sample.value);
    out.push_str("\"]");
}

/// Prometheus writes a scalar's value without an exponent, unlike a vector's.
fn append_plain_sample(out: &mut String, sample: Sample) {
    out.push('[');
    append_time(out, sample.time_ms);
    out.push_str(",\"");
    out.push_str(&format_value_plain(sample.value));
    out.push_str("\"]");
}

/// Adds milliseconds as seconds with three decimals, or none.
pub fn append_time(out: &mut String, time_ms: i64) {
    let (seconds, rest) = (time_ms.unsigned_abs() / 1000, time_ms.unsigned_abs() % 1000);
    if time_ms < 0 {
        out.push('-');
    }
    // Writing to a String can't fail.
    let _ = write!(out, "{seconds}");
    if rest != 0 {
        let _ = write!(out, ".{rest:03}");
    }
}

fn named(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value == f64::INFINITY {
        Some("+Inf")
    } else if value == f64::NEG_INFINITY {
        Some("-Inf")
    } else {
        None
    }
}

/// Shortest digits and an exponent of at least two digits.
pub(crate) fn format_scientific(value: f64) -> String {
    if let Some(name) = named(value) {
        return name.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.strip_prefix('-') {
        Some(exponent) => format!("{digits}e-{exponent:0>2}"),
        None => format!("{digits}e+{exponent:0>2}"),
    }
}

fn append_number(out: &mut String, value: f64) {
    let size = value.abs();
    if let Some(name) = named(value) {
        out.push_str(name);
    } else if size != 0.0 && !(1e-6..1e21).contains(&size) {
        out.push_str(&format_scientific(value));
    } else {
        let _ = write!(out, "{value}");
    }
}

/// Adds a JSON string.
pub fn append_text(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => {
                let _ = write!(out, "\\u{control:04x}");
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_prometheus_writes_them() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.5, "1.5"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (1e-6, "0.000001"),
            (9.9e-7, "9.9e-07"),
            (1e20, "100000000000000000000"),
            (1.5e21, "1.5e+21"),
            (5e-324, "5e-324"),
        ];
        for (value, expected) in cases {
            assert_eq!(format_value(value), expected);
        }
        assert_eq!(format_value_plain(9.9e-7), "0.00000099");
    }

    #[test]
    fn times_are_seconds_with_three_decimals_or_none() {
        for (ms, expected) in [
            (1_435_781_430_781, "1435781430.781"),
            (1_435_781_430_010, "1435781430.010"),
            (1_000, "1"),
            (-1_500, "-1.500"),
        ] {
            let mut out = String::new();
            append_time(&mut out, ms);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn a_vector_is_an_array_of_metrics_with_values() {
        let labels = Labels::new([("__name__", "up"), ("path", "a\"\\\n\u{1}é")]).unwrap();
        let sample = Sample {
            time_ms: 1_500,
            value: 1.0,
        };
        let mut out = String::new();
        append_value(&mut out, &Value::Vector(vec![(labels, sample)]));
        assert_eq!(
            out,
            r#"{"resultType":"vector","result":[{"metric":{"__name__":"up","path":"a\"\\\n\u0001é"},"value":[1.500,"1"]}]}"#
        );
    }
}
