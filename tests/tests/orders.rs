//! Does it matter in which order, how often and through how many failures flushes arrive?
//!
//! The same timelines go into two worlds: once in order, once shuffled within a window, repeated, cut
//! anew, with calls that fail before or after they were done. Then both must hold the same samples and
//! the same alerts, and nothing may have been told twice.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "../../functions/ingest-metrics/tests/support/mod.rs"]
mod support;

#[path = "orders/course.rs"]
mod course;
#[path = "orders/told.rs"]
mod told;

use std::collections::BTreeSet;

use ids::SenderId;
use jiff::{SignedDuration, Timestamp};
use rule_evaluation::Phase;
use samples_table::{LoadLimits, Wanted};
use series::Series;
use support::wire::Fault;
use support::{Flush, World};
use toban_tests::Chance;

use course::{Course, Step};

const RULES: &str = "
  - {alert: High, expr: load > 5}
  - {alert: HighLong, expr: load > 5, for: 30s, keep_firing_for: 1m, labels: {severity: page}}
  - {alert: Full, expr: load / cap > 0.5, for: 30s}
  - {alert: AllHigh, expr: sum(load) > 25}
";

fn evaluator(world: &World) -> evaluate_rules::Deps {
    evaluate_rules::Deps {
        state: world.state(),
        samples: world.samples(),
        outbox: world.outbox(),
        public_url: support::PUBLIC_URL.to_owned(),
    }
}

/// Sends until it is taken, as every sender does; a tick that fails comes again in a minute.
async fn play(world: &World, course: &Course, chance: &mut Chance) {
    world.put_rules(RULES).await;
    let instances = [world.instance(), world.instance()];
    let evaluator = evaluator(world);
    let mut again: Vec<Flush> = Vec::new();
    for (now, step) in &course.steps {
        match step {
            Step::Tick => {
                let _ = evaluate_rules::handle(&evaluator, *now).await;
            }
            Step::Flush(flush) => again.push(flush.clone()),
            Step::Heal => {
                world.wire.heal();
                world.queue.heal();
            }
        }
        let mut left = Vec::new();
        for flush in again {
            let instance = &instances[chance.below(2)];
            match world.send(instance, &flush, *now).await {
                Ok(204) => {}
                Ok(status) => panic!("{status}"),
                Err(_) => left.push(flush),
            }
        }
        again = left;
    }
    assert!(again.is_empty(), "everything was taken in the end");
}

async fn stored(world: &World, end: Timestamp) -> Vec<Series> {
    let senders = world.state().senders(&world.tenant).await.unwrap();
    let senders: Vec<SenderId> = senders.into_iter().map(|known| known.sender).collect();
    let wanted = Wanted {
        tenant: &world.tenant,
        senders: &senders,
        from_ms: 0,
        to_ms: end.as_millisecond(),
        keep: &|_| true,
    };
    let limits = LoadLimits {
        max_samples: 1_000_000,
    };
    let loaded = world.samples().load(&wanted, limits).await.unwrap();
    assert_eq!(loaded.unreadable, 0);
    loaded.series
}

/// What fires or waits, of which source.
async fn alerts(world: &World) -> BTreeSet<(String, String, bool)> {
    let states = world.state().rule_states(&world.tenant).await.unwrap();
    let alerts = states.into_iter().flat_map(|known| {
        let source = known.sender.to_string();
        let alerts = known.state.alerts.into_iter();
        alerts
            .map(|alert| {
                let pending = alert.phase == Phase::Pending;
                (source.clone(), format!("{:?}", alert.labels), pending)
            })
            .collect::<Vec<_>>()
    });
    alerts.collect()
}

fn break_calls(world: &World, seed: u64) {
    let mut chance = Chance::of(seed ^ 0xFA17);
    world.wire.fail(move |_| match chance.below(40) {
        0 => Fault::Refused,
        1 => Fault::AnswerLost,
        _ => Fault::None,
    });
    let mut chance = Chance::of(seed ^ 0x50E5);
    world.queue.fail(move || chance.below(6) == 0);
}

async fn prove(seed: u64) {
    let mut chance = Chance::of(seed);
    let course = Course::random(&mut chance);
    let (calm, wild) = (World::new().await, World::new().await);
    play(&calm, &course, &mut chance).await;
    break_calls(&wild, seed);
    play(&wild, &course.disordered(&mut chance), &mut chance).await;

    let end = course.end() + SignedDuration::from_hours(1);
    let samples = stored(&calm, end).await;
    assert!(!samples.is_empty());
    assert_eq!(stored(&wild, end).await, samples, "seed {seed}: samples");
    assert_eq!(
        alerts(&wild).await,
        alerts(&calm).await,
        "seed {seed}: alerts"
    );
    for (name, world) in [("in order", &calm), ("in disorder", &wild)] {
        let told = told::once(&world.queue.sent());
        if let Err(why) = told.and_then(|told| told::alternating(&told)) {
            panic!("seed {seed}, {name}: {why}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_repetition_and_failures_change_nothing() {
    let seeds = if toban_tests::is_thorough() { 200 } else { 4 };
    for seed in 1..=seeds {
        prove(seed).await;
    }
}
