//! What others really send: bodies of OpenTelemetry's Python SDK (`tests/fixtures/record.py`).

#![allow(clippy::unwrap_used, reason = "a test may")]

mod support;

use otlp_metrics::{Encoding, Export, Limits, Reason, decode};
use support::{lines, timeless};

/// Shortly after the bodies were recorded.
const RECORDED_MS: i64 = 1_795_175_200_000;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/tests/fixtures/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

fn read(body: &[u8], encoding: Encoding) -> Export {
    decode(body, encoding, &Limits::default(), RECORDED_MS).unwrap()
}

#[test]
fn the_python_sdk_is_understood() {
    let export = read(&fixture("python-sdk.pb"), Encoding::Protobuf);
    assert!(export.rejected.is_empty(), "{}", export.rejected);
    let lines = timeless(&export);
    let base = r#"instance="checkout-7", job="shop/checkout", otel_scope_name="shop.checkout", otel_scope_version="2.1.0""#;
    let http = |code| format!(r#"http_request_method="GET", http_response_status_code="{code}""#);
    for expected in [
        format!("http_server_requests_total{{{}, {base}}} 4", http(200)),
        format!("http_server_requests_total{{{}, {base}}} 3", http(201)),
        format!("http_server_active_requests{{{base}}} 2"),
        format!(r#"system_memory_utilization_ratio{{{base}, state="used"}} 0.25"#),
        format!(
            "http_server_request_duration_seconds_count{{{}, {base}}} 4",
            http(200)
        ),
        format!("db_client_latency_milliseconds_count{{{base}}} 7"),
        format!("db_client_latency_milliseconds_sum{{{base}}} 24.5"),
    ] {
        assert!(lines.contains(&expected), "{expected} is not in {lines:#?}");
    }
    // 0.5 to 6.5: one value up to 0.5, two up to 2, four up to 4, all up to 8.
    let upto = |le: &str| {
        let label = format!("instance=\"checkout-7\", job=\"shop/checkout\", le=\"{le}\",");
        let mut found = lines
            .iter()
            .filter(|l| l.starts_with("db_client") && l.contains(&label));
        let line = found.next().cloned().unwrap_or_default();
        line.rsplit(' ').next().unwrap().to_owned()
    };
    assert_eq!(
        [upto("0.5"), upto("2"), upto("4"), upto("+Inf")],
        ["1", "2", "4", "7"]
    );
    assert!(
        lines
            .iter()
            .any(|l| l.starts_with("target_info{host_name=\"web-1\""))
    );
}

#[test]
fn the_same_body_in_json_and_in_gzip_says_the_same() {
    for name in ["python-sdk", "python-sdk-delta"] {
        let protobuf = read(&fixture(&format!("{name}.pb")), Encoding::Protobuf);
        let json = read(&fixture(&format!("{name}.json")), Encoding::Json);
        assert_eq!(lines(&protobuf), lines(&json));
        assert_eq!(protobuf.rejected, json.rejected);
    }
    let body = intake::gunzip(&fixture("python-sdk.pb.gz"), 1 << 20).unwrap();
    let gzip = read(&body, Encoding::Protobuf);
    let plain = read(&fixture("python-sdk.pb"), Encoding::Protobuf);
    assert_eq!(timeless(&gzip), timeless(&plain));
}

#[test]
fn deltas_of_the_python_sdk_are_refused_and_the_rest_is_taken() {
    let export = read(&fixture("python-sdk-delta.pb"), Encoding::Protobuf);
    let delta = export.rejected.of(Reason::DeltaTemporality).unwrap();
    // Two of the counter, two of the histogram, one of the exponential histogram.
    assert_eq!((export.data_points, delta.points), (2, 5));
    assert_eq!(export.rejected.points(), 5);
}
