//! What is kept of metrics' kinds, help texts and units, and what it costs.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use access::routes::IngestRoute;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use http_access::HttpError;
use ids::TenantId;
use ingest_metrics::Deps;
use jiff::{SignedDuration, Timestamp};
use series::{MetadataView, MetricKind};
use state_table::StateTable;
use state_table::metadata::Family;
use support::wire::{Fault, Spent, Wire};
use support::{Flush, PUBLIC_URL, World, at, gauge};

const START: &str = "2026-11-20T09:10:10Z";

fn counter<'a>(metric: &'a str, help: &'a str) -> MetadataView<'a> {
    MetadataView {
        metric,
        kind: MetricKind::Counter,
        help,
        unit: "",
    }
}

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

/// Field and length before each text: enough of protobuf for short messages.
fn text(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | 2);
    let mut length = bytes.len();
    while length > 127 {
        out.push(length as u8 | 128);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend(bytes);
}

/// A body of remote write 1.0 with these samples and metadata.
fn body(flush: &Flush, said: &[MetadataView<'_>]) -> Vec<u8> {
    let series = remote_write::encode(&flush.series);
    let mut body = snap::raw::Decoder::new().decompress_vec(&series).unwrap();
    for view in said {
        let mut message = vec![1 << 3, view.kind as u8];
        for (field, value) in [(2, view.metric), (4, view.help), (5, view.unit)] {
            text(&mut message, field, value.as_bytes());
        }
        text(&mut body, 3, &message);
    }
    snap::raw::Encoder::new().compress_vec(&body).unwrap()
}

async fn send(
    world: &World,
    deps: &Deps,
    flush: &Flush,
    said: &[MetadataView<'_>],
    now: Timestamp,
) -> Result<u16, HttpError> {
    let mut call = world.call(flush, now);
    call.body = body(flush, said);
    let answer = ingest_metrics::handle(deps, call).await;
    answer.map(|answer| answer.status)
}

/// A body that has nothing but metadata, and what it cost.
async fn said(world: &World, deps: &Deps, said: &[MetadataView<'_>], now: Timestamp) -> Vec<Spent> {
    // Quotas are read now, and remembered.
    let empty = Flush::mixed(vec![]);
    send(world, deps, &empty, &[], now).await.unwrap();
    world.wire.take_spent();
    let status = send(world, deps, &Flush::mixed(vec![]), said, now).await;
    assert_eq!(status.unwrap(), 204);
    world.wire.take_spent()
}

fn actions(spent: &[Spent]) -> Vec<&str> {
    spent.iter().map(|one| one.action.as_str()).collect()
}

async fn families(world: &World, tenant: &TenantId, now: Timestamp) -> Vec<Family> {
    let mut all = Vec::new();
    let visit = |family| all.push(family);
    world.state().each_family(tenant, now, visit).await.unwrap();
    all
}

async fn help(world: &World, metric: &str, now: Timestamp) -> String {
    let found = world.state().family(&world.tenant, metric, now).await;
    found.unwrap().unwrap().help
}

#[tokio::test]
async fn a_warm_flush_with_metadata_costs_no_further_call() {
    let world = World::new().await;
    let deps = world.instance();
    let all = [counter("a_total", "A."), counter("b_total", "B.")];
    for n in 0..3 {
        let now = at(START) + SignedDuration::from_secs(5 * n);
        world.wire.take_spent();
        let flush = Flush::mixed(vec![gauge("a_total", "web-1", now.as_millisecond(), 1.0)]);
        let status = send(&world, &deps, &flush, &all, now).await;
        assert_eq!(status.unwrap(), 204);
        let spent = world.wire.take_spent();
        if n > 0 {
            let mut actions = actions(&spent);
            actions.sort_unstable();
            assert_eq!(
                actions,
                ["PutItem", "Query"],
                "the chunk, the rules' states"
            );
        }
    }
    assert_eq!(families(&world, &world.tenant, at(START)).await.len(), 2);
}

#[tokio::test]
async fn a_second_instance_reads_once_and_writes_nothing() {
    let world = World::new().await;
    let all = [counter("a_total", "A."), counter("b_total", "B.")];
    let first = said(&world, &world.instance(), &all, at(START)).await;
    assert_eq!(actions(&first), ["Query", "PutItem", "PutItem"]);
    let second = world.instance();
    let spent = said(&world, &second, &all, at(START) + minutes(1)).await;
    assert_eq!(actions(&spent), ["Query"]);
    let spent = said(&world, &second, &all, at(START) + minutes(60)).await;
    assert_eq!(spent, [], "it is remembered for an hour");
    let spent = said(&world, &second, &all, at(START) + minutes(61)).await;
    assert_eq!(actions(&spent), ["Query"]);
}

#[tokio::test]
async fn everything_that_was_said_is_kept_and_another_tenant_has_nothing_of_it() {
    let world = World::new().await;
    let long = "当".repeat(1_001);
    let view = MetadataView {
        metric: "latency_seconds",
        kind: MetricKind::GaugeHistogram,
        help: &long,
        unit: "seconds",
    };
    said(&world, &world.instance(), &[view], at(START)).await;
    let kept = families(&world, &world.tenant, at(START)).await;
    let expected = Family {
        metric: "latency_seconds".to_owned(),
        kind: MetricKind::GaugeHistogram,
        help: "当".repeat(1_000),
        unit: "seconds".to_owned(),
        changed_at: at(START),
        seen_at: at(START),
    };
    assert_eq!(kept, [expected]);
    let other = TenantId::new("demo2").unwrap();
    assert_eq!(families(&world, &other, at(START)).await, []);
    // The same instance keeps them apart.
    let deps = world.instance();
    said(&world, &deps, &[view], at(START)).await;
    let mut call = world.call(&Flush::mixed(vec![]), at(START));
    call.body = body(
        &Flush::mixed(vec![]),
        &[counter("latency_seconds", "Other.")],
    );
    call.principal.as_mut().unwrap().tenant = other.clone();
    ingest_metrics::handle(&deps, call).await.unwrap();
    assert_eq!(families(&world, &other, at(START)).await[0].help, "Other.");
    assert_eq!(
        help(&world, "latency_seconds", at(START)).await,
        "当".repeat(1_000)
    );
}

#[tokio::test]
async fn a_changed_text_is_written_once_and_contradiction_at_most_once_an_hour() {
    let world = World::new().await;
    let instances = [world.instance(), world.instance()];
    let mut writes = Vec::new();
    for minute in 0..=130 {
        let now = at(START) + minutes(minute);
        for (deps, text) in instances.iter().zip(["One.", "Other."]) {
            let spent = said(&world, deps, &[counter("a_total", text)], now).await;
            if actions(&spent).contains(&"PutItem") {
                writes.push((minute, help(&world, "a_total", now).await));
            }
        }
    }
    let written: Vec<i64> = writes.iter().map(|(minute, _)| *minute).collect();
    assert_eq!(written, [0, 60, 120], "{writes:?}");
    let now = at(START) + minutes(200);
    let spent = said(
        &world,
        &world.instance(),
        &[counter("a_total", "New.")],
        now,
    )
    .await;
    assert_eq!(actions(&spent), ["Query", "PutItem"]);
    assert_eq!(help(&world, "a_total", now).await, "New.");
}

#[tokio::test]
async fn of_two_texts_in_one_body_the_larger_is_kept_in_either_order() {
    let mut both = [counter("a_total", ""), counter("a_total", "A.")];
    for _ in 0..2 {
        let world = World::new().await;
        let spent = said(&world, &world.instance(), &both, at(START)).await;
        assert_eq!(actions(&spent), ["Query", "PutItem"]);
        assert_eq!(help(&world, "a_total", at(START)).await, "A.");
        both.reverse();
    }
}

/// An instance whose memory is older than what is stored.
#[tokio::test]
async fn an_instance_that_lost_a_race_looks_again() {
    let world = World::new().await;
    let (early, late) = (world.instance(), world.instance());
    said(&world, &early, &[counter("a_total", "A.")], at(START)).await;
    let now = at(START) + minutes(1);
    said(&world, &late, &[counter("b_total", "B.")], now).await;
    let spent = said(&world, &early, &[counter("b_total", "Old.")], now).await;
    assert_eq!(actions(&spent), ["PutItem"], "refused, because it is there");
    assert_eq!(help(&world, "b_total", now).await, "B.");
    let spent = said(&world, &early, &[counter("b_total", "B.")], now).await;
    assert_eq!(actions(&spent), ["Query"]);
}

#[tokio::test]
async fn a_family_lives_for_a_month_after_it_was_last_said() {
    let world = World::new().await;
    let deps = world.instance();
    let all = [counter("a_total", "A.")];
    said(&world, &deps, &all, at(START)).await;
    let days = |count: i64| at(START) + SignedDuration::from_hours(24 * count);
    let spent = said(&world, &deps, &all, days(6)).await;
    assert_eq!(actions(&spent), ["Query"]);
    let spent = said(&world, &deps, &all, days(8)).await;
    assert_eq!(actions(&spent), ["Query", "PutItem"]);
    let kept = families(&world, &world.tenant, days(8)).await;
    assert_eq!((kept[0].changed_at, kept[0].seen_at), (days(0), days(8)));
    let alive = async |now| {
        let one = world.state().family(&world.tenant, "a_total", now).await;
        let listed = families(&world, &world.tenant, now).await.len();
        (one.unwrap().is_some(), listed)
    };
    assert_eq!(alive(days(8 + 30)).await, (true, 1));
    assert_eq!(alive(days(8 + 38)).await, (false, 0));
    // What expired and is not removed yet is in nobody's way.
    let again = days(8 + 40);
    said(&world, &deps, &[counter("a_total", "Back.")], again).await;
    assert_eq!(help(&world, "a_total", again).await, "Back.");
}

/// Families with a help text, written 25 at a time.
async fn stored_before(world: &World, names: &[String], help: &str) {
    let item = |name: &String| {
        let item = serde_json::json!({
            "pk": format!("{}#metadata", world.tenant), "sk": name, "metric": name, "type": "counter",
            "help": help, "unit": "", "changed_at": START, "seen_at": START,
        });
        let put = PutRequest::builder().set_item(Some(serde_dynamo::to_item(item).unwrap()));
        WriteRequest::builder()
            .put_request(put.build().unwrap())
            .build()
    };
    for part in names.chunks(25) {
        let batch = world.dynamo.batch_write_item();
        let batch = batch.request_items("state", part.iter().map(item).collect());
        batch.send().await.unwrap();
    }
}

/// What a cold instance spends on looking at so many families of which it is told nothing new.
async fn look(count: usize, help: &str) -> Vec<Spent> {
    let world = World::new().await;
    let names: Vec<String> = (0..count)
        .map(|n| format!("node_network_m{n}_total"))
        .collect();
    stored_before(&world, &names, help).await;
    let all: Vec<_> = names.iter().map(|name| counter(name, help)).collect();
    said(&world, &world.instance(), &all, at(START)).await
}

#[tokio::test]
async fn an_hours_look_costs_a_tenth_of_looking_each_family_up() {
    let spent = look(
        1_500,
        "Seconds the processors spent in each of their modes.",
    )
    .await;
    assert_eq!(actions(&spent), ["Query"]);
    let units = spent[0].units;
    assert!(units > 1.0 && units < 1_500.0 * 0.5 / 10.0, "{units}");
}

#[tokio::test]
async fn an_hours_look_follows_every_page() {
    let spent = look(400, &"当".repeat(1_000)).await;
    assert_eq!(actions(&spent), ["Query", "Query"], "1.2 MB");
}

#[tokio::test]
async fn a_name_that_no_key_holds_is_not_kept_and_costs_nothing_more() {
    let world = World::new().await;
    let deps = world.instance();
    let (longest, longer) = ("n".repeat(512), "n".repeat(513));
    let all = [counter(&longest, "N."), counter(&longer, "N.")];
    let spent = said(&world, &deps, &all, at(START)).await;
    assert_eq!(actions(&spent), ["Query", "PutItem"]);
    let kept = families(&world, &world.tenant, at(START)).await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].metric, longest);
    assert_eq!(said(&world, &deps, &all, at(START)).await, []);
}

/// An instance whose calls to the state table go through a wire of their own.
async fn instance_behind(world: &World) -> (Deps, Wire) {
    let address = world.wire.url.strip_prefix("http://").unwrap();
    let wire = Wire::to(address.parse().unwrap()).await;
    let config = world.dynamo.config().to_builder().endpoint_url(&wire.url);
    let client = aws_sdk_dynamodb::Client::from_conf(config.build());
    let state = StateTable::new(client, "state");
    let deps = Deps::new(state, world.samples(), world.outbox(), PUBLIC_URL);
    (deps, wire)
}

#[tokio::test]
async fn metadata_that_a_failing_table_refused_costs_no_sample_and_comes_again() {
    let world = World::new().await;
    let (deps, wire) = instance_behind(&world).await;
    let flush =
        |now: Timestamp| Flush::mixed(vec![gauge("a_total", "web-1", now.as_millisecond(), 1.0)]);
    let all = [counter("a_total", "A.")];
    let taken = send(&world, &deps, &flush(at(START)), &[], at(START)).await;
    assert_eq!(taken.unwrap(), 204, "sender and host are known");
    let now = at(START) + SignedDuration::from_secs(5);
    for fault in [Fault::Refused, Fault::AnswerLost] {
        wire.fail(move |action| {
            if action == "PutItem" {
                fault
            } else {
                Fault::None
            }
        });
        let taken = send(&world, &deps, &flush(now), &all, now).await;
        assert_eq!(taken.unwrap(), 204, "the samples are stored");
        let refused = send(&world, &deps, &Flush::mixed(vec![]), &all, now).await;
        if fault == Fault::Refused {
            let Err(HttpError::Refused(problem)) = refused else {
                panic!("{refused:?}");
            };
            assert_eq!(problem.status, 503);
        }
        wire.heal();
        assert_eq!(
            send(&world, &deps, &flush(now), &all, now).await.unwrap(),
            204
        );
        assert_eq!(help(&world, "a_total", now).await, "A.");
    }
}

#[tokio::test]
async fn a_body_of_metadata_alone_comes_again_when_the_table_can_not_be_read() {
    let world = World::new().await;
    let deps = world.instance();
    let all = [counter("a_total", "A.")];
    world.wire.fail(|_| Fault::Refused);
    let refused = send(&world, &deps, &Flush::mixed(vec![]), &all, at(START)).await;
    let Err(HttpError::Refused(problem)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(problem.status, 503);
    world.wire.heal();
    said(&world, &deps, &all, at(START)).await;
    assert_eq!(help(&world, "a_total", at(START)).await, "A.");
}

#[tokio::test]
async fn what_an_otlp_export_says_about_its_metrics_is_kept_too() {
    let world = World::new().await;
    let now = at(START);
    let nanos = now.as_nanosecond().to_string();
    let export = serde_json::json!({ "resourceMetrics": [{ "scopeMetrics": [{ "metrics": [{
        "name": "http.server.duration",
        "description": "How long requests take.",
        "unit": "s",
        "gauge": { "dataPoints": [{ "asDouble": 1.5, "timeUnixNano": nanos }] },
    }] }] }] });
    let headers = [("content-type", "application/json")];
    let call = world.post(
        IngestRoute::OtlpMetrics,
        &headers,
        export.to_string().into_bytes(),
        now,
    );
    let answer = ingest_metrics::handle(&world.instance(), call).await;
    assert_eq!(answer.unwrap().status, 200);
    let kept = families(&world, &world.tenant, now).await;
    let family = &kept[0];
    assert_eq!(kept.len(), 1);
    assert_eq!(family.metric, "http_server_duration_seconds");
    assert_eq!(family.kind, MetricKind::Gauge);
    assert_eq!(family.help, "How long requests take.");
    assert_eq!(family.unit, "seconds");
}
