//! What was sent is taken or refused, and the ledger says how much of each, to the point.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::io::Write;

use access::routes::IngestRoute;
use flate2::{Compression, write::GzEncoder};
use http_access::{Answer, HttpError};
use ids::{HostId, SenderId, TokenId};
use ingest_ledger::{Protocol, Summary, Unit};
use ingest_metrics::{Deps, handle};
use jiff::Timestamp;
use serde_json::{Value, json};
use support::wire::Fault;
use support::{Flush, World, at, gauge};

const NOW: &str = "2026-11-20T09:10:10Z";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn token() -> SenderId {
    SenderId::of_token(&TokenId::new("abcdefgh").unwrap())
}

/// Some good samples, and some that are too old.
fn flush(good: usize, old: usize) -> Flush {
    let now_ms = at(NOW).as_millisecond();
    let good = (0..good).map(|n| gauge(&format!("good_{n}"), "web-1", now_ms, 1.0));
    let old = (0..old).map(|n| gauge(&format!("old_{n}"), "web-1", now_ms - 2 * DAY_MS, 1.0));
    Flush::mixed(good.chain(old).collect())
}

async fn ledger(world: &World, sender: &SenderId) -> Summary {
    let now_ms = at(NOW).as_millisecond();
    let window = (now_ms - DAY_MS, now_ms + DAY_MS);
    world
        .samples()
        .ledger(&world.tenant, sender, window)
        .await
        .unwrap()
}

async fn sums(world: &World, sender: &SenderId) -> (u64, u64, u64) {
    let summary = ledger(world, sender).await;
    assert!(summary.is_complete);
    (
        summary.taken_points,
        summary.refused_points,
        summary.refused_bodies,
    )
}

fn otlp(points: Value) -> Vec<u8> {
    json!({"resourceMetrics": [{
        "resource": {"attributes": [
            {"key": "service.instance.id", "value": {"stringValue": "d7c1"}},
            {"key": "host.name", "value": {"stringValue": "web-7"}},
        ]},
        "scopeMetrics": [{"metrics": [{"name": "load", "gauge": {"dataPoints": points}}]}],
    }]})
    .to_string()
    .into_bytes()
}

fn point(now: Timestamp, value: f64) -> Value {
    json!({"timeUnixNano": now.as_nanosecond().to_string(), "asDouble": value})
}

async fn export(
    world: &World,
    deps: &Deps,
    body: Vec<u8>,
    now: Timestamp,
) -> Result<Answer, HttpError> {
    let headers = [("content-type", "application/json")];
    handle(
        deps,
        world.post(IngestRoute::OtlpMetrics, &headers, body, now),
    )
    .await
}

#[tokio::test]
async fn what_was_taken_and_refused_adds_up_to_what_was_sent() {
    let world = World::new().await;
    let deps = world.instance();
    for (good, old, status) in [(30, 0, 204), (20, 5, 400), (0, 7, 400)] {
        assert_eq!(
            world.send(&deps, &flush(good, old), at(NOW)).await.unwrap(),
            status
        );
    }
    let summary = ledger(&world, &token()).await;
    assert_eq!((summary.taken_points, summary.refused_points), (50, 12));
    let [total] = summary.reasons.as_slice() else {
        panic!("{summary:?}")
    };
    assert_eq!(
        (total.reason.as_ref(), total.count, total.bodies),
        ("too_old", 12, 2)
    );
    assert_eq!(
        (total.protocol, total.unit),
        (Protocol::RemoteWrite, Unit::Points)
    );
    assert!(total.example.starts_with("old_0{"), "{}", total.example);
}

#[tokio::test]
async fn a_repeated_body_is_taken_once_and_refused_each_time() {
    let world = World::new().await;
    for deps in [world.instance(), world.instance()] {
        world.send(&deps, &flush(10, 0), at(NOW)).await.unwrap();
        world.send(&deps, &flush(0, 3), at(NOW)).await.unwrap();
    }
    assert_eq!(sums(&world, &token()).await, (10, 6, 0));
}

#[tokio::test]
async fn a_body_that_can_t_be_read_is_in_the_ledger_with_the_answer() {
    let world = World::new().await;
    let deps = world.instance();
    let headers = [
        ("content-type", "application/x-protobuf"),
        ("content-encoding", "snappy"),
    ];
    let call = world.post(IngestRoute::Write, &headers, b"nonsense".to_vec(), at(NOW));
    assert_eq!(handle(&deps, call).await.unwrap_err().status(), 400);
    assert_eq!(sums(&world, &token()).await, (0, 0, 1));
    let senders = world.state().senders(&world.tenant).await.unwrap();
    assert_eq!(senders.len(), 1, "who is only refused can be found");
}

#[tokio::test]
async fn a_complete_flush_is_in_its_hosts_ledger() {
    let world = World::new().await;
    let deps = world.instance();
    let all = flush(40, 2).series;
    world
        .send(&deps, &Flush::complete("web-1", all), at(NOW))
        .await
        .unwrap();
    let host = SenderId::of_host(&HostId::new("web-1").unwrap());
    assert_eq!(sums(&world, &host).await, (40, 2, 0));
    assert_eq!(sums(&world, &token()).await, (0, 0, 0));
}

#[tokio::test]
async fn what_can_t_be_recorded_is_not_refused_but_asked_for_again() {
    let world = World::new().await;
    let deps = world.instance();
    // The chunk is the first item that is put, the ledger's entry the second.
    let mut puts = 0;
    world.wire.fail(move |action| {
        puts += usize::from(action == "PutItem");
        if action == "PutItem" && puts > 2 {
            Fault::Refused
        } else {
            Fault::None
        }
    });
    let refused = world.send(&deps, &flush(4, 1), at(NOW)).await;
    assert_eq!(refused.unwrap_err().status(), 503);
    world.wire.heal();
    assert_eq!(world.send(&deps, &flush(4, 1), at(NOW)).await.unwrap(), 400);
    assert_eq!(sums(&world, &token()).await, (4, 1, 0));
}

#[tokio::test]
async fn data_points_of_otlp_are_taken_and_refused_in_its_own_words() {
    let world = World::new().await;
    let deps = world.instance();
    let now = at(NOW);
    let answer = export(
        &world,
        &deps,
        otlp(json!([point(now, 1.0), {"asDouble": 2.0}])),
        now,
    )
    .await;
    let answer = answer.unwrap();
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(body["partialSuccess"]["rejectedDataPoints"], "1");
    let whole = export(&world, &deps, otlp(json!([point(now, 3.0)])), now)
        .await
        .unwrap();
    assert_eq!(whole.body, b"{}");
    assert_eq!(
        export(&world, &deps, b"{".to_vec(), now)
            .await
            .unwrap_err()
            .status(),
        400
    );
    assert_eq!(sums(&world, &token()).await, (2, 1, 1));
}

#[tokio::test]
async fn a_process_is_no_host_and_the_host_that_a_resource_names_is() {
    let world = World::new().await;
    let deps = world.instance();
    export(&world, &deps, otlp(json!([point(at(NOW), 1.0)])), at(NOW))
        .await
        .unwrap();
    let hosts = world.state().hosts(&world.tenant).await.unwrap();
    let names: Vec<_> = hosts.iter().map(|host| host.host.as_str()).collect();
    assert_eq!(names, ["web-7"]);
}

#[tokio::test]
async fn an_export_may_be_compressed_and_says_what_it_can_t_be() {
    let world = World::new().await;
    let deps = world.instance();
    let json = ("content-type", "application/json");
    for (headers, status) in [
        ([json, ("content-encoding", "br")], 415),
        (
            [
                ("content-type", "text/plain"),
                ("content-encoding", "identity"),
            ],
            415,
        ),
    ] {
        let call = world.post(IngestRoute::OtlpMetrics, &headers, otlp(json!([])), at(NOW));
        assert_eq!(
            handle(&deps, call).await.unwrap_err().status(),
            status,
            "{headers:?}"
        );
    }
    let plain = otlp(json!([]));
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&plain).unwrap();
    let gzip = gzip.finish().unwrap();
    let as_text = String::from_utf8_lossy(&gzip).into_owned().into_bytes();
    let cut = gzip[..gzip.len() - 1].to_vec();
    for (encoding, body, expected) in [
        ("identity", plain.clone(), Ok(200)),
        ("gzip", gzip, Ok(200)),
        ("gzip", plain, Ok(200)),
        ("gzip", cut, Err(400)),
        ("gzip", as_text, Err(415)),
    ] {
        let headers = [json, ("content-encoding", encoding)];
        let call = world.post(IngestRoute::OtlpMetrics, &headers, body, at(NOW));
        let answered = handle(&deps, call).await;
        let status = answered.map(|answer| answer.status);
        assert_eq!(status.map_err(|error| error.status()), expected);
    }
}
