//! `histograms.go`

use crate::oracle::{Histogram, NOW_MS};
use crate::suite::{ALL, Body, Case, MINUTE_MS, Pairs, case, histogram};

const NAME: Pairs<'static> = &[("__name__", "test_histogram"), ("job", "test")];
const TAKEN: (u64, u64, u64, bool) = (0, 1, 0, true);

fn one(has: [bool; 4], bad_count: bool) -> impl Fn(&mut Body) {
    move |body| body.histogram(NAME, histogram(1.0, has, bad_count))
}

/// Positive, negative, zero and custom buckets.
fn kinds() -> Vec<Case> {
    let custom = [true, false, false, true];
    vec![
        case("Histograms/basic_histogram", one(ALL, false), TAKEN),
        case(
            "Histograms/custom_buckets_histogram",
            one(custom, false),
            TAKEN,
        ),
        case(
            "Histograms/positive_only_histogram",
            one([true, false, true, false], false),
            TAKEN,
        ),
        case(
            "Histograms/negative_only_histogram",
            one([false, true, false, false], false),
            TAKEN,
        ),
        case(
            "Histograms/minimal_histogram",
            one([false, false, true, false], false),
            TAKEN,
        ),
        case(
            "Histograms/bad_count_histogram",
            one([true, false, false, false], true),
            (0, 0, 0, false),
        ),
        case("EmptyHistogram", one([false; 4], false), TAKEN),
    ]
}

pub fn cases() -> Vec<Case> {
    let mut cases = kinds();
    cases.extend([
        case(
            "HistogramWithCreatedTimestamp",
            |body| {
                let started = Histogram {
                    start_timestamp: NOW_MS - 30 * MINUTE_MS,
                    ..histogram(1.5, ALL, false)
                };
                body.histogram(NAME, started);
            },
            TAKEN,
        ),
        case(
            "MultipleHistograms",
            |body| {
                let first = histogram(10.5, [true, false, true, false], false);
                body.histogram(&[("__name__", "hist1"), ("job", "test")], first);
                let second = histogram(5.2, [false, true, false, false], false);
                body.histogram(&[("__name__", "hist2"), ("job", "test")], second);
            },
            (0, 2, 0, true),
        ),
        case(
            "HistogramWithMetadata",
            |body| {
                body.histogram(NAME, histogram(2.5, ALL, false));
                body.metadata(3, "HTTP request duration in seconds", "seconds");
            },
            TAKEN,
        ),
        case(
            "HistogramWithExemplar",
            |body| {
                body.histogram(NAME, histogram(1.23, [true, false, true, false], false));
                let trace = [("span_id", "span789"), ("trace_id", "abc123def456")];
                body.exemplar(&trace, 1.23);
            },
            (0, 1, 1, true),
        ),
        case(
            "HistogramWithMetadataAndExemplar",
            |body| {
                body.histogram(NAME, histogram(10_485_760.0, ALL, false));
                let trace = [("trace_id", "large_upload_trace"), ("user_id", "user456")];
                body.exemplar(&trace, 10_485_760.0);
                body.metadata(3, "HTTP response size in bytes", "bytes");
            },
            (0, 1, 1, true),
        ),
        case(
            "MultipleHistogramsWithMetadata",
            |body| {
                for (name, unit, has) in [
                    ("cpu_usage_histogram", "ratio", [true, false, true, false]),
                    (
                        "memory_usage_histogram",
                        "bytes",
                        [true, true, false, false],
                    ),
                ] {
                    let labels = [("__name__", name), ("instance", "server1")];
                    body.histogram(&labels, histogram(0.75, has, false));
                    body.metadata(3, "Usage distribution", unit);
                }
            },
            (0, 2, 0, true),
        ),
    ]);
    cases
}
