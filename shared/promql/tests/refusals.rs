//! What can't be answered says what and where.

use promql::{EvalError, Expr, evaluate_range};

#[test]
fn what_does_not_parse_names_the_place() {
    let cases = [
        ("up +", 4),
        ("", 0),
        ("  # only a comment", 18),
        ("sum(up", 6),
        ("up)", 2),
        ("up up", 3),
        ("up[5x]", 3),
        ("up[5]", 3),
        ("up offset 5", 10),
        ("up offset inf", 10),
        ("5m", 0),
        ("rate(up[5m],)", 12),
        ("1 +\n* 2", 4),
        ("a{b=~\"(\"}", 5),
        ("sum(up) by job", 8),
        ("(up", 3),
        ("1 > 2", 0),
        ("rate(up)", 0),
        ("1 + abs(2)", 4),
        ("up and 1", 3),
        ("nosuch(up)", 0),
        ("1 + nosuch(up)", 4),
        ("exp(NaN)", 4),
        ("a == 'text'", 0),
    ];
    for (text, position) in cases {
        let error = Expr::parse(text).unwrap_err();
        assert_eq!(error.position, position, "{text}: {error}");
    }
}

#[test]
fn a_place_is_a_line_and_a_column() {
    let error = Expr::parse("sum(\n  é +\n  5m)").unwrap_err();
    assert_eq!((error.place.line, error.place.column), (2, 3), "{error}");
    let unsupported = Expr::parse("1 +\n  histogram_sum(up)")
        .unwrap()
        .check()
        .unwrap_err();
    assert_eq!(
        unsupported.to_string(),
        "2:3: not supported: function histogram_sum"
    );
}

#[test]
fn what_is_not_supported_names_the_construct_and_its_place() {
    let cases = [
        ("1 + mad_over_time(up[5m])", "function mad_over_time", 4),
        ("sum(limitk(2, up))", "aggregation limitk", 4),
        (
            "rate(up[5m]) + first_over_time(up[5m])",
            "function first_over_time",
            15,
        ),
        (
            "sum by (mad_over_time) (mad_over_time(up[5m]))",
            "function mad_over_time",
            24,
        ),
        (
            "up + histogram_quantile(0.9, histogram_avg(up))",
            "function histogram_avg",
            29,
        ),
        ("up{'a'='b'}", "quoted label name", 3),
        ("sum by ('a') (up)", "quoted label name", 8),
        (
            "a + up{job='a' or job='b'}",
            "`or` between label matchers",
            4,
        ),
        ("a + fill(0) b", "fill modifier", 2),
        ("start() + 1", "function start", 0),
        ("up{a=~'x\\\\By'}", "escape \\B in a regular expression", 0),
        (
            "label_replace(up, 'a', '', 'b', '\\\\Qx')",
            "escape \\Q in a regular expression",
            0,
        ),
        ("up{a='\\xff'}", "escaped byte outside of ASCII", 5),
        (
            "timestamp(up @ 5 offset 1m)",
            "timestamp of a selector with both @ and offset",
            0,
        ),
    ];
    for (text, construct, position) in cases {
        let unsupported = Expr::parse(text).unwrap().check().unwrap_err();
        assert_eq!(
            (unsupported.construct.as_str(), unsupported.position),
            (construct, position),
            "{text}"
        );
    }
}

#[test]
fn what_is_not_supported_is_never_evaluated() {
    let expr = Expr::parse("up or mad_over_time(up[5m])").unwrap();
    let result = evaluate_range(&expr, &[], 0, 60_000, 15_000);
    assert!(
        matches!(result, Err(EvalError::Unsupported(_))),
        "{result:?}"
    );
}

#[test]
fn selectors_say_what_to_load() {
    // text, first and last time for a query from 1,000,000 to 2,000,000
    let cases = [
        ("up", 700_000, 2_000_000),
        ("up offset 1m", 640_000, 1_940_000),
        ("up offset -1m", 760_000, 2_060_000),
        ("rate(up[10m])", 400_000, 2_000_000),
        ("rate(up[10m] offset 1m)", 340_000, 1_940_000),
        ("up @ 3000", 2_700_000, 3_000_000),
        ("up @ end() offset 1m", 1_640_000, 1_940_000),
        ("max_over_time(up[10m:1m])", 100_000, 2_000_000),
        (
            "max_over_time(rate(up[1m] offset 2m)[10m:1m] offset 1m)",
            160_000,
            1_820_000,
        ),
        ("max_over_time((up @ start())[10m:1m])", 700_000, 1_000_000),
        ("max_over_time(up[10m:1m] @ end())", 1_100_000, 2_000_000),
    ];
    for (text, from, to) in cases {
        let expr = Expr::parse(text).unwrap();
        assert_eq!(
            expr.time_range(1_000_000, 2_000_000),
            Some((from, to)),
            "{text}"
        );
    }
    assert_eq!(Expr::parse("time()").unwrap().time_range(0, 1), None);
    let expr = Expr::parse("a + on (b) sum by (b) (c{d!='e'}[5m:] offset 1m) or rate(f[3m])");
    assert!(expr.is_err(), "an aggregation takes no range");
    let expr = Expr::parse("a + on (b) c{d!='e'} offset 1m or rate(f[3m])").unwrap();
    let shown: Vec<_> = expr
        .selectors()
        .iter()
        .map(|s| {
            (
                s.metric_name(),
                s.matchers.len(),
                s.offset_ms,
                s.range_ms,
                s.position,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (Some("a"), 1, 0, 0, 0),
            (Some("c"), 2, 60_000, 0, 11),
            (Some("f"), 1, 0, 180_000, 39),
        ]
    );
}
