//! Random expressions and random samples.

#![allow(clippy::unwrap_used, reason = "a test")]

use proptest::prelude::*;
use series::{Labels, STALE_NAN_BITS, Sample, Series};

/// Where the samples start, in milliseconds.
pub const NOW: i64 = 1_700_000_000_000;

/// Tokens that make expressions, and some that make none.
pub const WORDS: [&str; 74] = [
    "up",
    "a",
    "b",
    "rate",
    "sum",
    "topk",
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "bool",
    "offset",
    "and",
    "or",
    "unless",
    "atan2",
    "(",
    ")",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "5m",
    "1h30m",
    ":",
    "@",
    ",",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "==",
    "!=",
    "<",
    ">=",
    "=~",
    "=",
    "'x'",
    "\"(.*)\"",
    "`raw`",
    "1",
    "0.5",
    "1e308",
    "NaN",
    "inf",
    "-inf",
    "1e30",
    "start()",
    "end()",
    "time()",
    "scalar",
    "vector",
    "absent",
    "label_replace",
    "label_join",
    "histogram_quantile",
    "count_values",
    "quantile_over_time",
    "holt_winters",
    "avg_over_time",
    "predict_linear",
    "clamp",
    "instance",
    "job",
    "le",
    "#",
    "é",
    "fill(1)",
];

pub fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("up".to_owned()),
        Just("a{job='x'}".to_owned()),
        Just("{__name__=~'a|b'}".to_owned()),
        Just("b offset -1m".to_owned()),
        Just("a @ end()".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let operator = prop::sample::select(vec![
            "+",
            "/",
            "%",
            "^",
            "== bool",
            "<",
            "and",
            "or on (job)",
            "unless",
            "* on (instance)",
            "- ignoring (job) group_left ()",
            "> on (job) group_right (instance)",
            "atan2",
        ]);
        let call = prop::sample::select(vec![
            "sum(",
            "sum by (instance) (",
            "topk(2, ",
            "quantile(0.5, ",
            "absent(",
            "abs(",
            "sort(",
            "count_values('v', ",
            "stddev without (job) (",
            "-(",
            "vector(scalar(",
            "hour(",
            "round(1 + ",
            "timestamp(",
            "histogram_quantile(0.9, ",
        ]);
        let over = prop::sample::select(vec![
            "rate",
            "sum_over_time",
            "absent_over_time",
            "deriv",
            "last_over_time",
            "changes",
        ]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, o, b)| format!("({a} {o} {b})")),
            (call, inner.clone()).prop_map(|(call, a)| {
                let close = ")".repeat(call.matches('(').count() - call.matches(')').count());
                format!("{call}{a}{close}")
            }),
            (over, inner).prop_map(|(over, a)| format!("{over}(({a})[3m:30s])")),
        ]
    })
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -100.0..100.0_f64,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, 0.0, -0.0, f64::from_bits(STALE_NAN_BITS)]),
    ]
}

pub fn stored() -> impl Strategy<Value = Vec<Series>> {
    let labels = (
        prop::sample::select(vec!["up", "a", "b"]),
        prop::sample::select(vec!["", "w1", "w2"]),
        prop::sample::select(vec!["", "x", "y"]),
    );
    let samples = prop::collection::vec((0..40_i64, value()), 0..12);
    prop::collection::btree_map(labels, samples, 0..8).prop_map(|series| {
        let series = series.into_iter().map(|((name, instance, job), samples)| {
            let pairs = [("__name__", name), ("instance", instance), ("job", job)];
            let samples = samples.into_iter().map(|(at, value)| Sample {
                time_ms: NOW + at * 15_000,
                value,
            });
            Series {
                labels: Labels::new(pairs).unwrap(),
                samples: series::merge_samples(samples.collect()),
            }
        });
        series.collect()
    })
}

pub fn host_expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec!["up", "a{job='x'}", "{__name__=~'a|b'}", "b"]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 12, 2, |inner| {
            let operator = prop::sample::select(vec![
                "+",
                "== bool",
                "<",
                "and",
                "or",
                "unless",
                "* on (instance)",
                "or ignoring (job)",
                "- ignoring (job) group_left ()",
                "> on (instance) group_right (job)",
            ]);
            let around = prop::sample::select(vec![
                ("sum by (instance) (", ")"),
                ("max without (job) (", ")"),
                ("-(", ")"),
                ("abs(", ")"),
                ("topk by (instance) (1, ", ")"),
                ("count_values by (instance) ('v', ", ")"),
                ("label_replace(", ", 'job', 'z$1', 'job', '(.).*')"),
                ("(2 < (", "))"),
                ("histogram_quantile(0.5, ", ")"),
                ("(time() - timestamp(", "))"),
            ]);
            prop_oneof![
                (inner.clone(), operator, inner.clone())
                    .prop_map(|(a, o, b)| format!("({a} {o} {b})")),
                (around, inner).prop_map(|((before, after), a)| format!("{before}{a}{after}")),
            ]
        })
}

pub fn local_expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec!["up", "a{job='x'}", "b{job!='y'}"]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 8, 1, |inner| {
            let around = prop::sample::select(vec![
                ("", " > 3"),
                ("", " + 1"),
                ("2 <= ", ""),
                ("-", ""),
                ("abs(", ")"),
                ("", " == bool 1"),
                ("time() - ", ""),
                ("clamp(", ", -1, 1)"),
                ("", " % 7 != 2"),
                ("timestamp(", ")"),
                ("hour(", ")"),
                ("round(", ", 5)"),
                ("clamp(", ", 2, 1)"),
            ]);
            (around, inner).prop_map(|((before, after), inner)| format!("{before}({inner}){after}"))
        })
}
