//! The same messages as `prost` decodes them, and bodies in the shape node_exporter gives them.

#![allow(dead_code, missing_docs, reason = "each user needs a part")]

use series::{Labels, Sample, Series};

#[derive(Clone, PartialEq, prost::Message)]
pub struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    pub timeseries: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<ProtoSample>,
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub exemplars: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "4")]
    pub histograms: Vec<Vec<u8>>,
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
