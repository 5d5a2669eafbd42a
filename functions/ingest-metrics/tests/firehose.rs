//! What a metric stream says is stored once, and Firehose is answered so that it keeps what is not.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::io::Write as _;

use access::routes::IngestRoute;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, write::GzEncoder};
use http_access::{Answer, HttpError};
use ingest_metrics::{Deps, handle};
use serde_json::{Value, json};
use support::kept::{self, detail, hosts, ledger, status, sums};
use support::wire::Fault;
use support::{World, at};

const NOW: &str = "2026-11-20T09:10:10Z";

fn datum(metric: &str, timestamp_ms: i64) -> Value {
    json!({
        "metric_stream_name": "all", "account_id": "123456789012", "region": "eu-central-1",
        "namespace": "AWS/EC2", "metric_name": metric, "dimensions": {"InstanceId": "i-1"},
        "timestamp": timestamp_ms, "unit": "Percent",
        "value": {"count": 5.0, "sum": 50.0, "max": 18.0, "min": 2.0},
    })
}

fn records(records: &[&str]) -> Vec<u8> {
    let records: Vec<_> = records
        .iter()
        .map(|data| json!({"data": STANDARD.encode(data)}))
        .collect();
    json!({"requestId": "in the body", "timestamp": 1, "records": records})
        .to_string()
        .into_bytes()
}

async fn deliver(
    world: &World,
    deps: &Deps,
    request_id: &str,
    body: Vec<u8>,
) -> Result<Answer, HttpError> {
    let headers = [
        ("content-type", "application/json"),
        ("x-amz-firehose-protocol-version", "1.0"),
        ("x-amz-firehose-request-id", request_id),
        (
            "x-amz-firehose-source-arn",
            "arn:aws:firehose:eu-central-1:123456789012:deliverystream/all",
        ),
        (
            "x-amz-firehose-common-attributes",
            r#"{"commonAttributes":{"stage":"prod"}}"#,
        ),
    ];
    handle(
        deps,
        world.post(IngestRoute::Firehose, &headers, body, at(NOW)),
    )
    .await
}

#[tokio::test]
async fn a_delivery_is_answered_with_its_own_id() {
    let world = World::new().await;
    let now_ms = at(NOW).as_millisecond();
    let body = records(&[&datum("CPUUtilization", now_ms).to_string()]);
    let answer = deliver(&world, &world.instance(), "ed4acda5", body)
        .await
        .unwrap();
    assert_eq!(
        (answer.status, answer.headers["content-type"].as_str()),
        (200, "application/json")
    );
    let told: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(told, json!({"requestId": "ed4acda5", "timestamp": now_ms}));
    let names: Vec<_> = kept::series(&world)
        .await
        .iter()
        .map(|one| one.labels.metric_name().to_owned())
        .collect();
    let name = "amazonaws_com_AWS_EC2_CPUUtilization_percent";
    assert_eq!(names.iter().filter(|one| *one == name).count(), 2);
    assert!(hosts(&world).await.is_empty(), "a resource is no host");
}

#[tokio::test]
async fn the_same_delivery_again_changes_nothing_under_its_id_and_under_another() {
    let world = World::new().await;
    let now_ms = at(NOW).as_millisecond();
    let lines = format!("{}\n{}\n", datum("A", now_ms), datum("B", now_ms - 60_000));
    let body = records(&[&lines, &datum("C", now_ms).to_string()]);
    let mut seen = Vec::new();
    for (deps, request_id) in [
        (world.instance(), "one"),
        (world.instance(), "one"),
        (world.instance(), "two"),
    ] {
        assert_eq!(
            deliver(&world, &deps, request_id, body.clone())
                .await
                .unwrap()
                .status,
            200
        );
        let stored = kept::series(&world).await;
        let samples: usize = stored.iter().map(|one| one.samples.len()).sum();
        seen.push((stored.len(), samples, sums(&world, at(NOW)).await));
    }
    assert_eq!(seen, [(12, 12, (3, 0, 0)); 3]);
}

#[tokio::test]
async fn a_data_point_that_nothing_can_mend_does_not_keep_the_others() {
    let world = World::new().await;
    let now_ms = at(NOW).as_millisecond();
    let lines = format!("{}\n{}\n", datum("A", now_ms), datum("B", 5));
    let answer = deliver(&world, &world.instance(), "r", records(&[&lines])).await;
    assert_eq!(status(&answer), 200);
    let summary = ledger(&world, at(NOW)).await;
    assert_eq!((summary.taken_points, summary.refused_points), (1, 1));
    assert_eq!(summary.reasons[0].reason, "too_old");
}

#[tokio::test]
async fn a_record_that_nobody_can_read_sends_the_batch_to_the_bucket_and_the_rest_is_stored() {
    let world = World::new().await;
    let good = datum("A", at(NOW).as_millisecond()).to_string();
    let answer = deliver(&world, &world.instance(), "r", records(&[&good, "hello"])).await;
    assert_eq!(status(&answer), 400);
    let detail = detail(answer);
    assert!(
        detail.contains("record 2") && detail.contains("opentelemetry1.0"),
        "{detail}"
    );
    assert_eq!(sums(&world, at(NOW)).await, (1, 1, 0));
}

#[tokio::test]
async fn nothing_is_answered_with_413_on_which_firehose_drops() {
    let world = World::new().await;
    let deps = world.instance();
    let gzip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let many = vec!["x"; 100_001];
    let good = records(&[&datum("A", at(NOW).as_millisecond()).to_string()]);
    for (encoding, body, expected) in [
        ("gzip", gzip(&good), 200),
        ("identity", b"{}".to_vec(), 400),
        ("identity", records(&many), 400),
        ("gzip", gzip(&vec![b' '; 17 * 1024 * 1024]), 400),
        // Opened on the way by whoever stands in front.
        ("gzip", good.clone(), 200),
        ("br", good, 415),
    ] {
        let headers = [
            ("content-encoding", encoding),
            ("x-amz-firehose-protocol-version", "1.0"),
        ];
        let call = world.post(IngestRoute::Firehose, &headers, body, at(NOW));
        assert_eq!(status(&handle(&deps, call).await), expected);
    }
    let call = world.post(IngestRoute::Firehose, &[], records(&[]), at(NOW));
    assert_eq!(status(&handle(&deps, call).await), 400, "no version");
}

#[tokio::test]
async fn while_the_table_is_down_a_delivery_is_asked_for_again() {
    let world = World::new().await;
    let deps = world.instance();
    let body = records(&[&datum("A", at(NOW).as_millisecond()).to_string()]);
    world.wire.fail(|_| Fault::Refused);
    assert_eq!(
        status(&deliver(&world, &deps, "r", body.clone()).await),
        503
    );
    world.wire.heal();
    assert_eq!(status(&deliver(&world, &deps, "r", body).await), 200);
    assert_eq!(sums(&world, at(NOW)).await, (1, 0, 0));
}
