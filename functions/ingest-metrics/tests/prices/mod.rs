//! What does a request cost? Counted units times the list prices of `infra/prices.toml`.

#![allow(dead_code, reason = "the test and the benchmark each use their part")]

use serde::Deserialize;

use crate::support::wire::Spent;

#[derive(Debug, Deserialize)]
pub struct Prices {
    http_api: HttpApi,
    function: Function,
    table: Table,
    logs: Logs,
    waiting: Waiting,
    managed_prometheus: ManagedPrometheus,
    cloudwatch_metrics: CloudwatchMetrics,
}

#[derive(Debug, Deserialize)]
struct HttpApi {
    million_requests: f64,
    request_bytes: usize,
}

#[derive(Debug, Deserialize)]
struct Function {
    million_requests: f64,
    gb_second: f64,
    processor_mb: f64,
}

#[derive(Debug, Deserialize)]
struct Table {
    million_write_units: f64,
    million_read_units: f64,
}

#[derive(Debug, Deserialize)]
struct Logs {
    gigabyte: f64,
    line_overhead_bytes: usize,
}

#[derive(Debug, Deserialize)]
struct Waiting {
    table_round_trip_ms: f64,
}

#[derive(Debug, Deserialize)]
struct ManagedPrometheus {
    samples: Vec<SampleTier>,
}

#[derive(Debug, Deserialize)]
struct SampleTier {
    up_to: Option<f64>,
    million: f64,
}

#[derive(Debug, Deserialize)]
struct CloudwatchMetrics {
    metrics: Vec<MetricTier>,
    million_requests: f64,
}

#[derive(Debug, Deserialize)]
struct MetricTier {
    up_to: Option<f64>,
    each: f64,
}

/// One request as it is billed.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    pub samples: f64,
    pub body_bytes: usize,
    pub write_units: f64,
    pub read_units: f64,
    /// Of a whole processor.
    pub computed_ms: f64,
}

/// The parts of one request's cost, in USD.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub http_api: f64,
    pub function: f64,
    pub writes: f64,
    pub reads: f64,
    pub logs: f64,
}

impl Request {
    /// What a request spent that the table counted.
    pub fn counted(spent: &[Spent], samples: usize, body_bytes: usize, computed_ms: f64) -> Self {
        let units = |is_read: bool| {
            let same = spent
                .iter()
                .filter(|one| matches!(&*one.action, "GetItem" | "Query") == is_read);
            same.map(|one| one.units).sum::<f64>()
        };
        Self {
            samples: samples as f64,
            body_bytes,
            write_units: units(false),
            read_units: units(true),
            computed_ms,
        }
    }
}

impl Cost {
    pub fn total(&self) -> f64 {
        self.http_api + self.function + self.writes + self.reads + self.logs
    }
}

impl Prices {
    pub fn read() -> Self {
        toml::from_str(include_str!("../../../../infra/prices.toml")).unwrap()
    }

    /// One request through the gateway to a function of `template.yaml`'s memory and access log.
    pub fn of(&self, request: &Request) -> Cost {
        let parts = request
            .body_bytes
            .div_ceil(self.http_api.request_bytes)
            .max(1);
        let function = &self.function;
        let memory_mb = memory_mb();
        // A share of a processor computes as much more slowly; each begun millisecond is billed.
        let computed_ms = request.computed_ms * (function.processor_mb / memory_mb).max(1.0);
        let billed_ms = (computed_ms + self.waiting.table_round_trip_ms).ceil();
        let gb_seconds = billed_ms / 1e3 * memory_mb / 1024.0;
        let line_bytes = access_log_line().len() + self.logs.line_overhead_bytes;
        Cost {
            http_api: self.http_api.million_requests * parts as f64 / 1e6,
            function: function.million_requests / 1e6 + function.gb_second * gb_seconds,
            writes: self.table.million_write_units * request.write_units / 1e6,
            reads: self.table.million_read_units * request.read_units / 1e6,
            logs: self.logs.gigabyte * line_bytes as f64 / 1e9,
        }
    }

    /// USD for a million samples that come in such requests.
    pub fn of_million_samples(&self, request: &Request) -> f64 {
        self.of(request).total() / request.samples * 1e6
    }

    /// USD for a million samples of so many a month in Amazon Managed Prometheus: ingestion alone.
    pub fn managed_prometheus(&self, samples: f64) -> f64 {
        let tiers = self.managed_prometheus.samples.iter();
        tiered(tiers.map(|tier| (tier.up_to, tier.million / 1e6)), samples) / samples * 1e6
    }

    /// USD for a million samples of so many custom metrics, sent in so many requests a month.
    pub fn cloudwatch(&self, metrics: f64, requests: f64, samples: f64) -> f64 {
        let tiers = self.cloudwatch_metrics.metrics.iter();
        let kept = tiered(tiers.map(|tier| (tier.up_to, tier.each)), metrics);
        let sent = self.cloudwatch_metrics.million_requests * requests / 1e6;
        (kept + sent) / samples * 1e6
    }
}

fn tiered(tiers: impl Iterator<Item = (Option<f64>, f64)>, count: f64) -> f64 {
    let (mut from, mut sum) = (0.0, 0.0);
    for (up_to, each) in tiers {
        let end = up_to.unwrap_or(f64::INFINITY).min(count);
        sum += (end - from).max(0.0) * each;
        from = end.max(from);
    }
    sum
}

const TEMPLATE: &str = include_str!("../../../../template.yaml");

/// What follows `key` for the first time behind `section`.
fn setting(section: &str, key: &str) -> Option<&'static str> {
    let (_, body) = TEMPLATE.split_once(&format!("\n{section}:\n"))?;
    let indent = body.len() - body.trim_start().len();
    let own = body.split_inclusive('\n').take_while(|line| {
        line.trim().is_empty() || line.len() - line.trim_start().len() >= indent
    });
    let length = own.map(str::len).sum();
    let (_, value) = body.get(..length)?.split_once(&format!("{key}: "))?;
    value.lines().next()
}

/// Of ingest-metrics, which may have its own or what all functions have.
pub fn memory_mb() -> f64 {
    let own = setting("  IngestMetrics", "MemorySize");
    let memory = own.or_else(|| setting("Globals", "MemorySize"));
    memory.unwrap().trim().parse().unwrap()
}

/// The gateway's line for one flush that was taken, as the template words it.
pub fn access_log_line() -> String {
    let (_, format) = TEMPLATE.split_once("Format: >-\n").unwrap();
    let lines = format
        .lines()
        .take_while(|line| line.starts_with("          "));
    let text = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    [
        ("requestId", "JKJaXmPLvHcESHA="),
        ("requestTimeEpoch", "1795165200123"),
        ("routeKey", "POST /api/v1/write"),
        ("status", "204"),
        ("responseLength", "0"),
        ("responseLatency", "12"),
        ("integrationLatency", "11"),
        ("integrationErrorMessage", "-"),
    ]
    .into_iter()
    .fold(text, |text, (name, value)| {
        text.replace(&format!("$context.{name}"), value)
    })
}
