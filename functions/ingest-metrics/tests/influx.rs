//! Telegraf and InfluxDB's clients are answered in InfluxDB's words, and nothing they send is lost from the account.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::io::Write as _;

use access::routes::IngestRoute;
use flate2::{Compression, write::GzEncoder};
use http_access::{Answer, HttpError};
use ingest_metrics::{Deps, handle};
use support::kept::{self, detail, hosts, ledger, status, sums};
use support::wire::Fault;
use support::{World, at};

const NOW: &str = "2026-11-20T09:10:10Z";

async fn write(world: &World, deps: &Deps, query: &str, body: &[u8]) -> Result<Answer, HttpError> {
    let mut call = world.post(IngestRoute::InfluxWrite, &[], body.to_vec(), at(NOW));
    query.clone_into(&mut call.raw_query);
    handle(deps, call).await
}

#[tokio::test]
async fn what_telegraf_sends_is_stored_and_its_host_is_known() {
    let world = World::new().await;
    let now_ns = at(NOW).as_nanosecond();
    let body = format!(
        "cpu,cpu=cpu0,host=web-1 usage_idle=98.5,usage_user=1.5 {now_ns}\nmem,host=web-1 free=5i {now_ns}\n"
    );
    let answer = write(&world, &world.instance(), "bucket=b&org=o", body.as_bytes()).await;
    assert_eq!(answer.unwrap(), Answer::empty(204));
    assert_eq!(sums(&world, at(NOW)).await, (3, 0, 0));
    assert_eq!(hosts(&world).await, ["web-1"]);
    let stored = kept::series(&world).await;
    let names: Vec<_> = stored.iter().map(|one| one.labels.metric_name()).collect();
    assert_eq!(names, ["cpu_usage_idle", "cpu_usage_user", "mem_free"]);
    let sample = stored[0].samples[0];
    assert_eq!(
        (sample.time_ms, sample.value),
        (at(NOW).as_millisecond(), 98.5)
    );
}

#[tokio::test]
async fn text_alone_refuses_nothing_and_is_in_the_ledger() {
    let world = World::new().await;
    let body = b"system,host=web-1 uptime_format=\"1 day\",uptime=86400i\n";
    let answer = write(&world, &world.instance(), "", body).await;
    assert_eq!(answer.unwrap(), Answer::empty(204));
    let summary = ledger(&world, at(NOW)).await;
    assert_eq!((summary.taken_points, summary.refused_points), (1, 1));
    assert_eq!(summary.reasons[0].reason, "not_a_number");
    assert!(summary.reasons[0].advice.contains("fielddrop"));
}

#[tokio::test]
async fn a_bad_line_is_a_partial_write_and_the_rest_is_stored() {
    let world = World::new().await;
    let body = b"a x=1,text=\"t\"\nb x=\nc x=1 1\nd x=1\n";
    let answer = write(&world, &world.instance(), "precision=s", body).await;
    assert_eq!(status(&answer), 400);
    let detail = detail(answer);
    assert!(detail.starts_with("partial write: "), "{detail}");
    assert!(
        detail.contains("line 2") && detail.ends_with(" dropped=2"),
        "{detail}"
    );
    assert_eq!(sums(&world, at(NOW)).await, (2, 3, 0));
}

#[tokio::test]
async fn each_version_of_the_api_has_its_precisions() {
    let world = World::new().await;
    let deps = world.instance();
    let seconds = at(NOW).as_second();
    for (route, query, time, expected) in [
        (IngestRoute::InfluxWrite, "precision=s", seconds, 204),
        (
            IngestRoute::InfluxWrite,
            "precision=ms",
            seconds * 1_000,
            204,
        ),
        (
            IngestRoute::InfluxWriteV1,
            "db=telegraf&precision=u",
            seconds * 1_000_000,
            204,
        ),
        (
            IngestRoute::InfluxWriteV1,
            "db=telegraf",
            seconds * 1_000_000_000,
            204,
        ),
        (
            IngestRoute::InfluxWrite,
            "precision=fortnights",
            seconds,
            400,
        ),
    ] {
        let body = format!("m x=1 {time}");
        let mut call = world.post(route, &[], body.into_bytes(), at(NOW));
        query.clone_into(&mut call.raw_query);
        assert_eq!(status(&handle(&deps, call).await), expected, "{query}");
    }
    assert_eq!(kept::series(&world).await[0].samples.len(), 1);
}

#[tokio::test]
async fn a_body_may_be_compressed_and_too_large_a_one_is_to_be_halved() {
    let world = World::new().await;
    let deps = world.instance();
    let gzip = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    for (encoding, body, expected) in [
        ("gzip", gzip("m x=1"), 204),
        // Opened on the way by whoever stands in front; the same body again.
        ("gzip", b"m x=1".to_vec(), 204),
        ("zstd", b"m x=1".to_vec(), 415),
        ("gzip", gzip(&"m x=1\n".repeat(100_001)), 413),
        ("gzip", gzip(&"#".repeat(17 * 1024 * 1024)), 413),
    ] {
        let headers = [("content-encoding", encoding)];
        let call = world.post(IngestRoute::InfluxWrite, &headers, body, at(NOW));
        assert_eq!(status(&handle(&deps, call).await), expected);
    }
    assert_eq!(sums(&world, at(NOW)).await, (1, 0, 3));
}

#[tokio::test]
async fn while_the_table_is_down_a_batch_is_asked_for_again() {
    let world = World::new().await;
    let deps = world.instance();
    world.wire.fail(|_| Fault::Refused);
    let Err(HttpError::Refused(problem)) = write(&world, &deps, "", b"m x=1").await else {
        panic!("taken")
    };
    assert_eq!(problem.status, 503);
    assert!(
        problem
            .headers
            .iter()
            .any(|(name, _)| *name == "retry-after")
    );
    world.wire.heal();
    for _ in 0..2 {
        write(&world, &deps, "", b"m x=1").await.unwrap();
    }
    assert_eq!(
        sums(&world, at(NOW)).await,
        (1, 0, 0),
        "the same again is one"
    );
}
