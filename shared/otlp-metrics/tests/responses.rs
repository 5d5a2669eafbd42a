//! Answers, read back by the types that opentelemetry-proto generates.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod support;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use otlp_metrics::{Encoding, Refusal, status_body};
use prost::Message;
use serde_json::{Value, json};
use support::*;

/// `google.rpc.Status`
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

fn responses(export: &otlp_metrics::Export) -> (ExportMetricsServiceResponse, Value) {
    let protobuf = export.response(Encoding::Protobuf);
    let json = export.response(Encoding::Json);
    (
        ExportMetricsServiceResponse::decode(&*protobuf).unwrap(),
        serde_json::from_slice(&json).unwrap(),
    )
}

#[test]
fn a_full_success_leaves_partial_success_unset() {
    let export = decoded(&request(
        vec![],
        vec![gauge("x", vec![number(1.0, vec![])])],
    ));
    assert_eq!(export.response(Encoding::Protobuf), b"");
    let (protobuf, json) = responses(&export);
    assert_eq!((protobuf.partial_success, json), (None, json!({})));
}

#[test]
fn a_partial_success_says_how_many_and_why() {
    let mut bad = vec![number(1.0, vec![]); 200];
    bad.iter_mut().for_each(|point| point.time_unix_nano = 0);
    bad.push(number(1.0, vec![]));
    let export = decoded(&request(
        vec![],
        vec![gauge("x", bad), gauge("", vec![number(1.0, vec![])])],
    ));
    let (protobuf, json) = responses(&export);
    let partial = protobuf.partial_success.unwrap();
    assert_eq!(partial.rejected_data_points, 201);
    let lines: Vec<_> = partial.error_message.lines().collect();
    assert_eq!(
        lines[0],
        "missing_time: 200 data points; set timeUnixNano; for example x{}"
    );
    assert!(lines[1].starts_with("no_metric_name: 1 data points;"));
    assert_eq!(json["partialSuccess"]["rejectedDataPoints"], "201");
    assert_eq!(
        json["partialSuccess"]["errorMessage"],
        partial.error_message
    );
}

#[test]
fn a_warning_has_a_message_and_no_count() {
    let resource = vec![text("service.name", "api"), text("k", &"x".repeat(3000))];
    let export = decoded(&request(
        resource,
        vec![gauge("x", vec![number(1.0, vec![])])],
    ));
    let (protobuf, json) = responses(&export);
    let partial = protobuf.partial_success.unwrap();
    assert_eq!(partial.rejected_data_points, 0);
    assert!(!partial.error_message.is_empty());
    assert_eq!(json["partialSuccess"].get("rejectedDataPoints"), None);
}

#[test]
fn a_failure_is_a_status() {
    let long = "ü".repeat(10_000);
    let refused = Refusal::TooLarge { limit: 7 }.to_string();
    for (http_status, code, message) in [
        (400, 3, "no"),
        (401, 16, "who"),
        (413, 8, refused.as_str()),
        (429, 8, "later"),
        (503, 14, "later"),
        (500, 13, ""),
        (400, 3, &long),
    ] {
        let body = status_body(Encoding::Protobuf, http_status, message);
        let protobuf = Status::decode(&*body).unwrap();
        assert_eq!(protobuf.code, code);
        assert!(message.starts_with(&protobuf.message) && protobuf.message.len() <= 4096);
        let body = status_body(Encoding::Json, http_status, message);
        let json: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(json, json!({"code": code, "message": protobuf.message}));
    }
}
