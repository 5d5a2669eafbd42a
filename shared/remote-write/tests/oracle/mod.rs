//! The same messages as `prost` decodes them, and bodies in the shape node_exporter gives them.

#![allow(dead_code, missing_docs, reason = "each user needs a part")]

use series::{Labels, Sample, Series};

pub mod expected;
pub mod v2;

#[derive(Clone, PartialEq, prost::Message)]
pub struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    pub timeseries: Vec<TimeSeries>,
    #[prost(message, repeated, tag = "3")]
    pub metadata: Vec<MetricMetadata>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct MetricMetadata {
    #[prost(int32, tag = "1")]
    pub kind: i32,
    #[prost(string, tag = "2")]
    pub metric: String,
    #[prost(string, tag = "4")]
    pub help: String,
    #[prost(string, tag = "5")]
    pub unit: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<ProtoSample>,
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub exemplars: Vec<Vec<u8>>,
    #[prost(message, repeated, tag = "4")]
    pub histograms: Vec<Histogram>,
}

/// The same in both messages; only 2.0 has a start time.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Histogram {
    #[prost(oneof = "Count", tags = "1, 2")]
    pub count: Option<Count>,
    #[prost(double, tag = "3")]
    pub sum: f64,
    #[prost(sint32, tag = "4")]
    pub schema: i32,
    #[prost(double, tag = "5")]
    pub zero_threshold: f64,
    #[prost(oneof = "ZeroCount", tags = "6, 7")]
    pub zero_count: Option<ZeroCount>,
    #[prost(message, repeated, tag = "8")]
    pub negative_spans: Vec<Span>,
    #[prost(sint64, repeated, tag = "9")]
    pub negative_deltas: Vec<i64>,
    #[prost(double, repeated, tag = "10")]
    pub negative_counts: Vec<f64>,
    #[prost(message, repeated, tag = "11")]
    pub positive_spans: Vec<Span>,
    #[prost(sint64, repeated, tag = "12")]
    pub positive_deltas: Vec<i64>,
    #[prost(double, repeated, tag = "13")]
    pub positive_counts: Vec<f64>,
    #[prost(int32, tag = "14")]
    pub reset_hint: i32,
    #[prost(int64, tag = "15")]
    pub timestamp: i64,
    #[prost(double, repeated, tag = "16")]
    pub custom_values: Vec<f64>,
    #[prost(int64, tag = "17")]
    pub start_timestamp: i64,
}

#[derive(Clone, Copy, PartialEq, prost::Oneof)]
pub enum Count {
    #[prost(uint64, tag = "1")]
    Int(u64),
    #[prost(double, tag = "2")]
    Float(f64),
}

#[derive(Clone, Copy, PartialEq, prost::Oneof)]
pub enum ZeroCount {
    #[prost(uint64, tag = "6")]
    Int(u64),
    #[prost(double, tag = "7")]
    Float(f64),
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Span {
    #[prost(sint32, tag = "1")]
    pub offset: i32,
    #[prost(uint32, tag = "2")]
    pub length: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Label {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ProtoSample {
    #[prost(double, tag = "1")]
    pub value: f64,
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
}

pub const NOW_MS: i64 = 1_795_000_000_000;

/// `series` series of 7 or 8 labels with `samples` samples each.
pub fn node_exporter(series: usize, samples: usize) -> Vec<Series> {
    let modes = [
        "idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user",
    ];
    let metrics = [
        ("node_cpu_seconds_total", "cpu"),
        ("node_network_receive_bytes_total", "device"),
        ("node_memory_MemAvailable_bytes", ""),
        ("node_filesystem_avail_bytes", "mountpoint"),
        ("node_disk_io_time_seconds_total", "device"),
    ];
    (0..series)
        .map(|at| {
            let (name, extra) = metrics[at * metrics.len() / series];
            let mut labels = vec![
                ("__name__", name.to_owned()),
                ("cluster", "production-eu-1".to_owned()),
                ("env", "prod".to_owned()),
                ("instance", format!("web-{}.example.com:9100", at / 100)),
                ("job", "node-exporter".to_owned()),
                ("region", "eu-central-1".to_owned()),
                ("mode", modes[at % 8].to_owned()),
            ];
            if !extra.is_empty() {
                labels.push((extra, format!("{}{}", extra, at / 8 % 16)));
            }
            let samples = (0..samples).map(|n| Sample {
                time_ms: NOW_MS - 60_000 + 15_000 * n as i64,
                value: 1234.5 + (at * 17 + n) as f64,
            });
            Series {
                labels: Labels::new(labels).unwrap_or_default(),
                samples: samples.collect(),
            }
        })
        .collect()
}
