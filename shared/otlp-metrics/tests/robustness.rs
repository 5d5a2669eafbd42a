//! Limits hold before memory is taken, and no input makes a panic.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod support;

use intake::Excess;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::{Metric, Sum, metric::Data};
use otlp_metrics::{Encoding, Limits, Refusal, decode};
use proptest::prelude::*;
use prost::Message;
use support::{NOW_MS, decoded, decoded_with, gauge, metric, number, request, text};

fn refusal(request: &ExportMetricsServiceRequest, limits: &Limits) -> Refusal {
    let body = request.encode_to_vec();
    let protobuf = decode(&body, Encoding::Protobuf, limits, NOW_MS).unwrap_err();
    let body = serde_json::to_vec(request).unwrap();
    assert_eq!(
        decode(&body, Encoding::Json, limits, NOW_MS).unwrap_err(),
        protobuf
    );
    protobuf
}

#[test]
fn each_limit_of_a_body_refuses_it_with_413() {
    let points = (0..3).map(|n| number(1.0, vec![text("n", &n.to_string())]));
    let request = request(vec![], vec![gauge("x", points.collect())]);
    let limits = Limits::default();
    for (limits, refused) in [
        (
            Limits {
                samples: 2,
                ..limits.clone()
            },
            Refusal::from(Excess::Samples { limit: 2 }),
        ),
        (
            Limits {
                series: 2,
                ..limits.clone()
            },
            Refusal::from(Excess::Series { limit: 2 }),
        ),
        (
            Limits {
                labels: 5,
                ..limits.clone()
            },
            Refusal::from(Excess::Labels { limit: 5 }),
        ),
        (
            Limits {
                decompressed_bytes: 9,
                ..limits
            },
            Refusal::TooLarge { limit: 9 },
        ),
    ] {
        let refusal = refusal(&request, &limits);
        assert_eq!(refusal, refused);
        assert_eq!(refusal.http_status(), 413);
    }
    let exact = Limits {
        samples: 3,
        series: 3,
        labels: 6,
        ..Limits::default()
    };
    assert_eq!(decoded_with(&request, &exact).series.sample_count(), 3);
}

/// A million of the smallest things there are, each of which could become a structure a hundred times as large.
#[test]
fn a_body_of_empty_things_takes_no_memory_for_them() {
    let limits = Limits::default();
    let wrapped = |number: u8, mut content: Vec<u8>| {
        let mut out = vec![number << 3 | 2];
        prost::encoding::encode_varint(content.len() as u64, &mut out);
        out.append(&mut content);
        out
    };
    let many = || [0x0A, 0].repeat(1 << 20);
    let in_metric = |data| wrapped(1, wrapped(2, wrapped(2, data)));
    for (body, is_taken) in [
        (many(), true),
        (wrapped(1, [0x12, 0].repeat(1 << 20)), true),
        (wrapped(1, wrapped(1, many())), true),
        (in_metric([0x2A, 0].repeat(1 << 20)), true),
        (in_metric(wrapped(5, many())), false),
        (
            in_metric(wrapped(5, wrapped(1, [0x3A, 0].repeat(1 << 20)))),
            true,
        ),
    ] {
        let before_kib = resident_kib();
        let taken = decode(&body, Encoding::Protobuf, &limits, NOW_MS);
        assert_eq!(taken.is_ok(), is_taken);
        let grown_kib = resident_kib().saturating_sub(before_kib);
        assert!(grown_kib < 32 << 10, "{grown_kib} KiB");
    }
    let json = format!(r#"{{"resourceMetrics":[{}{{}}]}}"#, "{},".repeat(1 << 20));
    let before_kib = resident_kib();
    assert!(decode(json.as_bytes(), Encoding::Json, &limits, NOW_MS).is_ok());
    assert!(resident_kib().saturating_sub(before_kib) < 32 << 10);
}

/// As protobuf has it: parts of one kind count as one, and of several kinds the last one counts.
#[test]
fn data_in_parts_is_one_and_of_several_kinds_the_last_counts() {
    let one = |at: &str| gauge("x", vec![number(1.0, vec![text("at", at)])]).encode_to_vec();
    let sum = metric("x", "", Data::Sum(Sum::default())).encode_to_vec();
    for (parts, points) in [
        (vec![one("a"), one("b")], 2),
        (vec![one("a"), sum.clone(), one("b"), one("c")], 2),
        (vec![one("a"), one("b"), sum], 0),
    ] {
        let metric = Metric::decode(&*parts.concat()).unwrap();
        let body = scoped(&parts.concat());
        let export = decode(&body, Encoding::Protobuf, &Limits::default(), NOW_MS).unwrap();
        assert_eq!(export.data_points, points);
        assert_eq!(decoded(&request(vec![], vec![metric])).data_points, points);
    }
}

/// The body that holds a metric and nothing else.
fn scoped(metric: &[u8]) -> Vec<u8> {
    [2, 2, 1].into_iter().fold(metric.to_vec(), |inner, tag| {
        let mut outer = Vec::new();
        prost::encoding::bytes::encode(tag, &inner, &mut outer);
        outer
    })
}

/// The most that this process ever held.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn any_request() -> impl Strategy<Value = ExportMetricsServiceRequest> {
    let word = || prop::sample::select(vec!["a", "b.c", "9", "_x", "le", "", "ü", "job"]);
    let attributes = || prop::collection::vec((word(), word()).prop_map(|(k, v)| text(k, v)), 0..4);
    let point = (attributes(), -1e9..1e9_f64, 0..3_u64).prop_map(|(attributes, value, late)| {
        let mut point = number(value, attributes);
        point.time_unix_nano += late * 300_000_000_000;
        point
    });
    let metric = (word(), prop::collection::vec(point, 0..4)).prop_map(|(n, p)| gauge(n, p));
    (attributes(), prop::collection::vec(metric, 0..4)).prop_map(|(r, m)| request(r, m))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_encodings_say_the_same_and_every_point_is_accounted_for(request in any_request()) {
        let export = decoded(&request);
        let sent: usize = request.resource_metrics[0].scope_metrics[0].metrics.iter().map(|m| {
            match &m.data {
                Some(opentelemetry_proto::tonic::metrics::v1::metric::Data::Gauge(g)) => g.data_points.len(),
                _ => 0,
            }
        }).sum();
        prop_assert_eq!(export.data_points + export.rejected.points(), sent as u64);
    }

    #[test]
    fn arbitrary_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        for encoding in [Encoding::Protobuf, Encoding::Json] {
            let _ = decode(&body, encoding, &Limits::default(), NOW_MS);
        }
        let _ = intake::gunzip(&body, 1000);
    }

    #[test]
    fn a_damaged_body_never_panics(
        file in prop::sample::select(vec!["python-sdk.pb", "python-sdk.json"]),
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        end in any::<prop::sample::Index>(),
    ) {
        let path = format!("{}/tests/fixtures/{file}", env!("CARGO_MANIFEST_DIR"));
        let mut body = std::fs::read(path).unwrap();
        for (at, byte) in damages {
            let at = at.index(body.len());
            body[at] = byte;
        }
        let encoding = if file.ends_with(".pb") { Encoding::Protobuf } else { Encoding::Json };
        let _ = decode(&body, encoding, &Limits::default(), 1_795_175_200_000);
        body.truncate(end.index(body.len()));
        let _ = decode(&body, encoding, &Limits::default(), 1_795_175_200_000);
    }

    /// Where prost reads a body, so do we, and the other way round for the fields that are read here.
    #[test]
    fn what_prost_reads_is_read(request in any_request(), tail in prop::collection::vec(any::<u8>(), 0..12)) {
        let mut body = request.encode_to_vec();
        body.extend(tail);
        if ExportMetricsServiceRequest::decode(&*body).is_ok() {
            let taken = decode(&body, Encoding::Protobuf, &Limits::default(), NOW_MS);
            prop_assert!(taken.is_ok(), "{:?}", taken.err());
        }
    }

    #[test]
    fn json_of_any_shape_never_panics(body in any_json()) {
        let _ = decode(body.as_bytes(), Encoding::Json, &Limits::default(), NOW_MS);
    }
}

/// JSON of the names that OTLP has, in any nesting.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "null",
        "true",
        "1",
        "-1",
        "1e300",
        "\"NaN\"",
        "\"\"",
        "[]",
        "{}",
        "\"1795176000000000000\"",
        "2",
    ])
    .prop_map(str::to_owned);
    let key = prop::sample::select(vec![
        "resourceMetrics",
        "scopeMetrics",
        "metrics",
        "name",
        "gauge",
        "sum",
        "histogram",
        "exponentialHistogram",
        "summary",
        "dataPoints",
        "timeUnixNano",
        "asDouble",
        "attributes",
        "key",
        "value",
        "arrayValue",
        "kvlistValue",
        "values",
        "bucketCounts",
        "explicitBounds",
        "positive",
        "offset",
        "scale",
        "resource",
        "aggregationTemporality",
    ]);
    leaf.prop_recursive(8, 64, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|v| format!("[{}]", v.join(","))),
            prop::collection::vec((key.clone(), inner), 0..5).prop_map(|members| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(k, v)| format!("\"{k}\":{v}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}
