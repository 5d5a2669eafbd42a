//! What collectd posts is stored under the names of its own plugin for Prometheus, and its hosts are watched.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use access::routes::IngestRoute;
use http_access::{Answer, HttpError};
use ingest_metrics::{Deps, handle};
use support::kept::{self, detail, hosts, ledger, status, sums};
use support::wire::Fault;
use support::{World, at};

/// One post of Debian's collectd 5.12, as it came.
const POSTED: &[u8] = include_bytes!("../../../shared/collectd-json/tests/fixtures/posted.json");
/// Soon after its newest value.
const RECORDED: &str = "2026-11-28T02:04:03Z";

async fn post(
    world: &World,
    deps: &Deps,
    content_type: &str,
    body: &[u8],
) -> Result<Answer, HttpError> {
    let headers = [("content-type", content_type)];
    let call = world.post(IngestRoute::Collectd, &headers, body.to_vec(), at(RECORDED));
    handle(deps, call).await
}

fn load(value: &str) -> String {
    let time = at(RECORDED).as_second();
    format!(
        r#"{{"values":[{value}],"dstypes":["gauge"],"dsnames":["value"],"time":{time},"host":"web-2","plugin":"load","type":"load"}}"#
    )
}

#[tokio::test]
async fn what_the_real_collectd_posts_is_stored_once_and_its_host_is_known() {
    let world = World::new().await;
    for deps in [world.instance(), world.instance()] {
        let answer = post(&world, &deps, "application/json", POSTED).await;
        assert_eq!(answer.unwrap(), Answer::empty(204));
    }
    let stored = kept::series(&world).await;
    let samples: usize = stored.iter().map(|one| one.samples.len()).sum();
    assert_eq!(sums(&world, at(RECORDED)).await, (samples as u64, 0, 0));
    assert!(samples > 200, "{samples}");
    assert_eq!(hosts(&world).await, ["web-1.example"]);
    let names: Vec<_> = stored.iter().map(|one| one.labels.metric_name()).collect();
    assert!(names.contains(&"collectd_cpu_total") && names.contains(&"collectd_load_shortterm"));
}

#[tokio::test]
async fn nan_refuses_nothing_and_is_in_the_ledger() {
    let world = World::new().await;
    let body = format!("[{},{}]", load("1"), load("null"));
    let answer = post(
        &world,
        &world.instance(),
        "application/json",
        body.as_bytes(),
    )
    .await;
    assert_eq!(answer.unwrap(), Answer::empty(204));
    let summary = ledger(&world, at(RECORDED)).await;
    assert_eq!((summary.taken_points, summary.refused_points), (1, 1));
    assert_eq!(summary.reasons[0].reason, "no_value");
}

#[tokio::test]
async fn what_is_no_value_list_is_told_and_the_rest_is_stored() {
    let world = World::new().await;
    let body = format!(
        r#"[{},{{"labels":{{"alertname":"collectd_load"}}}}]"#,
        load("1")
    );
    let answer = post(
        &world,
        &world.instance(),
        "application/json",
        body.as_bytes(),
    )
    .await;
    assert_eq!(status(&answer), 400);
    assert!(detail(answer).contains("Notifications false"));
    assert_eq!(sums(&world, at(RECORDED)).await, (1, 1, 0));
}

#[tokio::test]
async fn another_format_is_told_what_to_set() {
    let world = World::new().await;
    let command = b"PUTVAL web-1/load/load interval=10.000 1795831441.247:0.5\r\n";
    let answer = post(&world, &world.instance(), "text/plain", command).await;
    assert_eq!(status(&answer), 415);
    assert!(detail(answer).contains("set Format \"JSON\""));
    let answer = post(
        &world,
        &world.instance(),
        "application/json; charset=utf-8",
        command,
    )
    .await;
    assert_eq!(status(&answer), 400);
    assert_eq!(sums(&world, at(RECORDED)).await, (0, 0, 2));
}

#[tokio::test]
async fn while_the_table_is_down_it_says_so() {
    let world = World::new().await;
    world.wire.fail(|_| Fault::Refused);
    let body = format!("[{}]", load("1"));
    let answer = post(
        &world,
        &world.instance(),
        "application/json",
        body.as_bytes(),
    )
    .await;
    assert_eq!(status(&answer), 503);
}
