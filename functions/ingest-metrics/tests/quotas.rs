//! What is answered to a tenant that sends too much, and to whom else does it matter?
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use access::routes::IngestRoute;
use http_access::{HttpError, Problem};
use ids::{SenderId, TenantId, TokenId};
use ingest_ledger::{Summary, Unit};
use ingest_metrics::{Deps, handle};
use jiff::{SignedDuration, Timestamp};
use quotas::{Established, key_of};
use serde_json::{Value, json};
use support::wire::Fault;
use support::{Flush, World, at, gauge, series};

/// The first second of a window.
const NOW: &str = "2026-11-20T09:10:10Z";

fn later(secs: i64) -> Timestamp {
    at(NOW) + SignedDuration::from_secs(secs)
}

/// Different series each time, one sample each.
fn flush(name: &str, points: usize, now: Timestamp) -> Flush {
    let one = |n| gauge(&format!("{name}_{n}"), "web-1", now.as_millisecond(), 1.0);
    Flush::mixed((0..points).map(one).collect())
}

async fn set(world: &World, quotas: Value) {
    let item = json!({
        "pk": format!("{}#quotas", world.tenant), "sk": "quotas", "version": 1, "quotas": quotas,
    });
    world.put("state", item).await;
}

/// As measured: near the rate where `samples_per_sec` is half of it.
async fn set_usage(world: &World, samples_per_sec: u64) {
    let item = json!({
        "pk": format!("{}#quotas", world.tenant), "sk": "usage", "measured_at": NOW, "quotas_version": 1,
        "active_series": 1, "samples_per_sec": samples_per_sec, "senders": 1,
        "labels_per_series": 1, "label_name_bytes": 1, "label_value_bytes": 1,
    });
    world.put("state", item).await;
}

async fn ledger(world: &World, tenant: &TenantId) -> Summary {
    let sender = SenderId::of_token(&TokenId::new("abcdefgh").unwrap());
    let now_ms = at(NOW).as_millisecond();
    let window = (now_ms - 600_000, now_ms + 600_000);
    let summary = world.samples().ledger(tenant, &sender, window).await;
    summary.unwrap()
}

fn problem(error: HttpError) -> Problem {
    match error {
        HttpError::Refused(problem) => *problem,
        other => panic!("{other:?}"),
    }
}

fn header<'p>(problem: &'p Problem, name: &str) -> &'p str {
    let found = problem.headers.iter().find(|(known, _)| *known == name);
    found.map_or("", |(_, value)| value)
}

async fn export(
    world: &World,
    deps: &Deps,
    points: usize,
    now: Timestamp,
) -> Result<u16, HttpError> {
    let time = now.as_nanosecond().to_string();
    let points: Vec<Value> = (0..points)
        .map(|n| {
            let attribute = json!({"key": "n", "value": {"stringValue": n.to_string()}});
            json!({"timeUnixNano": time, "asDouble": 1.0, "attributes": [attribute]})
        })
        .collect();
    let body = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [
        {"name": "load", "gauge": {"dataPoints": points}}]}]}]});
    let headers = [("content-type", "application/json")];
    let body = body.to_string().into_bytes();
    let call = world.post(IngestRoute::OtlpMetrics, &headers, body, now);
    handle(deps, call).await.map(|answer| answer.status)
}

#[tokio::test]
async fn a_body_larger_than_the_quota_is_in_the_ledger_and_refused_in_its_protocols_words() {
    let world = World::new().await;
    set(&world, json!({"body_bytes": 1024})).await;
    let deps = world.instance();
    let refused = world.send(&deps, &flush("m", 200, at(NOW)), at(NOW)).await;
    let refused = problem(refused.unwrap_err());
    assert_eq!(refused.status, 400, "vmagent resends for ever on 413");
    assert!(
        refused.detail.contains("quota is 1024"),
        "{}",
        refused.detail
    );
    assert_eq!(
        header(&refused, "x-prometheus-remote-write-samples-written"),
        "0"
    );
    let refused = export(&world, &deps, 200, at(NOW)).await.unwrap_err();
    assert_eq!(refused.status(), 413);
    let summary = ledger(&world, &world.tenant).await;
    assert_eq!((summary.taken_points, summary.refused_bodies), (0, 2));
    for total in &summary.reasons {
        assert_eq!(
            (total.reason.as_ref(), total.unit),
            ("body_too_large", Unit::Bodies)
        );
    }
    assert_eq!(
        world
            .send(&deps, &flush("m", 5, at(NOW)), at(NOW))
            .await
            .unwrap(),
        204
    );
}

#[tokio::test]
async fn a_tenants_labels_are_held_against_its_own_quotas() {
    let world = World::new().await;
    set(
        &world,
        json!({"labels_per_series": 4, "label_value_bytes": 16}),
    )
    .await;
    let deps = world.instance();
    let now_ms = at(NOW).as_millisecond();
    let labels = |value: &'static str, count: usize| {
        let names = ["__name__", "a", "b", "c", "d"];
        let pairs: Vec<_> = names[..count].iter().map(|name| (*name, value)).collect();
        series(&pairs, &[(now_ms, 1.0)])
    };
    let long = "a_value_of_20_bytes_";
    let all = Flush::mixed(vec![labels("x", 4), labels("y", 5), labels(long, 2)]);
    assert_eq!(world.send(&deps, &all, at(NOW)).await.unwrap(), 400);
    let summary = ledger(&world, &world.tenant).await;
    assert_eq!((summary.taken_points, summary.refused_points), (1, 2));
    let mut reasons: Vec<_> = summary.reasons.iter().map(|total| &*total.reason).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["label_value_too_long", "too_many_labels"]);
    // The same instance, another tenant.
    let other = TenantId::new("other").unwrap();
    let mut call = world.call(&all, at(NOW));
    call.principal.as_mut().unwrap().tenant = other.clone();
    assert_eq!(handle(&deps, call).await.unwrap().status, 204);
    assert_eq!(ledger(&world, &other).await.taken_points, 3);
}

#[tokio::test]
async fn new_quotas_hold_within_15_seconds() {
    let world = World::new().await;
    let deps = world.instance();
    let send = async |secs| {
        let flush = flush("m", 200, later(secs));
        let sent = world.send(&deps, &flush, later(secs)).await;
        sent.map_err(|error| error.status())
    };
    assert_eq!(send(0).await, Ok(204));
    set(&world, json!({"body_bytes": 1024})).await;
    assert_eq!(send(14).await, Ok(204), "remembered");
    assert_eq!(send(15).await, Err(400));
}

#[tokio::test]
async fn too_many_points_come_later_in_each_protocols_words_and_nothing_is_lost() {
    let world = World::new().await;
    set(&world, json!({"samples_per_sec": 10})).await;
    set_usage(&world, 5).await;
    let deps = world.instance();
    for name in ["a", "b"] {
        let sent = world.send(&deps, &flush(name, 50, at(NOW)), at(NOW)).await;
        assert_eq!(sent.unwrap(), 204);
    }
    let deferred = flush("c", 50, at(NOW));
    let refused = world.send(&deps, &deferred, later(3)).await;
    let refused = problem(refused.unwrap_err());
    assert_eq!(
        refused.status, 503,
        "a Prometheus drops what is answered with 429"
    );
    assert_eq!(header(&refused, "retry-after"), "7");
    assert_eq!(
        header(&refused, "x-prometheus-remote-write-samples-written"),
        "0"
    );
    let refused = problem(export(&world, &deps, 20, later(4)).await.unwrap_err());
    assert_eq!(
        (refused.status, header(&refused, "retry-after")),
        (429, "6")
    );
    let summary = ledger(&world, &world.tenant).await;
    assert_eq!((summary.taken_points, summary.refused_points), (100, 0));
    let again = world.send(&deps, &deferred, later(10)).await;
    assert_eq!(again.unwrap(), 204);
    assert_eq!(export(&world, &deps, 20, later(10)).await.unwrap(), 200);
    assert_eq!(ledger(&world, &world.tenant).await.taken_points, 170);
}

/// As many as are sent at once, by how many instances: what is taken of 100 points a window.
async fn hammered(instances: usize, usage: u64) -> (u64, usize) {
    let world = World::new().await;
    set(&world, json!({"samples_per_sec": 10})).await;
    set_usage(&world, usage).await;
    let all: Vec<_> = (0..instances).map(|_| world.instance()).collect();
    let flushes: Vec<_> = (0..80)
        .map(|n| flush(&format!("m{n}"), 4, at(NOW)))
        .collect();
    let sends = flushes.iter().enumerate();
    let sends = sends.map(|(n, flush)| world.send(&all[n % instances], flush, at(NOW)));
    let sent = futures::future::join_all(sends).await;
    let taken = sent.iter().filter(|sent| sent.is_ok()).count() as u64 * 4;
    let spent = world.wire.take_spent();
    let leases = spent.iter().filter(|one| one.action == "UpdateItem");
    assert_eq!(ledger(&world, &world.tenant).await.taken_points, taken);
    (taken, leases.count())
}

#[tokio::test]
async fn instances_that_are_hammered_near_the_quota_take_it_and_no_point_more() {
    let (taken, leases) = hammered(4, 5).await;
    // A lease is of 5 points and a flush of 4, and all flushes ask at once.
    assert!((80..=100).contains(&taken), "{taken}");
    assert!(leases >= 20, "{leases}");
}

#[tokio::test]
async fn instances_that_are_hammered_far_from_the_quota_take_one_lease_each_beside_it() {
    let (taken, _) = hammered(4, 0).await;
    assert!((80..=100 + 4 * 5).contains(&taken), "{taken}");
}

#[tokio::test]
async fn near_the_quota_a_window_costs_twenty_writes_and_one_for_each_instance() {
    let world = World::new().await;
    set(&world, json!({"samples_per_sec": 100})).await;
    set_usage(&world, 50).await;
    let all = [world.instance(), world.instance(), world.instance()];
    let mut taken = 0;
    for n in 0..400 {
        let flush = flush(&format!("m{n}"), 4, at(NOW));
        taken += 4 * u64::from(world.send(&all[n % 3], &flush, at(NOW)).await.is_ok());
    }
    let spent = world.wire.take_spent();
    let leases = spent.iter().filter(|one| one.action == "UpdateItem");
    let units: f64 = leases.clone().map(|one| one.units).sum();
    assert!(taken <= 1000 && taken > 950, "{taken}");
    assert!(leases.count() <= 20 + 3 && units <= 23.0, "{units}");
}

#[tokio::test]
async fn one_tenants_quota_never_touches_another() {
    let world = World::new().await;
    set(&world, json!({"samples_per_sec": 1})).await;
    set_usage(&world, 1).await;
    let deps = world.instance();
    for (n, expected) in [(0, 204), (1, 503), (2, 503)] {
        let name = format!("m{n}");
        let sent = world.send(&deps, &flush(&name, 20, at(NOW)), at(NOW)).await;
        assert_eq!(sent.unwrap_or_else(|error| error.status()), expected);
        let mut call = world.call(&flush(&name, 20, at(NOW)), at(NOW));
        call.principal.as_mut().unwrap().tenant = TenantId::new("other").unwrap();
        assert_eq!(handle(&deps, call).await.unwrap().status, 204);
    }
}

#[tokio::test]
async fn what_can_t_be_counted_or_looked_up_is_taken() {
    let world = World::new().await;
    set(&world, json!({"samples_per_sec": 1, "body_bytes": 1024})).await;
    set_usage(&world, 1).await;
    let deps = world.instance();
    world.wire.fail(|action| match action {
        "UpdateItem" => Fault::Refused,
        _ => Fault::None,
    });
    for name in ["a", "b", "c"] {
        let sent = world.send(&deps, &flush(name, 20, at(NOW)), at(NOW)).await;
        assert_eq!(sent.unwrap(), 204);
    }
    // Of a cold instance the first query asks for the quotas.
    let mut queries = 0;
    world.wire.fail(move |action| {
        queries += usize::from(action == "Query");
        if action == "Query" && queries == 1 {
            Fault::Refused
        } else {
            Fault::None
        }
    });
    let deps = world.instance();
    let sent = world.send(&deps, &flush("d", 200, at(NOW)), at(NOW)).await;
    assert_eq!(sent.unwrap(), 204);
    world.wire.heal();
    let refused = world
        .send(&deps, &flush("d", 200, later(15)), later(15))
        .await;
    assert_eq!(refused.unwrap_err().status(), 400, "looked up again");
}

/// As measured: these series are established, and the quota leaves room for `room` more.
async fn set_established(world: &World, names: std::ops::Range<usize>, room: usize) {
    let active = names.len();
    set(world, json!({"active_series": active + room})).await;
    let series = names.map(|n| gauge(&format!("m_{n}"), "web-1", 0, 1.0));
    let keys = series.map(|one| key_of(one.id())).collect();
    let bytes = Established::of(keys).unwrap().to_bytes();
    let measurement = at(NOW).as_second();
    let state = world.state();
    let put = state.put_established(&world.tenant, measurement, &bytes);
    let parts = put.await.unwrap();
    let item = json!({
        "pk": format!("{}#quotas", world.tenant), "sk": "usage", "measured_at": NOW, "quotas_version": 1,
        "active_series": active, "samples_per_sec": 1, "senders": 1, "established_parts": parts,
        "labels_per_series": 1, "label_name_bytes": 1, "label_value_bytes": 1,
    });
    world.put("state", item).await;
    world.wire.take_spent();
}

/// The series `m_<from>` to `m_<to>`.
fn range(names: std::ops::Range<usize>, now: Timestamp) -> Flush {
    let one = |n| gauge(&format!("m_{n}"), "web-1", now.as_millisecond(), 1.0);
    Flush::mixed(names.map(one).collect())
}

#[tokio::test]
async fn at_the_quota_established_series_go_on_and_new_ones_are_refused_for_good() {
    let world = World::new().await;
    set_established(&world, 0..500, 0).await;
    let deps = world.instance();
    let sent = world.send(&deps, &range(0..500, at(NOW)), at(NOW)).await;
    assert_eq!(sent.unwrap(), 204);
    // Twenty of them are new, and at most one of 256 is taken for an established one.
    let answer = handle(&deps, world.call(&range(480..520, later(1)), later(1))).await;
    let answer = answer.unwrap();
    let text = String::from_utf8(answer.body.clone()).unwrap();
    assert_eq!(answer.status, 400);
    assert!(
        text.contains("active_series_quota") && text.contains("GET /api/v1/quotas"),
        "{text}"
    );
    let written = &answer.headers["x-prometheus-remote-write-samples-written"];
    let summary = ledger(&world, &world.tenant).await;
    assert_eq!(summary.taken_points + summary.refused_points, 540);
    assert_eq!(summary.taken_points, 500 + written.parse::<u64>().unwrap());
    assert!((17..=20).contains(&summary.refused_points), "{summary:?}");
    assert_eq!(summary.reasons[0].reason, "active_series_quota");
    let calls = world.wire.take_spent();
    assert!(
        calls.iter().all(|one| one.action != "UpdateItem"),
        "no room, no question"
    );
}

#[tokio::test]
async fn two_instances_let_in_as_many_new_series_as_there_is_room_for() {
    let world = World::new().await;
    set_established(&world, 0..500, 30).await;
    let all = [world.instance(), world.instance()];
    let mut refused = 0;
    for (n, deps) in (0..20).zip(all.iter().cycle()) {
        let names = 1_000 + n * 10..1_010 + n * 10;
        let answer = world.send(deps, &range(names, at(NOW)), at(NOW)).await;
        refused += u64::from(answer.unwrap() == 400);
    }
    let summary = ledger(&world, &world.tenant).await;
    assert_eq!(summary.taken_points + summary.refused_points, 200);
    // 30 leased, and of 170 others one of 256 is taken for an established one.
    assert!((28..=36).contains(&summary.taken_points), "{summary:?}");
    assert!(refused >= 16, "{refused}");
}

#[tokio::test]
async fn data_points_of_new_series_are_rejected_whole_and_counted_in_the_partial_success() {
    let world = World::new().await;
    set_established(&world, 0..500, 0).await;
    let deps = world.instance();
    let time = at(NOW).as_nanosecond().to_string();
    let point = |n: usize| {
        let attribute = json!({"key": "n", "value": {"stringValue": n.to_string()}});
        json!({"timeUnixNano": time, "count": "2", "sum": 3.0, "explicitBounds": [1.0, 2.0],
            "bucketCounts": ["1", "1", "0"], "attributes": [attribute]})
    };
    let points: Vec<Value> = (0..10).map(point).collect();
    let histogram = json!({"aggregationTemporality": 2, "dataPoints": points});
    let body = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [
        {"name": "latency", "histogram": histogram}]}]}]});
    let headers = [("content-type", "application/json")];
    let body = body.to_string().into_bytes();
    let call = world.post(IngestRoute::OtlpMetrics, &headers, body, at(NOW));
    let answer = handle(&deps, call).await.unwrap();
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(answer.status, 200);
    // All five series of a point would have to be taken for established ones.
    assert_eq!(body["partialSuccess"]["rejectedDataPoints"], "10");
    let summary = ledger(&world, &world.tenant).await;
    assert_eq!((summary.taken_points, summary.refused_points), (0, 10));
}

#[tokio::test]
async fn new_series_that_can_t_be_counted_are_taken_and_another_tenants_always() {
    let world = World::new().await;
    set_established(&world, 0..500, 10).await;
    let deps = world.instance();
    let mut call = world.call(&range(0..2_000, at(NOW)), at(NOW));
    call.principal.as_mut().unwrap().tenant = TenantId::new("other").unwrap();
    assert_eq!(handle(&deps, call).await.unwrap().status, 204);
    world.wire.fail(|action| match action {
        "UpdateItem" => Fault::Refused,
        _ => Fault::None,
    });
    let sent = world
        .send(&deps, &range(3_000..3_010, at(NOW)), at(NOW))
        .await;
    assert_eq!(sent.unwrap(), 204);
}

#[tokio::test]
async fn near_the_quota_an_established_flush_costs_the_filter_once_and_no_write() {
    let world = World::new().await;
    set_established(&world, 0..500, 10).await;
    let deps = world.instance();
    for secs in [0, 5] {
        world
            .send(&deps, &range(0..500, later(secs)), later(secs))
            .await
            .unwrap();
    }
    world.wire.take_spent();
    // The quotas are read again, and nothing was measured since.
    world
        .send(&deps, &range(0..500, later(16)), later(16))
        .await
        .unwrap();
    let spent = world.wire.take_spent();
    let reads = spent.iter().filter(|one| one.action == "Query");
    assert_eq!(reads.count(), 3, "quotas, rules, states: {spent:?}");
    assert_eq!(spent.len(), 4, "{spent:?}");
}

/// Lines of Influx and value lists of collectd, of as many series.
fn others(series: usize, now: Timestamp) -> [(IngestRoute, &'static str, String); 2] {
    let ns = now.as_nanosecond();
    let lines = (0..series).map(|n| format!("cpu,core=c{n} usage=1.5 {ns}\n"));
    let secs = now.as_second();
    let lists = (0..series).map(|n| {
        json!({"values": [1.5], "dstypes": ["gauge"], "dsnames": ["value"], "time": secs,
            "host": format!("web-{n}"), "plugin": "load", "type": "load"})
    });
    let lists: Vec<Value> = lists.collect();
    let lists = json!(lists).to_string();
    [
        (IngestRoute::InfluxWrite, "text/plain", lines.collect()),
        (IngestRoute::Collectd, "application/json", lists),
    ]
}

#[tokio::test]
async fn values_of_new_series_are_refused_whatever_their_protocol() {
    for (route, content_type, body) in others(20, at(NOW)) {
        let world = World::new().await;
        set_established(&world, 0..500, 0).await;
        let deps = world.instance();
        let headers = [("content-type", content_type)];
        let call = world.post(route, &headers, body.into_bytes(), at(NOW));
        let refused = problem(handle(&deps, call).await.unwrap_err());
        assert_eq!(refused.status, 400, "{content_type}");
        assert!(
            refused.detail.contains("active_series_quota"),
            "{}",
            refused.detail
        );
        let summary = ledger(&world, &world.tenant).await;
        assert_eq!(summary.taken_points + summary.refused_points, 20);
        assert!(summary.refused_points >= 18, "{summary:?}");
    }
}

#[tokio::test]
async fn too_many_values_come_later_whatever_their_protocol() {
    let [influx, collectd] = others(20, at(NOW));
    for ((route, content_type, body), status) in [(influx, 429), (collectd, 503)] {
        let world = World::new().await;
        set(&world, json!({"samples_per_sec": 1})).await;
        set_usage(&world, 1).await;
        let deps = world.instance();
        let sent = world
            .send(&deps, &flush("first", 10, at(NOW)), at(NOW))
            .await;
        assert_eq!(sent.unwrap(), 204);
        let headers = [("content-type", content_type)];
        let call = world.post(route, &headers, body.into_bytes(), later(2));
        let refused = problem(handle(&deps, call).await.unwrap_err());
        assert_eq!(
            (refused.status, header(&refused, "retry-after")),
            (status, "8")
        );
    }
}
