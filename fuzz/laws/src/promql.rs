//! What people send to query.

use std::sync::LazyLock;

use ::promql::{
    Expr, Limits, Locality, Value, evaluate_instant_within, evaluate_range_within, json,
};
use series::{Labels, Sample, Series};

use crate::memory::within;

const NOW_MS: i64 = 1_700_000_000_000;
const LIMITS: Limits = Limits {
    max_samples: 10_000,
    max_visited: 100_000,
};
/// Compiled regular expressions take the most.
const MOST_BYTES: usize = 256 << 20;

static STORED: LazyLock<Vec<Series>> = LazyLock::new(|| {
    let mut stored = Vec::new();
    for (name, le) in [
        ("up", ""),
        ("x_bucket", "0.5"),
        ("x_bucket", "+Inf"),
        ("x_total", ""),
    ] {
        for instance in ["a", "b"] {
            let labels = [
                ("__name__", name),
                ("instance", instance),
                ("job", "x"),
                ("le", le),
            ];
            let samples = (0..8_i32).map(|at| Sample {
                time_ms: NOW_MS - 15_000 * i64::from(7 - at),
                value: f64::from(at * 3 % 7) - 1.5,
            });
            stored.push(Series {
                labels: Labels::new(labels).unwrap(),
                samples: samples.collect(),
            });
        }
    }
    stored.sort_by(|a, b| a.labels.cmp(&b.labels));
    stored
});

/// An expression.
pub fn promql_parse(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let _ = ::promql::parse_duration_ms(text);
    match within(MOST_BYTES, || Expr::parse(text)) {
        Ok(expr) => {
            evaluates(&expr);
            assert!(Expr::parse(expr.text()).is_ok());
        }
        Err(error) => {
            assert!(text.is_char_boundary(error.position), "{error:?}");
            assert!(!error.message.is_empty());
        }
    }
}

fn evaluates(expr: &Expr) {
    if let Err(unsupported) = expr.check() {
        assert!(unsupported.position <= expr.text().len());
        assert_eq!(expr.locality(), Locality::Tenant);
    }
    let _ = (expr.time_range(NOW_MS, NOW_MS), expr.metric_names());
    for at_ms in [NOW_MS, i64::MAX, i64::MIN] {
        let evaluate = || evaluate_instant_within(expr, &STORED, at_ms, LIMITS);
        if let Ok(value) = within(MOST_BYTES, evaluate) {
            let mut out = String::new();
            json::append_value(&mut out, &value);
            is_json(&out);
        }
    }
    let range = (NOW_MS - 60_000, NOW_MS, 30_000);
    if let Ok(matrix) = evaluate_range_within(expr, &STORED, range, LIMITS) {
        let mut out = String::new();
        json::append_matrix(&mut out, &matrix);
        is_json(&out);
    }
    if expr.locality() == Locality::Series {
        STORED.iter().for_each(|series| says_the_same(expr, series));
    }
}

fn is_json(text: &str) {
    let read: Result<serde::de::IgnoredAny, _> = serde_json::from_str(text);
    assert!(read.is_ok(), "{text}");
}

/// The short way for one series, and the long one.
fn says_the_same(expr: &Expr, series: &Series) {
    let labels: Vec<(&str, &str)> = series.labels.iter().collect();
    let newest = *series.samples.last().unwrap();
    let one = expr
        .evaluate_one(&labels, newest, NOW_MS)
        .map(|value| Sample {
            time_ms: NOW_MS,
            value,
        });
    let long = evaluate_instant_within(expr, std::slice::from_ref(series), NOW_MS, LIMITS);
    let Ok(Value::Vector(long)) = long else {
        panic!("one series is no vector: {long:?}");
    };
    let one = one.map(|sample| (expr.labels_of_one(&labels), sample));
    assert!(same(one.as_slice(), &long), "{one:?} and {long:?}");
}

/// NaN is NaN, whatever its bits.
fn same(one: &[(Labels, Sample)], other: &[(Labels, Sample)]) -> bool {
    let value = |sample: &Sample| {
        if sample.value.is_nan() {
            f64::NAN
        } else {
            sample.value
        }
    };
    one.len() == other.len()
        && one.iter().zip(other).all(|((a, x), (b, y))| {
            a == b && value(x).to_bits() == value(y).to_bits() && x.time_ms == y.time_ms
        })
}
