//! What do requests of several senders cost? Counted calls and units, at list prices.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::bodies::{Bodies, Shape};
use crate::prices::{Prices, Request, memory_mb};
use crate::support::{Flush, World};

/// Of each case, after a first flush that makes what the others find.
const FLUSHES: usize = 8;
const MONTH_SECS: f64 = 30.0 * 86_400.0;
/// The load for which others are compared: so many hosts of 100 series, a sample each 15 seconds.
const HOSTS: f64 = 1_000.0;

pub async fn table(agent_us: f64, mixed_us: f64) -> Value {
    let prices = Prices::read();
    let mut rows = vec![row(&prices, Shape::AGENT, agent_us).await];
    for samples in [100, 500, 1_000, 2_000, 5_000, 10_000, 20_000] {
        rows.push(row(&prices, Shape::mixed(samples), mixed_us).await);
    }
    let samples = HOSTS * 100.0 * MONTH_SECS / 15.0;
    json!({
        "memory_mb": memory_mb(),
        "rows": rows,
        "others": {
            "hosts": HOSTS,
            "million_samples_a_month": samples / 1e6,
            "managed_prometheus": prices.managed_prometheus(samples),
            "cloudwatch": prices.cloudwatch(HOSTS * 100.0, HOSTS * MONTH_SECS / 60.0, samples),
        },
    })
}

async fn row(prices: &Prices, shape: Shape, sample_us: f64) -> Value {
    let world = World::new().await;
    let deps = world.instance();
    let mut bodies = Bodies::until_now(shape, FLUSHES + 1);
    let mut requests = Vec::new();
    let mut calls = 0;
    for _ in 0..=FLUSHES {
        let series = bodies.next_series();
        let newest = series.iter().flat_map(|s| &s.samples).map(|s| s.time_ms);
        let now = Timestamp::from_millisecond(newest.max().unwrap()).unwrap();
        let samples: usize = series.iter().map(|series| series.samples.len()).sum();
        let body_bytes = remote_write::encode(&series).len();
        let flush = match shape.is_of_agent() {
            true => Flush::complete("web-1.example.com", series),
            false => Flush::mixed(series),
        };
        // A busy instance always has what it remembers for some seconds.
        let busy = crate::support::gauge("up", "other", now.as_millisecond(), 1.0);
        let other = Flush::complete("other", vec![busy]);
        world.send(&deps, &other, now).await.unwrap();
        world.wire.take_spent();
        assert_eq!(world.send(&deps, &flush, now).await.unwrap(), 204);
        let spent = world.wire.take_spent();
        calls = spent.len();
        let computed_ms = sample_us * samples as f64 / 1e3;
        requests.push(Request::counted(&spent, samples, body_bytes, computed_ms));
    }
    let warm = &requests[1..];
    let mean = |of: &dyn Fn(&Request) -> f64| warm.iter().map(of).sum::<f64>() / warm.len() as f64;
    json!({
        "is_of_agent": shape.is_of_agent(),
        "samples": mean(&|r| r.samples),
        "body_bytes": mean(&|r| r.body_bytes as f64),
        "calls": calls,
        "write_units": mean(&|r| r.write_units),
        "read_units": mean(&|r| r.read_units),
        "usd": mean(&|r| prices.of_million_samples(r)),
        "http_api": mean(&|r| prices.of(r).http_api / r.samples * 1e6),
        "function": mean(&|r| prices.of(r).function / r.samples * 1e6),
        "writes": mean(&|r| prices.of(r).writes / r.samples * 1e6),
        "reads": mean(&|r| prices.of(r).reads / r.samples * 1e6),
        "logs": mean(&|r| prices.of(r).logs / r.samples * 1e6),
    })
}
