//! What others really send: opentelemetry-proto's examples, and bodies of OpenTelemetry's Python SDK
//! (`tests/fixtures/record.py`).

#![allow(clippy::unwrap_used, reason = "a test may")]

mod support;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use otlp_metrics::{Encoding, Export, Limits, Reason, decode};
use prost::Message;
use serde_json::{Value, json};
use support::lines;

/// Shortly after the bodies were recorded.
const RECORDED_MS: i64 = 1_795_175_200_000;

/// The time of the examples.
const EXAMPLE_MS: i64 = 1_544_712_660_300;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/tests/fixtures/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

fn read(body: &[u8], encoding: Encoding) -> Export {
    decode(body, encoding, &Limits::default(), RECORDED_MS).unwrap()
}

/// Lines without their time, which differs from run to run.
fn timeless(export: &Export) -> Vec<String> {
    let lines = lines(export).into_iter();
    lines
        .map(|l| l.rsplit_once('@').map_or(l.clone(), |(l, _)| l.to_owned()))
        .collect()
}

#[test]
fn the_python_sdk_is_understood() {
    let export = read(&fixture("python-sdk.pb"), Encoding::Protobuf);
    assert!(export.rejected.is_empty(), "{}", export.rejected);
    let lines = timeless(&export);
    let base = r#"instance="checkout-7", job="shop/checkout", otel_scope_name="shop.checkout", otel_scope_version="2.1.0""#;
    let http = |code| format!(r#"http_request_method="GET", http_response_status_code="{code}""#);
    for expected in [
        format!("http_server_requests_total{{{}, {base}}} 4", http(200)),
        format!("http_server_requests_total{{{}, {base}}} 3", http(201)),
        format!("http_server_active_requests{{{base}}} 2"),
        format!(r#"system_memory_utilization_ratio{{{base}, state="used"}} 0.25"#),
        format!(
            "http_server_request_duration_seconds_count{{{}, {base}}} 4",
            http(200)
        ),
        format!("db_client_latency_milliseconds_count{{{base}}} 7"),
        format!("db_client_latency_milliseconds_sum{{{base}}} 24.5"),
    ] {
        assert!(lines.contains(&expected), "{expected} is not in {lines:#?}");
    }
    // 0.5 to 6.5: one value up to 0.5, two up to 2, four up to 4, all up to 8.
    let upto = |le: &str| {
        let label = format!("instance=\"checkout-7\", job=\"shop/checkout\", le=\"{le}\",");
        let mut found = lines
            .iter()
            .filter(|l| l.starts_with("db_client") && l.contains(&label));
        let line = found.next().cloned().unwrap_or_default();
        line.rsplit(' ').next().unwrap().to_owned()
    };
    assert_eq!(
        [upto("0.5"), upto("2"), upto("4"), upto("+Inf")],
        ["1", "2", "4", "7"]
    );
    assert!(
        lines
            .iter()
            .any(|l| l.starts_with("target_info{host_name=\"web-1\""))
    );
}

#[test]
fn the_same_body_in_json_and_in_gzip_says_the_same() {
    for name in ["python-sdk", "python-sdk-delta"] {
        let protobuf = read(&fixture(&format!("{name}.pb")), Encoding::Protobuf);
        let json = read(&fixture(&format!("{name}.json")), Encoding::Json);
        assert_eq!(lines(&protobuf), lines(&json));
        assert_eq!(protobuf.rejected, json.rejected);
    }
    let body = intake::gunzip(&fixture("python-sdk.pb.gz"), 1 << 20).unwrap();
    let gzip = read(&body, Encoding::Protobuf);
    let plain = read(&fixture("python-sdk.pb"), Encoding::Protobuf);
    assert_eq!(timeless(&gzip), timeless(&plain));
}

#[test]
fn deltas_of_the_python_sdk_are_refused_and_the_rest_is_taken() {
    let export = read(&fixture("python-sdk-delta.pb"), Encoding::Protobuf);
    let delta = export.rejected.of(Reason::DeltaTemporality).unwrap();
    // Two of the counter, two of the histogram, one of the exponential histogram.
    assert_eq!((export.data_points, delta.points), (2, 5));
    assert_eq!(export.rejected.points(), 5);
}

fn attribute(key: &str, value: &str) -> Value {
    json!([{"key": key, "value": {"stringValue": value}}])
}

/// opentelemetry-proto's `examples/metrics.json`: the same fields and values, in any temporality.
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
fn examples_of_other_signals_carry_no_data_point() {
    for body in [
        json!({"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "5B8EFFF798038103D269B633813FC60C"}]}]}]}),
        json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"severityNumber": 10}]}]}]}),
    ] {
        let export = read(body.to_string().as_bytes(), Encoding::Json);
        assert_eq!((export.data_points, export.rejected.points()), (0, 0));
    }
}
