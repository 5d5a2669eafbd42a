//! Figures: `cargo run --release -p promql --example bench`. Microseconds of CPU, best of five.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Instant;

use promql::{Expr, Value, evaluate_instant, evaluate_range, json};
use series::{Labels, Sample, Series};

const NOW: i64 = 1_700_000_000_000;
static START: LazyLock<Instant> = LazyLock::new(Instant::now);
const SERIES: usize = 10_000;

/// Counters of 100 hosts, 8 labels each, an hour of samples every 15 s.
fn fleet() -> Vec<Series> {
    let mut fleet: Vec<Series> = (0..SERIES)
        .filter_map(|index| {
            let (host, cpu) = (
                format!("web-{:03}:9100", index / 100),
                format!("{:02}", index % 100),
            );
            let labels = Labels::new([
                ("__name__", "node_cpu_seconds_total"),
                ("cpu", cpu.as_str()),
                ("datacentre", "east"),
                ("env", "production"),
                ("instance", host.as_str()),
                ("job", "node"),
                ("mode", "idle"),
                ("team", "infrastructure"),
            ]);
            let samples = (0..240).map(|i| Sample {
                time_ms: NOW + i * 15_000 + (index % 15_000) as i64,
                value: (i as f64) * 14.2 + index as f64,
            });
            labels.ok().map(|labels| Series {
                labels,
                samples: samples.collect(),
            })
        })
        .collect();
    fleet.sort_by(|a, b| a.labels.cmp(&b.labels));
    fleet
}

/// Time that this thread spent on a CPU (Linux), which neighbours do not lengthen; else the clock.
fn cpu_us() -> f64 {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos: Option<f64> = schedule
        .split(' ')
        .next()
        .and_then(|nanos| nanos.parse().ok());
    nanos.unwrap_or_else(|| START.elapsed().as_nanos() as f64) / 1e3
}

fn best_us(mut run: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..5 {
        let start = cpu_us();
        let mut runs = 0.0;
        // The kernel counts in ticks of some milliseconds.
        while cpu_us() - start < 100_000.0 {
            run();
            runs += 1.0;
        }
        best = best.min((cpu_us() - start) / runs);
    }
    best
}

fn main() {
    let fleet = fleet();
    let at_ms = NOW + 50 * 60_000;
    queries(&fleet, at_ms);
    one_by_one(&fleet, at_ms);
    parsing_and_writing(&fleet, at_ms);
}

fn queries(fleet: &[Series], at_ms: i64) {
    let per_series = SERIES as f64;
    for text in [
        "node_cpu_seconds_total",
        "node_cpu_seconds_total > 1e9",
        "node_cpu_seconds_total * 2",
        "rate(node_cpu_seconds_total[5m])",
        "rate(node_cpu_seconds_total[5m]) > 1e9",
        "sum by (instance) (rate(node_cpu_seconds_total[5m]))",
        "avg_over_time(node_cpu_seconds_total[30m])",
        "node_cpu_seconds_total / node_cpu_seconds_total < 0.1",
    ] {
        let Ok(expr) = Expr::parse(text) else {
            continue;
        };
        let instant = best_us(|| {
            black_box(evaluate_instant(&expr, fleet, at_ms)).ok();
        });
        let range = best_us(|| {
            black_box(evaluate_range(
                &expr,
                fleet,
                at_ms - 30 * 60_000,
                at_ms,
                60_000,
            ))
            .ok();
        });
        println!(
            "{text}: {:.3} us a series, {:.3} us a series and step of 31",
            instant / per_series,
            range / per_series / 31.0
        );
    }
}

fn one_by_one(fleet: &[Series], at_ms: i64) {
    let labels: Vec<Vec<(&str, &str)>> = fleet.iter().map(|s| s.labels.iter().collect()).collect();
    for text in [
        "node_cpu_seconds_total > 1e9",
        "up == 0",
        "{job=~\"no.*\",instance=~\"web-0.*\"} > 1e9",
    ] {
        let Ok(expr) = Expr::parse(text) else {
            continue;
        };
        let alone = best_us(|| {
            for (labels, series) in labels.iter().zip(fleet) {
                black_box(expr.evaluate_one(labels, series.samples[199], at_ms));
            }
        });
        println!(
            "{text}: {:.3} us a series, one by one",
            alone / SERIES as f64
        );
    }
}

fn parsing_and_writing(fleet: &[Series], at_ms: i64) {
    let parse = best_us(|| {
        black_box(Expr::parse(
            "sum by (instance) (rate(node_cpu_seconds_total{mode!=\"idle\"}[5m])) > 0.9",
        ))
        .ok();
    });
    println!("parse: {parse:.1} us");
    if let Ok(Ok(matrix)) = Expr::parse("node_cpu_seconds_total")
        .map(|expr| evaluate_range(&expr, fleet, at_ms - 1_800_000, at_ms, 60_000))
    {
        let value = Value::Matrix(matrix);
        let mut size = 0;
        let write = best_us(|| {
            let mut out = String::new();
            json::append_value(&mut out, &value);
            size = out.len();
        });
        println!(
            "JSON: {:.3} us a sample, {} bytes",
            write / SERIES as f64 / 31.0,
            size
        );
    }
}
