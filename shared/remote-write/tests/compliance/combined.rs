//! `combined.go`

use crate::oracle::NOW_MS;
use crate::suite::{ALL, Body, Case, MINUTE_MS, Pairs, case, histogram};

/// Labels, value, kind of metadata, and whether there is an exemplar.
type Row = (Pairs<'static>, f64, i32, bool);

fn samples(rows: Vec<Row>) -> impl Fn(&mut Body) {
    move |body| {
        for (labels, value, kind, has_exemplar) in &rows {
            body.sample(labels, *value);
            beside(body, *value, *kind, *has_exemplar);
        }
    }
}

fn histograms(rows: Vec<Row>, has: [bool; 4]) -> impl Fn(&mut Body) {
    move |body| {
        for (labels, value, kind, has_exemplar) in &rows {
            body.histogram(labels, histogram(*value, has, false));
            beside(body, *value, *kind, *has_exemplar);
        }
    }
}

fn beside(body: &mut Body, value: f64, kind: i32, has_exemplar: bool) {
    body.metadata(kind, "What it means", "unit");
    if has_exemplar {
        body.exemplar(&[("trace_id", "a_trace"), ("user_id", "user789")], value);
    }
}

fn requests() -> Vec<Case> {
    let zeroed = [true, false, true, false];
    let post: Pairs<'static> = &[
        ("__name__", "http_requests_total"),
        ("job", "api"),
        ("method", "POST"),
    ];
    let auth: Pairs<'static> = &[
        ("__name__", "request_duration_seconds"),
        ("service", "auth"),
    ];
    let cpu: Pairs<'static> = &[("__name__", "cpu_usage"), ("instance", "server1")];
    let memory: Pairs<'static> = &[("__name__", "memory_usage"), ("instance", "server1")];
    let users: Pairs<'static> = &[
        ("__name__", "response_time_hist"),
        ("endpoint", "/api/v1/users"),
    ];
    let size: Pairs<'static> = &[("__name__", "request_size_hist"), ("method", "POST")];
    let status: Pairs<'static> = &[("__name__", "http_requests_total"), ("status", "200")];
    let celsius: Pairs<'static> = &[
        ("__name__", "temperature_celsius"),
        ("location", "datacenter1"),
    ];
    let handler: Pairs<'static> = &[
        ("__name__", "request_duration_seconds"),
        ("handler", "/metrics"),
    ];
    vec![
        case(
            "SamplesWithMetadataAndExemplars",
            samples(vec![(post, 1.0, 1, true)]),
            (1, 0, 1, true),
        ),
        case(
            "HistogramsWithMetadataAndExemplars",
            histograms(vec![(auth, 0.456, 3, true)], ALL),
            (0, 1, 1, true),
        ),
        case(
            "ComplexSamplesRequest",
            samples(vec![
                (cpu, 0.85, 2, true),
                (memory, 8_589_934_592.0, 2, false),
            ]),
            (2, 0, 1, true),
        ),
        case(
            "ComplexHistogramsRequest",
            histograms(
                vec![(users, 0.125, 3, true), (size, 1024.0, 3, false)],
                zeroed,
            ),
            (0, 2, 1, true),
        ),
        case(
            "MultipleMetricFamiliesSamples",
            samples(vec![(status, 1000.0, 1, true), (celsius, 23.5, 2, false)]),
            (2, 0, 1, true),
        ),
        case(
            "MultipleMetricFamiliesHistograms",
            histograms(vec![(handler, 0.003, 3, true)], zeroed),
            (0, 1, 1, true),
        ),
    ]
}

fn edge_cases() -> Vec<Case> {
    let orphan: Pairs<'static> = &[("__name__", "orphan_metric")];
    vec![
        case(
            "EdgeCaseCombinations/metadata_without_data",
            move |body| {
                body.series(orphan);
                body.metadata(1, "Orphaned metric metadata", "count");
            },
            (0, 0, 0, true),
        ),
        case(
            "EdgeCaseCombinations/exemplars_without_data",
            move |body| {
                body.series(orphan);
                body.exemplar(&[("trace_id", "orphan_trace")], 42.0);
            },
            (0, 0, 1, true),
        ),
        case(
            "EdgeCaseCombinations/mixed_timestamp_data",
            |body| {
                let before = NOW_MS - 60 * MINUTE_MS;
                body.sample_at(&[("__name__", "old_metric")], 1.0, before, 0);
                let half = NOW_MS - 30 * MINUTE_MS;
                body.exemplar_at(&[("trace_id", "old_trace")], 1.0, half);
                body.sample(&[("__name__", "new_metric")], 2.0);
            },
            (2, 0, 1, true),
        ),
    ]
}

fn many() -> Vec<Case> {
    vec![
        case(
            "ManySamples",
            |body| {
                for at in 0..50 {
                    let (name, series) = (format!("counter_metric_{at}"), format!("series_{at}"));
                    let value = f64::from(at * 100);
                    body.sample(&[("__name__", &name), ("series", &series)], value);
                    body.exemplar(&[("trace_id", &format!("trace_{at}"))], value);
                    body.metadata(1, &format!("Counter metric number {at}"), "count");
                }
            },
            (50, 0, 50, true),
        ),
        case(
            "ManyHistograms",
            |body| {
                for at in 0..50 {
                    let (name, bucket) = (format!("histogram_metric_{at}"), format!("bucket_{at}"));
                    let has = [true, at % 2 == 0, true, false];
                    let labels = [("__name__", name.as_str()), ("bucket", &bucket)];
                    body.histogram(&labels, histogram(f64::from(at) / 10.0, has, false));
                    body.exemplar(&[("trace_id", &format!("trace_{at}"))], 1.0);
                    body.metadata(3, &format!("Histogram metric number {at}"), "seconds");
                }
            },
            (0, 50, 50, true),
        ),
    ]
}

pub fn cases() -> Vec<Case> {
    let mut cases = requests();
    cases.extend(edge_cases());
    cases.extend(many());
    cases.extend([
        case(
            "SpecialCharactersCombined",
            |body| {
                let labels = [
                    ("__name__", "test_metric"),
                    ("environment", "test\u{1f680}"),
                    ("instance", "localhost:9090"),
                    ("job", "test-job_with.special@chars"),
                ];
                body.sample(&labels, 42.0);
                let trace = [
                    ("span_id", "span_with.dots-and_underscores"),
                    ("trace_id", "special_trace_\u{e4}\u{f6}\u{fc}-123"),
                ];
                body.exemplar(&trace, 42.0);
                body.metadata(
                    2,
                    "\u{e4}\u{f6}\u{fc}, newlines\nand \"quotes\"",
                    "special/units",
                );
            },
            (1, 0, 1, true),
        ),
        case(
            "CustomBucketsHistogramWithExemplar",
            |body| {
                let labels = [("__name__", "custom_latency_hist"), ("version", "v2")];
                body.histogram(&labels, histogram(0.05, [false, false, false, true], false));
                let trace = [("bucket", "0.1"), ("trace_id", "custom_bucket_trace")];
                body.exemplar(&trace, 0.05);
            },
            (0, 1, 1, true),
        ),
    ]);
    cases
}
