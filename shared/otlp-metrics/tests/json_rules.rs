//! OTLP/JSON's own rules, where it differs from what a JSON reader does by itself.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod support;

use otlp_metrics::{Encoding, Export, Limits, Reason, Refusal, decode};
use support::{NOW_MS, lines};

fn read(body: &str) -> Result<Export, Refusal> {
    decode(body.as_bytes(), Encoding::Json, &Limits::default(), NOW_MS)
}

fn with_metric(metric: &str) -> Result<Export, Refusal> {
    read(&format!(
        r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{metric}]}}]}}]}}"#
    ))
}

fn with_point(point: &str) -> Result<Export, Refusal> {
    with_metric(&format!(
        r#"{{"name":"x","gauge":{{"dataPoints":[{{"timeUnixNano":"1795176000000000000",{point}}}]}}}}"#
    ))
}

#[test]
fn an_empty_request_is_a_success() {
    for body in [
        "{}",
        " { } ",
        r#"{"resourceMetrics":[]}"#,
        r#"{"resourceMetrics":null}"#,
        r#"{"resourceMetrics":[{}]}"#,
        r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{}]}]}]}"#,
        r#"{"resourceSpans":[{"scopeSpans":[]}],"unknown":[1,{"a":null}]}"#,
    ] {
        let export = read(body).unwrap();
        assert_eq!(
            (export.series.sample_count(), export.rejected.points()),
            (0, 0)
        );
    }
    assert!(decode(b"", Encoding::Protobuf, &Limits::default(), NOW_MS).is_ok());
}

#[test]
fn what_is_no_request_is_refused() {
    for body in [
        "",
        "null",
        "[]",
        "7",
        "{",
        "{}{}",
        "\u{feff}{}",
        r#"{"resourceMetrics":{}}"#,
        r#"{"resourceMetrics":[[]]}"#,
        r#"{"resourceMetrics":[null]}"#,
        r#"{"resourceMetrics":[{"resource":[]}]}"#,
        r#"{"resourceMetrics":[],"resourceMetrics":[]}"#,
    ] {
        let refusal = read(body).unwrap_err();
        assert!(matches!(refusal, Refusal::MalformedJson(_)), "{body}");
        assert_eq!(refusal.http_status(), 400);
    }
    let not_utf8 = decode(
        b"{\"a\":\"\xff\"}",
        Encoding::Json,
        &Limits::default(),
        NOW_MS,
    );
    assert!(matches!(not_utf8, Err(Refusal::MalformedJson(_))));
}

#[test]
fn numbers_may_be_texts_and_words() {
    for (point, value) in [
        (r#""asInt":"42""#, "42"),
        (r#""asInt":42"#, "42"),
        (r#""asDouble":"1.5""#, "1.5"),
        (r#""asDouble":"NaN""#, "NaN"),
        (r#""asDouble":"-Infinity""#, "-inf"),
        (r#""asDouble":5,"unknown":{"deep":[1,2,{"x":"]"}]}"#, "5"),
        (r#""asDouble":5,"as_double":7"#, "5"),
        (r#""asDouble":5,"exemplars":null,"flags":null"#, "5"),
    ] {
        let export = with_point(point).unwrap();
        assert_eq!(lines(&export), [format!("x{{}} {value}")], "{point}");
    }
}

#[test]
fn names_in_the_style_of_protobuf_are_unknown() {
    let export = with_point(r#""as_double":5"#).unwrap();
    assert_eq!(export.rejected.of(Reason::NoValue).unwrap().points, 1);
    assert!(read(r#"{"resource_metrics":7}"#).is_ok());
}

#[test]
fn a_number_of_another_kind_is_refused() {
    for point in [
        r#""asInt":"4.2""#,
        r#""asInt":true"#,
        r#""asDouble":"""#,
        r#""asDouble":1e999"#,
        r#""asDouble":[1]"#,
        r#""asInt":1,"flags":-1"#,
    ] {
        assert!(with_point(point).is_err(), "{point}");
    }
}

#[test]
fn an_enum_is_a_number() {
    let sum = |temporality: &str| {
        with_metric(&format!(
            r#"{{"name":"x","sum":{{"aggregationTemporality":{temporality},"isMonotonic":true,
            "dataPoints":[{{"timeUnixNano":1795176000000000000,"asInt":1}}]}}}}"#
        ))
    };
    assert_eq!(lines(&sum("2").unwrap()), ["x_total{} 1"]);
    assert!(sum("\"AGGREGATION_TEMPORALITY_CUMULATIVE\"").is_err());
    let unknown = sum("7").unwrap();
    assert!(
        unknown
            .rejected
            .of(Reason::UnspecifiedTemporality)
            .is_some()
    );
}

#[test]
fn null_stands_for_no_number_of_a_list() {
    let histogram = |bounds: &str| {
        with_metric(&format!(
            r#"{{"name":"h","histogram":{{"aggregationTemporality":2,"dataPoints":[{{
            "timeUnixNano":"1795176000000000000","count":"3","bucketCounts":["1",1,"1"],
            "explicitBounds":{bounds}}}]}}}}"#
        ))
    };
    assert!(histogram("[1,null]").is_err());
    assert_eq!(lines(&histogram(r#"[1,"Infinity"]"#).unwrap()).len(), 3);
    assert_eq!(lines(&histogram("[1,2]").unwrap()).len(), 4);
}

#[test]
fn a_metric_of_two_kinds_is_refused() {
    assert!(with_metric(r#"{"name":"x","gauge":{},"sum":{}}"#).is_err());
    assert!(with_metric(r#"{"name":"x","gauge":{},"sum":null}"#).is_ok());
}

#[test]
fn ids_of_exemplars_are_hex_and_only_counted() {
    let point = r#""asInt":1,"exemplars":[{"traceId":"5B8EFFF798038103D269B633813FC60C",
        "spanId":"eee19b7ec3c1b174","asDouble":1.0,"filteredAttributes":[]},{}]"#;
    assert_eq!(with_point(point).unwrap().exemplars, 2);
}

#[test]
fn bytes_are_base64_of_either_alphabet() {
    for bytes in ["/wA=", "/wA", "_wA=", "_wA"] {
        let point =
            format!(r#""asInt":1,"attributes":[{{"key":"b","value":{{"bytesValue":"{bytes}"}}}}]"#);
        assert_eq!(lines(&with_point(&point).unwrap()), [r#"x{b="/wA="} 1"#]);
    }
}

#[test]
fn escaped_texts_are_read() {
    let point =
        r#""asInt":1,"attributes":[{"key":"\u0061.b","value":{"stringValue":"q\"\n\u00e9"}}]"#;
    assert_eq!(
        lines(&with_point(point).unwrap()),
        ["x{a_b=\"q\\\"\\né\"} 1"]
    );
}
