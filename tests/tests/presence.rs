//! Who is there, when clocks are wrong and flushes are late? The functions together, on one table.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "../../functions/ingest-metrics/tests/support/mod.rs"]
mod support;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use series::STALE_NAN_BITS;
use support::{Flush, World, at, gauge};

const START: &str = "2026-11-20T09:10:00Z";

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

fn load(host: &str, time: Timestamp, value: f64) -> Flush {
    let one = gauge("load", host, time.as_millisecond(), value);
    Flush::complete(host, vec![one])
}

fn changes(world: &World) -> Vec<String> {
    let batches = world.queue.sent();
    let transitions = batches
        .iter()
        .flat_map(|batch| batch["transitions"].as_array().unwrap());
    transitions
        .map(|transition: &Value| transition["change"].as_str().unwrap().to_owned())
        .collect()
}

async fn sweep(world: &World, now: Timestamp) {
    let deps = sweep_absence::Deps {
        state: world.state(),
        samples: world.samples(),
        outbox: world.outbox(),
    };
    sweep_absence::handle(&deps, now).await.unwrap();
}

async fn evaluate(world: &World, now: Timestamp) {
    let deps = evaluate_rules::Deps {
        state: world.state(),
        samples: world.samples(),
        outbox: world.outbox(),
        public_url: support::PUBLIC_URL.to_owned(),
    };
    evaluate_rules::handle(&deps, now).await.unwrap();
}

#[tokio::test]
async fn a_flush_that_was_on_its_way_does_not_bring_a_retired_host_back() {
    let world = World::new().await;
    let deps = world.instance();
    let left = at(START) + seconds(60);
    let farewell = load("web-1", left, f64::from_bits(STALE_NAN_BITS));
    let on_its_way = load("web-1", at(START), 1.0);
    for (flush, now) in [(&farewell, left), (&on_its_way, left + seconds(5))] {
        assert_eq!(world.send(&deps, flush, now).await.unwrap(), 204);
    }
    for minute in 1..30 {
        sweep(&world, left + seconds(60 * minute)).await;
    }
    assert_eq!(changes(&world), Vec::<String>::new());
    let back = left + seconds(3_600);
    let sent = world.send(&deps, &load("web-1", back, 1.0), back).await;
    assert_eq!(sent.unwrap(), 204);
    for minute in 0..10 {
        sweep(&world, back + seconds(60 * minute)).await;
    }
    assert_eq!(changes(&world), ["fired"], "it came back and went silent");
}

/// Eight minutes behind is further than a query looks back.
#[tokio::test]
async fn an_alert_of_a_host_whose_clock_is_wrong_does_not_flap() {
    for skew_secs in [-480, -30, 0, 480] {
        let world = World::new().await;
        world.put_rules("  - {alert: High, expr: load > 5}\n").await;
        let deps = world.instance();
        for n in 0..80 {
            let now = at(START) + seconds(15 * n);
            let flush = load("web-1", now + seconds(skew_secs), 9.0);
            assert_eq!(world.send(&deps, &flush, now).await.unwrap(), 204);
            if n % 4 == 1 {
                evaluate(&world, now + seconds(2)).await;
            }
        }
        assert_eq!(changes(&world), ["fired"], "{skew_secs} s");
        let silent = at(START) + seconds(15 * 80 + 330);
        evaluate(&world, silent).await;
        assert_eq!(changes(&world), ["fired", "resolved"], "{skew_secs} s");
    }
}

#[tokio::test]
async fn a_tenant_that_cannot_be_read_does_not_hold_up_the_outbox() {
    let world = World::new().await;
    let broken = serde_json::json!({"pk": "demo#rule-state", "sk": "host.x#y", "state": "none"});
    world.put("state", broken).await;
    let deps = evaluate_rules::Deps {
        state: world.state(),
        samples: world.samples(),
        outbox: world.outbox(),
        public_url: support::PUBLIC_URL.to_owned(),
    };
    let stranded = serde_json::json!({
        "pk": "other#transition", "sk": "s", "due_pk": "outbox#transitions", "due_sk": "000000000000001",
        "batch": {"version": 1, "tenant": "other", "source": "s#r", "sequence": 1, "part": 0,
            "decided_at": "2026-11-20T09:00:00Z", "transitions": []},
    });
    world.put("state", stranded).await;
    let tick = evaluate_rules::handle(&deps, at(START)).await;
    assert!(tick.is_err(), "it is told");
    assert_eq!(
        world.queue.sent().len(),
        1,
        "the outbox was emptied all the same"
    );
}
