//! Requests made with the types that opentelemetry-proto generates: the oracle for both encodings.

#![allow(dead_code, reason = "no test uses all of it")]
#![allow(clippy::unwrap_used, reason = "a test may")]

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, InstrumentationScope, KeyValue, any_value::Value,
};
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric::Data, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use otlp_metrics::{Encoding, Export, Limits, decode};
use prost::Message;

/// 2026-11-20T12:00:00Z
pub const NOW_MS: i64 = 1_795_176_000_000;
pub const NOW_NS: u64 = 1_795_176_000_000_000_000;
pub const DELTA: i32 = 1;
pub const CUMULATIVE: i32 = 2;

pub fn text(key: &str, value: &str) -> KeyValue {
    any(key, Value::StringValue(value.to_owned()))
}

pub fn any(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

pub fn number(value: f64, attributes: Vec<KeyValue>) -> NumberDataPoint {
    NumberDataPoint {
        attributes,
        time_unix_nano: NOW_NS,
        value: Some(number_data_point::Value::AsDouble(value)),
        ..NumberDataPoint::default()
    }
}

pub fn metric(name: &str, unit: &str, data: Data) -> Metric {
    Metric {
        name: name.to_owned(),
        unit: unit.to_owned(),
        data: Some(data),
        ..Metric::default()
    }
}

pub fn gauge(name: &str, data_points: Vec<NumberDataPoint>) -> Metric {
    metric(name, "", Data::Gauge(Gauge { data_points }))
}

pub fn request(resource: Vec<KeyValue>, metrics: Vec<Metric>) -> ExportMetricsServiceRequest {
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(Resource {
                attributes: resource,
                ..Resource::default()
            }),
            scope_metrics: vec![ScopeMetrics {
                metrics,
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    }
}

pub fn scope(name: &str, version: &str, attributes: Vec<KeyValue>) -> InstrumentationScope {
    InstrumentationScope {
        name: name.to_owned(),
        version: version.to_owned(),
        attributes,
        ..InstrumentationScope::default()
    }
}

/// Series as lines `name{labels} value@ms`, sorted; NaN and stale markers by their bits.
pub fn lines(export: &Export) -> Vec<String> {
    let labels = export.series.labels();
    let mut lines = Vec::new();
    for view in export.series.series(&labels) {
        assert!(!view.samples.is_empty());
        let series = series::Labels::from_sorted(view.labels);
        assert_eq!(series.series_id(), view.id);
        assert_eq!(
            series::Labels::new(view.labels.iter().copied()).unwrap(),
            series
        );
        for sample in view.samples {
            let value = match sample.value {
                value if series::is_stale(value) => "stale".to_owned(),
                value => value.to_string(),
            };
            let late_ms = sample.time_ms - NOW_MS;
            let at = if late_ms == 0 {
                String::new()
            } else {
                format!("@{late_ms}")
            };
            lines.push(format!("{series} {value}{at}"));
        }
    }
    lines.sort();
    assert_eq!(lines.len(), export.series.sample_count());
    lines
}

/// Decodes protobuf only: the oracle writes NaN and infinity in lists as `null`, which is not OTLP/JSON.
pub fn decoded_protobuf(request: &ExportMetricsServiceRequest) -> Export {
    let body = request.encode_to_vec();
    decode(&body, Encoding::Protobuf, &Limits::default(), NOW_MS).unwrap()
}

/// Decodes the request in both encodings, which must say the same.
pub fn decoded_with(request: &ExportMetricsServiceRequest, limits: &Limits) -> Export {
    let protobuf = request.encode_to_vec();
    let protobuf = decode(&protobuf, Encoding::Protobuf, limits, NOW_MS).unwrap();
    let json = serde_json::to_vec(request).unwrap();
    let json = decode(&json, Encoding::Json, limits, NOW_MS).unwrap();
    assert_eq!(lines(&protobuf), lines(&json));
    assert_eq!(protobuf.rejected, json.rejected);
    assert_eq!(protobuf.data_points, json.data_points);
    assert_eq!(protobuf.exemplars, json.exemplars);
    assert_eq!(protobuf.families, json.families);
    protobuf
}

pub fn decoded(request: &ExportMetricsServiceRequest) -> Export {
    decoded_with(request, &Limits::default())
}

/// Lines without their time, which differs from run to run.
pub fn timeless(export: &Export) -> Vec<String> {
    let lines = lines(export).into_iter();
    lines
        .map(|l| l.rsplit_once('@').map_or(l.clone(), |(l, _)| l.to_owned()))
        .collect()
}
