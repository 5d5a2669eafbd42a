//! Each recorded event of another input is taken whole.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use access::routes::IngestRoute;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_access::Call;
use ingest_metrics::handle;
use serde_json::Value;
use support::kept::sums;
use support::{World, at};

const NOW: &str = "2026-11-20T09:00:01Z";

fn call(world: &World, route: IngestRoute, event: &str) -> Call<IngestRoute> {
    let event: Value = serde_json::from_str(event).unwrap();
    let text = event["body"].as_str().unwrap();
    let body = match event["isBase64Encoded"].as_bool().unwrap() {
        true => STANDARD.decode(text).unwrap(),
        false => text.as_bytes().to_vec(),
    };
    let mut call = world.post(route, &[], body, at(NOW));
    for (name, value) in event["headers"].as_object().unwrap() {
        let name: http::HeaderName = name.parse().unwrap();
        let value = value.as_str().unwrap().parse().unwrap();
        call.headers.insert(name, value);
    }
    event["rawQueryString"]
        .as_str()
        .unwrap()
        .clone_into(&mut call.raw_query);
    assert_eq!(event["rawPath"], call.path);
    call
}

#[tokio::test]
async fn every_recorded_event_of_another_input_is_taken_whole() {
    for (route, event, status, told) in [
        (
            IngestRoute::InfluxWrite,
            include_str!("../../../events/http-api/influx-write.json"),
            204,
            (4, 1, 0),
        ),
        (
            IngestRoute::Collectd,
            include_str!("../../../events/http-api/collectd.json"),
            204,
            (3, 0, 0),
        ),
        (
            IngestRoute::Firehose,
            include_str!("../../../events/http-api/firehose.json"),
            200,
            (1, 0, 0),
        ),
    ] {
        let world = World::new().await;
        let answer = handle(&world.instance(), call(&world, route, event)).await;
        assert_eq!(answer.unwrap().status, status, "{route:?}");
        assert_eq!(sums(&world, at(NOW)).await, told, "{route:?}");
    }
}
