//! Deliveries as Firehose makes them, and data points as CloudWatch's documentation shows them.
#![allow(dead_code, reason = "no test uses all of it")]
#![allow(clippy::unwrap_used, reason = "a test may")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use intake::Limits;
use metric_stream::{Delivery, Refusal, decode};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Metric, ResourceMetrics, ScopeMetrics, Summary, SummaryDataPoint,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use serde_json::{Value, json};

/// 2026-11-20T12:00:00Z
pub const NOW_MS: i64 = 1_795_176_000_000;

/// The body of a delivery.
pub fn body(records: &[Vec<u8>]) -> Vec<u8> {
    let records: Vec<_> = records
        .iter()
        .map(|data| json!({"data": STANDARD.encode(data)}))
        .collect();
    json!({
        "requestId": "ed4acda5-034f-9f42-bba1-f29aea6d7d8f",
        "timestamp": NOW_MS,
        "records": records,
    })
    .to_string()
    .into_bytes()
}

pub fn try_read(records: &[Vec<u8>], limits: &Limits) -> Result<Delivery, Refusal> {
    decode(&body(records), limits, NOW_MS)
}

pub fn read(records: &[Vec<u8>]) -> Delivery {
    try_read(records, &Limits::default()).unwrap()
}

/// `name{label=value,…} value @time` for each sample, sorted.
pub fn samples(delivery: &Delivery) -> Vec<String> {
    let labels = delivery.series.labels();
    let mut all = Vec::new();
    for series in delivery.series.series(&labels) {
        let others = series.labels.iter().filter(|(name, _)| *name != "__name__");
        let others: Vec<_> = others.map(|(n, v)| format!("{n}={v}")).collect();
        for sample in series.samples {
            let (name, labels) = (series.label("__name__"), others.join(","));
            all.push(format!(
                "{name}{{{labels}}} {} @{}",
                sample.value, sample.time_ms
            ));
        }
    }
    all.sort();
    all
}

/// The example of "CloudWatch metric stream output in JSON format", now.
pub fn documented_json() -> Value {
    json!({
        "metric_stream_name": "MyMetricStream",
        "account_id": "1234567890",
        "region": "us-east-1",
        "namespace": "AWS/EC2",
        "metric_name": "DiskWriteOps",
        "dimensions": {"InstanceId": "i-123456789012"},
        "timestamp": NOW_MS,
        "value": {
            "count": 3.0, "sum": 20.0, "max": 18.0, "min": 0.0,
            "p99": 17.56, "p99.9": 17.8764, "TM(25%:75%)": 16.43
        },
        "unit": "Seconds"
    })
}

/// Objects, one a line.
pub fn lines(data: &[Value]) -> Vec<u8> {
    data.iter()
        .map(|datum| format!("{datum}\n"))
        .collect::<String>()
        .into_bytes()
}

fn text(key: &str, value: &str) -> KeyValue {
    any(key, Any::StringValue(value.to_owned()))
}

fn any(key: &str, value: Any) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// One data point, as the example of "CloudWatch metric stream output in OpenTelemetry 1.0.0 format" has it.
pub struct Point<'a> {
    pub account: &'a str,
    pub namespace: &'a str,
    pub metric: &'a str,
    pub unit: &'a str,
    pub dimensions: &'a [(&'a str, &'a str)],
    pub count: u64,
    pub sum: f64,
    pub quantiles: &'a [(f64, f64)],
    pub time_ms: i64,
}

impl Point<'_> {
    pub fn request(&self) -> ExportMetricsServiceRequest {
        let members = self.dimensions.iter().map(|(n, v)| text(n, v)).collect();
        let dimensions = Any::KvlistValue(KeyValueList { values: members });
        let time_ns = u64::try_from(self.time_ms).unwrap() * 1_000_000;
        let quantile = |&(quantile, value): &(f64, f64)| ValueAtQuantile { quantile, value };
        let point = SummaryDataPoint {
            attributes: vec![
                text("Namespace", self.namespace),
                text("MetricName", self.metric),
                any("Dimensions", dimensions),
            ],
            start_time_unix_nano: time_ns - 60_000_000_000,
            time_unix_nano: time_ns,
            count: self.count,
            sum: self.sum,
            quantile_values: self.quantiles.iter().map(quantile).collect(),
            ..SummaryDataPoint::default()
        };
        let metric = Metric {
            name: format!("amazonaws.com/{}/{}", self.namespace, self.metric),
            unit: self.unit.to_owned(),
            data: Some(Data::Summary(Summary {
                data_points: vec![point],
            })),
            ..Metric::default()
        };
        let arn = "arn:aws:cloudwatch:us-east-1:123456789012:metric-stream/MyMetricStream";
        let resource = Resource {
            attributes: vec![
                text("cloud.provider", "aws"),
                text("cloud.account.id", self.account),
                text("cloud.region", "us-east-1"),
                text("aws.exporter.arn", arn),
            ],
            ..Resource::default()
        };
        ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                resource: Some(resource),
                scope_metrics: vec![ScopeMetrics {
                    metrics: vec![metric],
                    ..ScopeMetrics::default()
                }],
                ..ResourceMetrics::default()
            }],
        }
    }
}

/// The same data point as [`documented_json`].
pub fn documented_point() -> Point<'static> {
    Point {
        account: "1234567890",
        namespace: "AWS/EC2",
        metric: "DiskWriteOps",
        unit: "s",
        dimensions: &[("InstanceId", "i-123456789012")],
        count: 3,
        sum: 20.0,
        quantiles: &[(0.0, 0.0), (0.99, 17.56), (0.999, 17.8764), (1.0, 18.0)],
        time_ms: NOW_MS,
    }
}

/// Requests, each behind its length.
pub fn delimited(requests: &[ExportMetricsServiceRequest]) -> Vec<u8> {
    requests
        .iter()
        .flat_map(|request| request.encode_length_delimited_to_vec())
        .collect()
}

/// The one data point of [`Point::request`].
pub fn summary_point(request: &mut ExportMetricsServiceRequest) -> &mut SummaryDataPoint {
    let metric = &mut request.resource_metrics[0].scope_metrics[0].metrics[0];
    let Some(Data::Summary(summary)) = &mut metric.data else {
        panic!("no summary")
    };
    &mut summary.data_points[0]
}
