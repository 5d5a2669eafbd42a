//! The examples of github.com/open-telemetry/opentelemetry-proto, written anew: `metrics.json`,
//! `metrics.protobuf-text` (the same; the generated types make `metrics.protobuf-bin` of it), and those of other
//! signals, should somebody send them here: `trace.json`, `trace.protobuf-text`, `logs.json`, `events.json`.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod support;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use otlp_metrics::{Encoding, Export, Limits, Reason, Refusal, decode};
use prost::Message;
use prost::encoding::{bytes, fixed64};
use serde_json::{Value, json};
use support::{lines, timeless};

/// The time of the examples.
const EXAMPLE_MS: i64 = 1_544_712_660_300;

fn attribute(key: &str, value: &str) -> Value {
    json!([{"key": key, "value": {"stringValue": value}}])
}

/// `metrics.json`, in any temporality, and an exponential histogram beside.
fn example(temporality: i32) -> Value {
    let time = EXAMPLE_MS.to_string() + "000000";
    let mut histogram = json!({
        "startTimeUnixNano": time, "timeUnixNano": time, "count": "2", "sum": 2,
        "bucketCounts": ["1", "1"], "explicitBounds": [1], "min": 0, "max": 2
    });
    histogram["attributes"] = attribute("my.histogram.attr", "some value");
    let mut exponential = json!({
        "startTimeUnixNano": time, "timeUnixNano": time, "count": "3", "sum": 10, "scale": 0,
        "zeroCount": "1", "positive": {"offset": 1, "bucketCounts": ["0", "2"]}, "min": 0, "max": 5,
        "zeroThreshold": 0
    });
    exponential["attributes"] = attribute("my.exponential.histogram.attr", "some value");
    let metrics = json!([
        {"name": "my.counter", "unit": "1", "description": "I am a Counter", "sum": {
            "aggregationTemporality": temporality, "isMonotonic": true, "dataPoints": [{
                "asDouble": 5, "startTimeUnixNano": time, "timeUnixNano": time,
                "attributes": attribute("my.counter.attr", "some value")}]}},
        {"name": "my.gauge", "unit": "1", "description": "I am a Gauge", "gauge": {"dataPoints": [{
                "asDouble": 10, "timeUnixNano": time,
                "attributes": attribute("my.gauge.attr", "some value")}]}},
        {"name": "my.histogram", "unit": "1", "description": "I am a Histogram", "histogram": {
            "aggregationTemporality": temporality, "dataPoints": [histogram]}},
        {"name": "my.exponential.histogram", "unit": "1", "description": "I am an Exponential Histogram",
            "exponentialHistogram": {"aggregationTemporality": temporality, "dataPoints": [exponential]}}
    ]);
    json!({"resourceMetrics": [{
        "resource": {"attributes": attribute("service.name", "my.service")},
        "scopeMetrics": [{
            "scope": {"name": "my.library", "version": "1.0.0",
                "attributes": attribute("my.scope.attribute", "some scope attribute")},
            "metrics": metrics
        }]
    }]})
}

fn both(example: &Value) -> Export {
    let request: ExportMetricsServiceRequest = serde_json::from_value(example.clone()).unwrap();
    let limits = Limits::default();
    let (body, text) = (request.encode_to_vec(), example.to_string());
    let protobuf = decode(&body, Encoding::Protobuf, &limits, EXAMPLE_MS).unwrap();
    let json = decode(text.as_bytes(), Encoding::Json, &limits, EXAMPLE_MS).unwrap();
    assert_eq!(lines(&protobuf), lines(&json));
    assert_eq!(protobuf.rejected, json.rejected);
    json
}

#[test]
fn the_example_of_opentelemetry_proto_is_understood() {
    // As published it is in delta temporality.
    let export = both(&example(1));
    assert_eq!(
        export.rejected.of(Reason::DeltaTemporality).unwrap().points,
        3
    );
    let series = timeless(&export);
    assert_eq!(series.len(), 1);
    assert!(
        series[0].starts_with("my_gauge_ratio{job=\"my.service\", my_gauge_attr=\"some value\"")
    );
    assert!(series[0].contains("otel_scope_my_scope_attribute=\"some scope attribute\""));

    let export = both(&example(2));
    assert!(export.rejected.is_empty());
    let names: Vec<_> = timeless(&export)
        .iter()
        .map(|l| l.split('{').next().unwrap().to_owned())
        .collect();
    let count = |name: &str| names.iter().filter(|n| *n == name).count();
    assert_eq!(
        (
            names.len(),
            count("my_counter_total"),
            count("my_gauge_ratio")
        ),
        (13, 1, 1)
    );
    // 1 and +Inf; 0, 2, 4, 8 and +Inf.
    assert_eq!(count("my_histogram_bucket"), 2);
    assert_eq!(count("my_exponential_histogram_bucket"), 5);
}

#[test]
fn times_and_counts_that_are_numbers_are_read_as_those_that_are_text() {
    // As published they are numbers, which a reader of JSON must not take for doubles.
    let text = example(2).to_string();
    let time = format!("\"{EXAMPLE_MS}000000\"");
    let numbers = text
        .replace(&time, time.trim_matches('"'))
        .replace(r#"["1","1"]"#, "[1,1]")
        .replace(r#""count":"2""#, r#""count":2"#);
    assert!(text.contains(&time) && !numbers.contains(&time));
    let read = |text: &str| {
        let body = text.as_bytes();
        lines(&decode(body, Encoding::Json, &Limits::default(), EXAMPLE_MS).unwrap())
    };
    assert_eq!(read(&numbers), read(&text));
}

fn scope() -> Value {
    json!({"name": "my.library", "version": "1.0.0",
        "attributes": attribute("my.scope.attribute", "some scope attribute")})
}

fn resource() -> Value {
    json!({"attributes": attribute("service.name", "my.service")})
}

#[test]
fn other_signals_in_json_carry_no_data_point() {
    let span = json!({
        "traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174",
        "parentSpanId": "EEE19B7EC3C1B173", "name": "I'm a server span",
        "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": "1544712661000000000",
        "kind": 2, "attributes": attribute("my.span.attr", "some value")
    });
    let log = json!({
        "timeUnixNano": "1544712660300000000", "observedTimeUnixNano": "1544712660300000000",
        "severityNumber": 10, "severityText": "Information",
        "traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174",
        "body": {"stringValue": "Example log record"},
        "attributes": [
            {"key": "array.attribute", "value": {"arrayValue": {"values": [
                {"stringValue": "many"}, {"stringValue": "values"}]}}},
            {"key": "map.attribute", "value": {"kvlistValue": {
                "values": attribute("some.map.key", "some value")}}}
        ]
    });
    let event = json!({
        "timeUnixNano": "1544712660300000000", "severityNumber": 9, "eventName": "browser.page_view",
        "attributes": attribute("event.name", "browser.page_view"),
        "body": {"kvlistValue": {"values": [{"key": "type", "value": {"intValue": "0"}}]}}
    });
    for body in [
        json!({"resourceSpans": [{"resource": resource(), "scopeSpans": [{"scope": scope(), "spans": [span]}]}]}),
        json!({"resourceLogs": [{"resource": resource(), "scopeLogs": [{"scope": scope(), "logRecords": [log]}]}]}),
        json!({"resourceLogs": [{"resource": resource(), "scopeLogs": [{"scope": scope(), "logRecords": [event]}]}]}),
    ] {
        let body = body.to_string();
        let export = decode(
            body.as_bytes(),
            Encoding::Json,
            &Limits::default(),
            EXAMPLE_MS,
        );
        let export = export.unwrap();
        assert_eq!((export.data_points, export.rejected.points()), (0, 0));
    }
}

/// All signals have the same first three levels in protobuf, so that their numbers are those of metrics.
#[test]
fn other_signals_in_protobuf_are_refused_and_not_taken_for_empty() {
    let trace_id = b"\x5B\x8E\xFF\xF7\x98\x03\x81\x03\xD2\x69\xB6\x33\x81\x3F\xC6\x0C".to_vec();
    let (mut span, mut log) = (Vec::new(), Vec::new());
    bytes::encode(1, &trace_id, &mut span);
    bytes::encode(5, &b"I'm a server span".to_vec(), &mut span);
    fixed64::encode(7, &1_544_712_660_000_000_000, &mut span);
    fixed64::encode(1, &1_544_712_660_300_000_000, &mut log);
    bytes::encode(9, &trace_id, &mut log);
    for record in [span, log] {
        let (mut of_scope, mut of_resource, mut body) = (Vec::new(), Vec::new(), Vec::new());
        bytes::encode(2, &record, &mut of_scope);
        bytes::encode(2, &of_scope, &mut of_resource);
        bytes::encode(1, &of_resource, &mut body);
        let refused = decode(&body, Encoding::Protobuf, &Limits::default(), EXAMPLE_MS);
        assert!(matches!(refused, Err(Refusal::MalformedProtobuf { .. })));
    }
}
