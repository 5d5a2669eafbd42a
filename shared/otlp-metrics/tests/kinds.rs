//! What each kind of metric becomes, in both encodings.

#![allow(clippy::unwrap_used, reason = "a test may")]
#![allow(clippy::too_many_lines, reason = "a table is one thing")]

mod support;

use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, Sum, Summary, SummaryDataPoint, number_data_point,
};
use otlp_metrics::Family;
use series::MetricKind;
use support::*;

fn sum(temporality: i32, is_monotonic: bool, data_points: Vec<NumberDataPoint>) -> Data {
    Data::Sum(Sum {
        data_points,
        aggregation_temporality: temporality,
        is_monotonic,
    })
}

fn histogram(temporality: i32, point: HistogramDataPoint) -> Data {
    Data::Histogram(Histogram {
        data_points: vec![point],
        aggregation_temporality: temporality,
    })
}

fn histogram_point(bounds: &[f64], counts: &[u64]) -> HistogramDataPoint {
    HistogramDataPoint {
        time_unix_nano: NOW_NS,
        count: counts.iter().sum(),
        sum: Some(9.5),
        explicit_bounds: bounds.to_vec(),
        bucket_counts: counts.to_vec(),
        min: Some(0.1),
        max: Some(7.0),
        exemplars: vec![Exemplar::default(); 3],
        ..HistogramDataPoint::default()
    }
}

fn exponential(temporality: i32) -> Data {
    Data::ExponentialHistogram(ExponentialHistogram {
        aggregation_temporality: temporality,
        data_points: vec![ExponentialHistogramDataPoint {
            time_unix_nano: NOW_NS,
            count: 6,
            sum: Some(10.0),
            scale: 0,
            zero_count: 1,
            positive: Some(Buckets {
                offset: 1,
                bucket_counts: vec![0, 2],
            }),
            negative: Some(Buckets {
                offset: -1,
                bucket_counts: vec![3],
            }),
            ..ExponentialHistogramDataPoint::default()
        }],
    })
}

fn summary() -> Data {
    Data::Summary(Summary {
        data_points: vec![SummaryDataPoint {
            time_unix_nano: NOW_NS,
            count: 4,
            sum: 8.0,
            quantile_values: [(0.5, 1.5), (1.0, 4.0)]
                .map(|(quantile, value)| ValueAtQuantile { quantile, value })
                .to_vec(),
            ..SummaryDataPoint::default()
        }],
    })
}

fn lines_of(metric: Metric) -> Vec<String> {
    let export = decoded(&request(vec![], vec![metric]));
    assert!(export.rejected.is_empty(), "{}", export.rejected);
    lines(&export)
}

#[test]
fn each_kind_becomes_its_series() {
    let point = || vec![number(2.0, vec![text("state", "used")])];
    let table: [(Metric, &[&str]); 7] = [
        (
            gauge("mem.usage", point()),
            &[r#"mem_usage{state="used"} 2"#],
        ),
        (
            metric("requests", "{request}", sum(CUMULATIVE, true, point())),
            &[r#"requests_total{state="used"} 2"#],
        ),
        (
            metric("queue", "1", sum(CUMULATIVE, false, point())),
            &[r#"queue{state="used"} 2"#],
        ),
        (
            metric(
                "duration",
                "s",
                histogram(CUMULATIVE, histogram_point(&[0.25, 5.0], &[1, 2, 4])),
            ),
            &[
                r#"duration_seconds_bucket{le="+Inf"} 7"#,
                r#"duration_seconds_bucket{le="0.25"} 1"#,
                r#"duration_seconds_bucket{le="5"} 3"#,
                "duration_seconds_count{} 7",
                "duration_seconds_sum{} 9.5",
            ],
        ),
        (
            metric("bare", "", histogram(CUMULATIVE, histogram_point(&[], &[]))),
            &[
                r#"bare_bucket{le="+Inf"} 0"#,
                "bare_count{} 0",
                "bare_sum{} 9.5",
            ],
        ),
        (
            metric("latency", "ms", exponential(CUMULATIVE)),
            &[
                r#"latency_milliseconds_bucket{le="+Inf"} 6"#,
                r#"latency_milliseconds_bucket{le="-0.5"} 3"#,
                r#"latency_milliseconds_bucket{le="-1"} 0"#,
                r#"latency_milliseconds_bucket{le="0"} 4"#,
                r#"latency_milliseconds_bucket{le="2"} 4"#,
                r#"latency_milliseconds_bucket{le="4"} 4"#,
                r#"latency_milliseconds_bucket{le="8"} 6"#,
                "latency_milliseconds_count{} 6",
                "latency_milliseconds_sum{} 10",
            ],
        ),
        (
            metric("gc.pause", "s", summary()),
            &[
                "gc_pause_seconds_count{} 4",
                "gc_pause_seconds_sum{} 8",
                r#"gc_pause_seconds{quantile="0.5"} 1.5"#,
                r#"gc_pause_seconds{quantile="1"} 4"#,
            ],
        ),
    ];
    for (metric, expected) in table {
        assert_eq!(lines_of(metric), expected);
    }
}

#[test]
fn deltas_are_refused_with_their_exact_count_and_what_to_set() {
    let point = |n: u8| number(f64::from(n), vec![text("n", &n.to_string())]);
    let metrics = vec![
        metric("a", "", sum(DELTA, true, vec![point(1), point(2)])),
        metric("b", "", sum(DELTA, false, vec![point(1)])),
        metric("c", "", histogram(DELTA, histogram_point(&[1.0], &[1, 0]))),
        metric("d", "", exponential(DELTA)),
        metric("e", "", sum(0, true, vec![point(1)])),
        gauge("f", vec![point(1)]),
    ];
    let export = decoded(&request(vec![], metrics));
    assert_eq!(lines(&export), [r#"f{n="1"} 1"#]);
    assert_eq!((export.data_points, export.rejected.points()), (1, 6));
    let delta = export
        .rejected
        .of(otlp_metrics::Reason::DeltaTemporality)
        .unwrap();
    assert_eq!((delta.points, delta.example.as_str()), (5, r#"a{n="1"}"#));
    assert!(
        export
            .rejected
            .to_string()
            .contains("TEMPORALITY_PREFERENCE=cumulative")
    );
}

#[test]
fn no_recorded_value_is_a_stale_marker_in_every_series() {
    let stale_number = NumberDataPoint {
        flags: 1,
        value: None,
        ..number(0.0, vec![])
    };
    assert_eq!(lines_of(gauge("up", vec![stale_number])), ["up{} stale"]);
    let stale_histogram = HistogramDataPoint {
        flags: 1,
        ..histogram_point(&[1.0], &[])
    };
    let lines = lines_of(metric("h", "", histogram(CUMULATIVE, stale_histogram)));
    assert_eq!(
        lines,
        [
            r#"h_bucket{le="+Inf"} stale"#,
            "h_count{} stale",
            "h_sum{} stale"
        ]
    );
}

#[test]
fn a_sum_that_was_not_sent_is_no_series() {
    let point = HistogramDataPoint {
        sum: None,
        ..histogram_point(&[1.0], &[1, 1])
    };
    let lines = lines_of(metric("h", "", histogram(CUMULATIVE, point)));
    assert!(!lines.iter().any(|line| line.contains("_sum")), "{lines:?}");
}

#[test]
fn exemplars_are_counted() {
    let data = histogram(CUMULATIVE, histogram_point(&[1.0], &[1, 1]));
    assert_eq!(
        decoded(&request(vec![], vec![metric("h", "", data)])).exemplars,
        3
    );
}

#[test]
fn a_histogram_that_contradicts_itself_is_rejected() {
    for (bounds, counts) in [
        (&[1.0, 2.0][..], &[1, 1][..]),
        (&[1.0], &[]),
        (&[2.0, 1.0], &[1, 1, 1]),
        (&[1.0, 1.0], &[1, 1, 1]),
        (&[f64::NAN], &[1, 1]),
    ] {
        let data = histogram(CUMULATIVE, histogram_point(bounds, counts));
        let export = decoded_protobuf(&request(vec![], vec![metric("h", "", data)]));
        let rejected = export.rejected.of(otlp_metrics::Reason::InvalidHistogram);
        assert_eq!(rejected.unwrap().points, 1, "{bounds:?} {counts:?}");
        assert_eq!(export.series.sample_count(), 0);
    }
}

#[test]
fn a_bound_of_infinity_is_the_last_bucket() {
    let data = histogram(
        CUMULATIVE,
        histogram_point(&[1.0, f64::INFINITY], &[1, 2, 0]),
    );
    let lines = lines(&decoded_protobuf(&request(
        vec![],
        vec![metric("h", "", data)],
    )));
    assert_eq!(
        lines[..2],
        [r#"h_bucket{le="+Inf"} 3"#, r#"h_bucket{le="1"} 1"#]
    );
}

#[test]
fn a_whole_number_is_exact_up_to_2_to_the_53() {
    let point = NumberDataPoint {
        value: Some(number_data_point::Value::AsInt(-9_007_199_254_740_991)),
        ..number(0.0, vec![])
    };
    assert_eq!(lines_of(gauge("n", vec![point])), ["n{} -9007199254740991"]);
}

#[test]
fn kind_unit_and_description_become_metadata_of_metrics_with_a_data_point() {
    let described = |name: &str, unit: &str, data: Data| Metric {
        description: format!("What {name} is."),
        ..metric(name, unit, data)
    };
    let counted = || vec![number(1.0, vec![])];
    let export = decoded(&request(
        vec![],
        vec![
            described("jobs", "1", sum(2, true, counted())),
            described("queue.length", "{jobs}", sum(2, false, counted())),
            described(
                "latency",
                "s",
                histogram(2, histogram_point(&[1.0], &[2, 1])),
            ),
            described("size", "By", exponential(2)),
            described(
                "speed",
                "By/s",
                Data::Gauge(opentelemetry_proto::tonic::metrics::v1::Gauge {
                    data_points: counted(),
                }),
            ),
            described("deltas", "", sum(1, true, counted())),
            described("empty", "", sum(2, true, vec![])),
        ],
    ));
    let said: Vec<_> = export
        .families
        .iter()
        .map(Family::view)
        .map(|said| (said.metric, said.kind, said.help, said.unit))
        .collect();
    assert_eq!(
        said,
        [
            ("jobs_total", MetricKind::Counter, "What jobs is.", ""),
            (
                "queue_length",
                MetricKind::Gauge,
                "What queue.length is.",
                ""
            ),
            (
                "latency_seconds",
                MetricKind::Histogram,
                "What latency is.",
                "seconds"
            ),
            (
                "size_bytes",
                MetricKind::Histogram,
                "What size is.",
                "bytes"
            ),
            (
                "speed_bytes_per_second",
                MetricKind::Gauge,
                "What speed is.",
                "bytes_per_second"
            ),
        ]
    );
}
