//! `metadata.go`

use crate::oracle::NOW_MS;
use crate::suite::{ALL, Body, Case, MINUTE_MS, Pairs, case, histogram};

const TAKEN: (u64, u64, u64, bool) = (1, 0, 0, true);

/// Of a sample: kind, help and unit.
const KINDS: [(&str, i32, &str, &str); 9] = [
    (
        "counter_metadata",
        1,
        "Total number of HTTP requests",
        "requests",
    ),
    (
        "gauge_metadata",
        2,
        "Current CPU usage percentage",
        "percent",
    ),
    ("metadata_no_help_no_unit", 1, "", ""),
    (
        "metadata_with_special_chars",
        2,
        "Test metric with\nnewlines and \"quotes\"",
        "bytes/sec",
    ),
    ("unspecified_metadata_type", 0, "Unknown metric type", ""),
    ("info_metadata_type", 6, "Build information", ""),
    ("stateset_metadata_type", 7, "Node state information", ""),
    (
        "summary_metadata_type",
        5,
        "Request latency summary",
        "seconds",
    ),
    (
        "gauge_histogram_metadata_type",
        4,
        "Temperature distribution gauge histogram",
        "celsius",
    ),
];

fn validation() -> Vec<Case> {
    let table: [(&str, Pairs<'static>, i32, bool); 3] = [
        ("metadata_without_name_label", &[("job", "test")], 1, false),
        ("metadata_with_empty_name", &[("__name__", "")], 2, false),
        (
            "metadata_with_valid_name",
            &[("__name__", "valid_metric_name")],
            1,
            true,
        ),
    ];
    let one = |(name, labels, kind, success): (&str, Pairs<'static>, i32, bool)| {
        let write = move |body: &mut Body| {
            body.sample(labels, 1.0);
            body.metadata(kind, "Test help", "unit");
        };
        let name = format!("MetadataValidation/{name}");
        case(name, write, (u64::from(success), 0, 0, success))
    };
    table.map(one).into()
}

pub fn cases() -> Vec<Case> {
    let kind = |(name, kind, help, unit)| {
        let write = move |body: &mut Body| {
            body.sample(&[("__name__", "a_metric"), ("job", "test")], 1.0);
            body.metadata(kind, help, unit);
        };
        case(format!("Metadata/{name}"), write, TAKEN)
    };
    let mut cases: Vec<Case> = KINDS.map(kind).into();
    cases.extend(validation());
    cases.extend([
        case(
            "Metadata/histogram_metadata",
            |body| {
                let name = [("__name__", "request_duration_seconds")];
                body.histogram(&name, histogram(1.0, ALL, false));
                body.metadata(3, "Request duration in seconds", "seconds");
            },
            (0, 1, 0, true),
        ),
        case(
            "CounterMetadataWithCreatedTimestamp",
            |body| {
                let labels = [("__name__", "http_requests_total"), ("job", "api")];
                body.sample_at(&labels, 150.0, NOW_MS, NOW_MS - 60 * MINUTE_MS);
                body.metadata(1, "Total HTTP requests", "requests");
            },
            TAKEN,
        ),
        case(
            "MetadataWithSamples",
            |body| {
                body.sample(
                    &[("__name__", "http_requests_total"), ("job", "test")],
                    42.0,
                );
                body.metadata(1, "Total HTTP requests", "requests");
            },
            TAKEN,
        ),
        case(
            "MultipleMetadata",
            |body| {
                for (labels, value, unit) in [
                    (&[("__name__", "cpu_usage")][..], 85.5, "percent"),
                    (&[("__name__", "memory_usage")], 4_096_000_000.0, "bytes"),
                    (
                        &[("__name__", "disk_usage"), ("device", "sda1")],
                        75.2,
                        "percent",
                    ),
                ] {
                    body.sample(labels, value);
                    body.metadata(2, "Usage", unit);
                }
            },
            (3, 0, 0, true),
        ),
        case(
            "MetadataWithComplexLabels",
            |body| {
                let labels = [
                    ("__name__", "http_request_duration_seconds"),
                    ("endpoint", "/api/v1/users"),
                    ("instance", "localhost:8080"),
                    ("job", "api-server"),
                    ("method", "GET"),
                    ("status", "200"),
                ];
                body.histogram(&labels, histogram(0.25, ALL, false));
                body.metadata(3, "HTTP request duration in seconds", "seconds");
            },
            (0, 1, 0, true),
        ),
    ]);
    cases
}
