//! What does a flush cost? Counted in DynamoDB's own units.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod prices;
mod support;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use ids::{HostId, SenderId, TenantId};
use ingest_metrics::Deps;
use jiff::{SignedDuration, Timestamp};
use prices::{Prices, Request};
use samples_table::SamplesTable;
use support::wire::Spent;
use support::{Flush, World, at, gauge, series};

/// What a flush of 400 samples computes on a whole processor, at most: `make bench` measures it.
const FLUSH_COMPUTES_MS: f64 = 0.5;
/// Behind the gateway, for what an agent sends each minute.
const MOST_USD_PER_MILLION_SAMPLES: f64 = 0.005;
const START: &str = "2026-11-20T09:10:10Z";

/// What an agent sends each minute: `count` series of four samples, counters and gauges that move.
fn host(name: &str, count: usize, newest: Timestamp) -> Flush {
    let all = (0..count).map(|number| {
        let metric = if number % 3 == 0 {
            format!("node_c{}_total", number / 8)
        } else {
            format!("node_g{}", number / 8)
        };
        let device = format!("dev{}", number % 8);
        let samples: Vec<(i64, f64)> = (0..4)
            .map(|n| {
                let time_ms = newest.as_millisecond() - (3 - n) * 15_000;
                let tick = time_ms / 15_000;
                let wobble = ((tick * 2_654_435_761 + number as i64 * 97) >> 7) % 5;
                let value = if number % 3 == 0 {
                    (tick % 1_000_000) * (number as i64 % 7) + 1_000
                } else if number % 5 == 0 {
                    4_096 * (100_000 + wobble)
                } else {
                    1_000
                };
                (time_ms, value as f64)
            })
            .collect();
        let labels = [
            ("__name__", metric.as_str()),
            ("device", &device),
            ("instance", name),
        ];
        series(&labels, &samples)
    });
    Flush::complete(name, all.collect())
}

fn calls(spent: &[Spent]) -> Vec<(&str, &str, f64)> {
    spent
        .iter()
        .map(|one| (one.action.as_str(), one.table.as_str(), one.units))
        .collect()
}

fn writes(spent: &[Spent]) -> Vec<f64> {
    let writes = spent
        .iter()
        .filter(|one| one.action.ends_with("Item") && one.action != "GetItem");
    writes.map(|one| one.units).collect()
}

async fn taken(world: &World, deps: &Deps, flush: &Flush, now: Timestamp) -> Vec<Spent> {
    world.wire.take_spent();
    assert_eq!(world.send(deps, flush, now).await.unwrap(), 204);
    world.wire.take_spent()
}

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

#[tokio::test]
async fn a_warm_flush_of_an_agent_is_one_call_and_one_write_unit() {
    let world = World::new().await;
    let deps = world.instance();
    taken(&world, &deps, &host("web-1", 100, at(START)), at(START)).await;
    // Quotas and rules are remembered for 15 seconds.
    for n in 1..3 {
        let now = at(START) + seconds(5 * n);
        let spent = taken(&world, &deps, &host("web-1", 100, now), now).await;
        let mut found = calls(&spent);
        found.sort_by(|a, b| a.partial_cmp(b).unwrap());
        let states = ("Query", "state", 0.5);
        assert_eq!(found, [("PutItem", "samples", 1.0), states]);
    }
    assert!(world.queue.sent().is_empty());
}

#[tokio::test]
async fn a_warm_flush_of_an_agent_costs_half_a_cent_for_a_million_samples() {
    let (world, prices) = (World::new().await, Prices::read());
    let deps = world.instance();
    taken(&world, &deps, &host("web-1", 100, at(START)), at(START)).await;
    let now = at(START) + seconds(10);
    let flush = host("web-1", 100, now);
    let body_bytes = remote_write::encode(&flush.series).len();
    let spent = taken(&world, &deps, &flush, now).await;
    let request = Request::counted(&spent, 400, body_bytes, FLUSH_COMPUTES_MS);
    let usd = prices.of_million_samples(&request);
    assert!(
        usd <= MOST_USD_PER_MILLION_SAMPLES,
        "{usd} USD: {:?} {request:?}",
        prices.of(&request)
    );
    // A price list or a count that became empty must not look cheap.
    assert!(usd > 0.004, "{usd} USD");
    let doubled = Request {
        write_units: 2.0,
        ..request
    };
    assert!(prices.of_million_samples(&doubled) > MOST_USD_PER_MILLION_SAMPLES);
}

#[tokio::test]
async fn a_warm_mixed_flush_of_2000_samples_is_one_write_and_one_small_read() {
    let world = World::new().await;
    let deps = world.instance();
    let flush = |now: Timestamp| {
        let all = (0..2_000).map(|n| {
            let (name, instance) = (format!("node_m{}", n / 20), format!("i{}:9100", n % 20));
            gauge(&name, &instance, now.as_millisecond(), f64::from(n % 300))
        });
        Flush::mixed(all.collect())
    };
    taken(&world, &deps, &flush(at(START)), at(START)).await;
    let now = at(START) + seconds(10);
    let spent = taken(&world, &deps, &flush(now), now).await;
    assert_eq!(spent.len(), 2, "{spent:?}");
    let written = writes(&spent);
    assert!(written.len() == 1 && written[0] <= 8.0, "{spent:?}");
}

#[tokio::test]
async fn a_change_of_state_costs_three_reads_and_three_writes_more() {
    let world = World::new().await;
    world.put_rules("  - {alert: High, expr: load > 5}\n").await;
    let deps = world.instance();
    let flush = |now: Timestamp, value| {
        Flush::complete(
            "web-1",
            vec![gauge("load", "web-1", now.as_millisecond(), value)],
        )
    };
    taken(&world, &deps, &flush(at(START), 1.0), at(START)).await;
    let now = at(START) + seconds(7);
    let spent = taken(&world, &deps, &flush(now, 9.0), now).await;
    let found: Vec<_> = spent
        .iter()
        .map(|one| (&*one.action, &*one.table))
        .collect();
    let mut expected = vec![
        ("PutItem", "samples"),
        ("Query", "state"),
        // The rules once more, and whether newer samples are known.
        ("Query", "state"),
        ("Query", "samples"),
        ("TransactWriteItems", "state"),
        ("DeleteItem", "state"),
    ];
    let mut sorted = found.clone();
    sorted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sorted, expected);
    let units: f64 = spent.iter().skip(1).map(|one| one.units).sum();
    assert!(units < 14.0, "{spent:?}");
    let spent = taken(
        &world,
        &deps,
        &flush(now + seconds(7), 9.0),
        now + seconds(7),
    )
    .await;
    assert_eq!(spent.len(), 2, "it fires already: {spent:?}");
}

#[tokio::test]
async fn a_cold_instance_reads_and_writes_the_chunk_alone() {
    let world = World::new().await;
    let first = host("web-1", 100, at(START));
    taken(&world, &world.instance(), &first, at(START)).await;
    for n in 1..3 {
        let now = at(START) + seconds(5 * n);
        let spent = taken(&world, &world.instance(), &host("web-1", 100, now), now).await;
        assert_eq!(writes(&spent), [1.0], "{spent:?}");
        // Quotas with use, rules, states, sender, host, newest chunk, keyframe.
        assert_eq!(spent.len(), 8, "{spent:?}");
    }
}

#[tokio::test]
async fn an_hour_of_drift_costs_few_keyframes() {
    let world = World::new().await;
    let deps = world.instance();
    let mut units = 0.0;
    let mut keyframes = 0;
    for minute in 0..60 {
        let now = at("2026-11-20T09:00:50Z") + seconds(60 * minute);
        let spent = taken(&world, &deps, &host("web-1", 100, now), now).await;
        let samples = spent.iter().filter(|one| one.table == "samples");
        let puts: Vec<f64> = samples
            .filter(|one| one.action == "PutItem")
            .map(|one| one.units)
            .collect();
        keyframes += puts.len() - 1;
        units += puts.iter().sum::<f64>();
    }
    assert!(keyframes <= 3, "{keyframes} keyframes");
    assert!(units <= 60.0 * 1.15, "{units} write units in 60 flushes");
}

#[tokio::test]
async fn a_host_too_large_for_one_unit_is_not_keyed_anew_in_each_flush() {
    let world = World::new().await;
    let deps = world.instance();
    taken(&world, &deps, &host("big", 1_500, at(START)), at(START)).await;
    for n in 1..4 {
        let now = at(START) + seconds(5 * n);
        let spent = taken(&world, &deps, &host("big", 1_500, now), now).await;
        assert_eq!(writes(&spent).len(), 1, "{spent:?}");
    }
}

/// The largest chunk that `one_unit_bytes` allows, beside the longest names there are.
#[tokio::test]
async fn one_write_unit_holds_what_is_promised_of_it() {
    let world = World::new().await;
    let names = [
        ("a", "b".to_owned()),
        ("a".repeat(32).leak(), "h".repeat(255)),
    ];
    for (tenant, name) in names {
        let tenant = TenantId::new(tenant).unwrap();
        let sender = SenderId::of_host(&HostId::new(name).unwrap());
        let promised = SamplesTable::one_unit_bytes(&tenant, &sender);
        for (more, units) in [(0, 1.0), (10, 2.0)] {
            world.wire.take_spent();
            let item = HashMap::from([
                (
                    "pk".to_owned(),
                    AttributeValue::S(format!("{tenant}#c#{sender}")),
                ),
                (
                    "sk".to_owned(),
                    AttributeValue::S(format!("1795165200000#{:016x}", 1)),
                ),
                (
                    "d".to_owned(),
                    AttributeValue::B(vec![1; promised + more].into()),
                ),
                (
                    "a".to_owned(),
                    AttributeValue::N("1795165200123".to_owned()),
                ),
                ("n".to_owned(), AttributeValue::N("123456".to_owned())),
                ("t".to_owned(), AttributeValue::N("1795165201".to_owned())),
            ]);
            let put = world.dynamo.put_item().table_name("samples");
            put.set_item(Some(item)).send().await.unwrap();
            assert_eq!(world.wire.take_spent()[0].units, units, "{sender}");
        }
    }
}
