//! The receiver cases of Prometheus' compliance suite, by their names.
//!
//! From `remotewrite/receiver` of github.com/prometheus/compliance (metric, histograms, exemplars, metadata,
//! combined, request_validation, rw1_compat), written anew. Each has the suite's expectation of the three
//! counts; the suite writes labels in any order, so each runs with both. Two columns differ from the
//! suite's by decision: exemplars are accepted as the suite wants it, while the header says 0 because
//! nothing keeps them; and what the suite wants of a status, here is whether anything was rejected
//! (204 or 400). Cases of senders and of HTTP belong to others.

#![allow(clippy::unwrap_used, reason = "a test may")]
#![allow(clippy::too_many_lines, reason = "tables")]

use prost::Message;
use remote_write::{Buffer, Limits, MetricKind, Protocol, Refusal, Unsupported, protocol};
use series::STALE_NAN_BITS;

mod oracle;

use oracle::v2::{Exemplar, Metadata, Request, Sample, Table, TimeSeries};
use oracle::{Count, Histogram, NOW_MS, Span, ZeroCount};

type Pairs<'a> = &'a [(&'a str, &'a str)];

const MINUTE_MS: i64 = 60_000;

#[derive(Default)]
struct Body {
    table: Table,
    timeseries: Vec<TimeSeries>,
    is_reversed: bool,
}

impl Body {
    fn series(&mut self, labels: Pairs<'_>) -> &mut TimeSeries {
        let mut labels = labels.to_vec();
        if self.is_reversed {
            labels.reverse();
        }
        let labels_refs = self.table.refs(labels);
        self.timeseries.push(TimeSeries {
            labels_refs,
            ..TimeSeries::default()
        });
        self.timeseries.last_mut().unwrap()
    }

    fn sample(&mut self, labels: Pairs<'_>, value: f64) -> &mut TimeSeries {
        self.sample_at(labels, value, NOW_MS, 0)
    }

    fn sample_at(
        &mut self,
        labels: Pairs<'_>,
        value: f64,
        timestamp: i64,
        start_timestamp: i64,
    ) -> &mut TimeSeries {
        let series = self.series(labels);
        series.samples.push(Sample {
            value,
            timestamp,
            start_timestamp,
        });
        series
    }

    fn histogram(&mut self, labels: Pairs<'_>, histogram: Histogram) {
        self.series(labels).histograms.push(histogram);
    }

    /// To the last series.
    fn exemplar(&mut self, labels: Pairs<'_>, value: f64) {
        let labels_refs = self.table.refs(labels.iter().copied());
        let exemplar = Exemplar {
            labels_refs,
            value,
            timestamp: NOW_MS,
        };
        self.timeseries.last_mut().unwrap().exemplars.push(exemplar);
    }

    /// To the last series.
    fn metadata(&mut self, kind: i32, help: &str, unit: &str) {
        let metadata = Metadata {
            kind,
            help_ref: self.table.number(help),
            unit_ref: self.table.number(unit),
        };
        self.timeseries.last_mut().unwrap().metadata = Some(metadata);
    }
}

/// Positive 23, negative 3, zero 1, custom 30: as the suite's fixture counts.
fn histogram(sum: f64, has: [bool; 4], bad_count: bool) -> Histogram {
    let [positive, negative, zero, custom] = has;
    let span = |offset, length| Span { offset, length };
    let mut histogram = Histogram {
        sum,
        timestamp: NOW_MS,
        ..Histogram::default()
    };
    let mut count = 0;
    if positive {
        histogram.positive_spans = vec![span(0, 3), span(2, 2)];
        histogram.positive_deltas = vec![1, 2, 1, 3, 1];
        count += 23;
    }
    if negative {
        histogram.negative_spans = vec![span(0, 2)];
        histogram.negative_deltas = vec![1, 1];
        count += 3;
    }
    if zero {
        histogram.zero_count = Some(ZeroCount::Int(1));
        count += 1;
    }
    if custom {
        histogram.schema = -53;
        histogram.custom_values = vec![0.1, 0.5, 1.0, 2.5, 5.0, 10.0];
        histogram.positive_spans = vec![span(0, 6)];
        histogram.positive_deltas = vec![2, 1, 2, 3, -1, -2];
        count = 30;
    }
    histogram.count = Some(Count::Int(if bad_count { 99 } else { count }));
    histogram
}

const ALL: [bool; 4] = [true, true, true, false];

/// Samples, histograms and exemplars accepted; whether nothing is rejected.
type Outcome = (u64, u64, u64, bool);
type Case = (&'static str, Box<dyn Fn(&mut Body)>, Outcome);

fn case(name: &'static str, write: impl Fn(&mut Body) + 'static, outcome: Outcome) -> Case {
    (name, Box::new(write), outcome)
}

fn run(cases: Vec<Case>) {
    for (name, write, outcome) in cases {
        for is_reversed in [false, true] {
            let mut body = Body {
                is_reversed,
                ..Body::default()
            };
            body.table.number("");
            write(&mut body);
            let request = Request {
                symbols: body.table.symbols,
                timeseries: body.timeseries,
            };
            let bytes = snap::raw::Encoder::new()
                .compress_vec(&request.encode_to_vec())
                .unwrap();
            let mut buffer = Buffer::default();
            let decoded = Protocol::V2.decode(&bytes, &Limits::default(), NOW_MS, &mut buffer);
            let decoded = decoded.unwrap_or_else(|refused| panic!("{name}: {refused}"));
            let counts = decoded.counts;
            let found = (
                counts.samples.accepted,
                counts.histograms.accepted,
                counts.exemplars.accepted,
                decoded.rejected.is_empty(),
            );
            assert_eq!(found, outcome, "{name}: {}", decoded.rejected);
            let written = counts.written();
            assert_eq!(
                (written.samples, written.histograms),
                (outcome.0, outcome.1),
                "{name}"
            );
            assert_eq!(written.exemplars, 0, "{name}");
        }
    }
}

#[test]
fn single_metric() {
    let cases: [(&'static str, Pairs<'static>, bool); 7] = [
        ("simple metric", &[("__name__", "up")], true),
        (
            "simple metric with multiple labels",
            &[
                ("__name__", "up"),
                ("instance", "localhost:9090"),
                ("job", "testjob"),
            ],
            true,
        ),
        (
            "simple metric with newlines",
            &[
                ("__name__", "up"),
                ("instance", "localhost:9090"),
                ("job", "test\njob\n"),
            ],
            true,
        ),
        (
            "simple metric with dots",
            &[
                ("__name__", "resource.cpu.usage"),
                ("instance.name", "localhost:9090"),
            ],
            true,
        ),
        (
            "simple metric with spaces",
            &[
                ("__name__", "resource cpu usage"),
                ("instance name", "localhost:9090"),
            ],
            true,
        ),
        (
            "simple metric without name label",
            &[("instance", "localhost:9090")],
            false,
        ),
        ("empty metric", &[], false),
    ];
    let stale = f64::from_bits(STALE_NAN_BITS);
    for value in [1.0, stale, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let cases = cases.map(|(name, labels, success)| {
            let write = move |body: &mut Body| {
                body.sample(labels, value);
            };
            case(name, write, (u64::from(success), 0, 0, success))
        });
        run(cases.into());
    }
}

#[test]
fn multiple_metrics() {
    let some = |named: [bool; 4]| {
        move |body: &mut Body| {
            for (at, named) in named.into_iter().enumerate() {
                let instance = format!("localhost:909{at}");
                let labels = [
                    ("__name__", "up"),
                    ("instance", instance.as_str()),
                    ("job", "testjob"),
                ];
                body.sample(&labels[usize::from(!named)..], 1.0);
            }
        }
    };
    run(vec![
        case("multiple metrics", some([true; 4]), (4, 0, 0, true)),
        case(
            "multiple metrics, without name label",
            some([false; 4]),
            (0, 0, 0, false),
        ),
        case(
            "multiple metrics, 1 without name label",
            some([false, true, true, true]),
            (3, 0, 0, false),
        ),
    ]);
}

#[test]
fn histograms() {
    const NAME: Pairs<'static> = &[("__name__", "test_histogram"), ("job", "test")];
    let one = |has: [bool; 4], bad_count: bool| {
        move |body: &mut Body| body.histogram(NAME, histogram(1.0, has, bad_count))
    };
    let taken = (0, 1, 0, true);
    run(vec![
        case("basic_histogram", one(ALL, false), taken),
        case(
            "custom_buckets_histogram",
            one([true, false, false, true], false),
            taken,
        ),
        case(
            "positive_only_histogram",
            one([true, false, true, false], false),
            taken,
        ),
        case(
            "negative_only_histogram",
            one([false, true, false, false], false),
            taken,
        ),
        case(
            "minimal_histogram",
            one([false, false, true, false], false),
            taken,
        ),
        case(
            "bad_count_histogram",
            one([true, false, false, false], true),
            (0, 0, 0, false),
        ),
        case("EmptyHistogram", one([false; 4], false), taken),
        case(
            "HistogramWithCreatedTimestamp",
            |body| {
                let started = Histogram {
                    start_timestamp: NOW_MS - 30 * MINUTE_MS,
                    ..histogram(1.5, ALL, false)
                };
                body.histogram(NAME, started);
            },
            taken,
        ),
        case(
            "MultipleHistograms",
            |body| {
                body.histogram(
                    &[("__name__", "hist1")],
                    histogram(10.5, [true, false, true, false], false),
                );
                body.histogram(
                    &[("__name__", "hist2")],
                    histogram(5.2, [false, true, false, false], false),
                );
            },
            (0, 2, 0, true),
        ),
        case(
            "HistogramWithMetadataAndExemplar",
            |body| {
                body.histogram(NAME, histogram(1.23, ALL, false));
                body.exemplar(
                    &[("trace_id", "abc123def456"), ("span_id", "span789")],
                    1.23,
                );
                body.metadata(3, "HTTP response size in bytes", "bytes");
            },
            (0, 1, 1, true),
        ),
        case(
            "ManyHistograms",
            |body| {
                for at in 0..50 {
                    let name = format!("histogram_metric_{at}");
                    let labels = [("__name__", name.as_str()), ("bucket", "b")];
                    let has = [true, at % 2 == 0, true, false];
                    body.histogram(&labels, histogram(f64::from(at) / 10.0, has, false));
                    body.exemplar(&[("trace_id", "t")], 1.0);
                    body.metadata(3, "Histogram metric", "seconds");
                }
            },
            (0, 50, 50, true),
        ),
    ]);
}

#[test]
fn exemplars() {
    const NAME: Pairs<'static> = &[("__name__", "http_requests_total"), ("job", "api")];
    let with = |labels: Pairs<'static>, value: f64| {
        move |body: &mut Body| {
            body.sample(NAME, value);
            body.exemplar(labels, value);
        }
    };
    let taken = (1, 0, 1, true);
    run(vec![
        case(
            "basic_exemplar",
            with(&[("trace_id", "abc123def456")], 1.0),
            taken,
        ),
        case(
            "exemplar_with_span_id",
            with(&[("trace_id", "xyz789"), ("span_id", "span123")], 0.125),
            taken,
        ),
        case(
            "exemplar_without_trace_id",
            with(&[("user_id", "user123")], 0.85),
            taken,
        ),
        case("exemplar_no_labels", with(&[], 1.0), taken),
        case(
            "exemplar_with_special_chars",
            with(
                &[("trace_id", "trace-with-dashes_and_underscores.123")],
                42.0,
            ),
            taken,
        ),
        case(
            "exemplar_with_unicode",
            with(&[("trace_id", "unicode_trace_\u{6d4b}\u{8bd5}")], 100.0),
            taken,
        ),
        case(
            "ExemplarSpecialValues/nan_value",
            with(&[("trace_id", "t")], f64::NAN),
            taken,
        ),
        case(
            "ExemplarSpecialValues/-inf_value",
            with(&[("trace_id", "t")], f64::NEG_INFINITY),
            taken,
        ),
        case(
            "ExemplarTimestamps",
            |body| {
                for before in [60 * MINUTE_MS, MINUTE_MS, 0] {
                    body.sample_at(NAME, 0.05, NOW_MS - before, 0);
                    body.exemplar(&[("trace_id", "t")], 0.05);
                }
            },
            (3, 0, 3, true),
        ),
        case(
            "ExemplarValidation/exemplar_without_name_label",
            |body| {
                body.sample(&[("job", "test")], 1.0);
                body.exemplar(&[("trace_id", "test_trace")], 1.0);
            },
            (0, 0, 0, false),
        ),
        case(
            "ExemplarValidation/exemplar_with_empty_name",
            |body| {
                body.sample(&[("__name__", "")], 1.0);
                body.exemplar(&[("trace_id", "test_trace")], 1.0);
            },
            (0, 0, 0, false),
        ),
        case(
            "EdgeCaseCombinations/exemplars_without_data",
            |body| {
                body.series(NAME);
                body.exemplar(&[("trace_id", "orphan_trace")], 42.0);
            },
            (0, 0, 1, true),
        ),
    ]);
}

#[test]
fn metadata_and_combinations() {
    const NAME: Pairs<'static> = &[("__name__", "http_requests_total"), ("job", "api")];
    let said = |kind: i32, help: &'static str, unit: &'static str| {
        move |body: &mut Body| {
            body.sample(NAME, 1.0);
            body.metadata(kind, help, unit);
        }
    };
    let taken = (1, 0, 0, true);
    run(vec![
        case(
            "counter_metadata",
            said(1, "Total number of HTTP requests", "requests"),
            taken,
        ),
        case(
            "gauge_metadata",
            said(2, "Current CPU usage percentage", "percent"),
            taken,
        ),
        case("metadata_no_help_no_unit", said(1, "", ""), taken),
        case(
            "metadata_with_special_chars",
            said(2, "with\nnewlines and \"quotes\"", "bytes/sec"),
            taken,
        ),
        case(
            "unspecified_metadata_type",
            said(0, "Unknown metric type", ""),
            taken,
        ),
        case(
            "info_metadata_type",
            said(6, "Build information", ""),
            taken,
        ),
        case(
            "stateset_metadata_type",
            said(7, "Node state information", ""),
            taken,
        ),
        case(
            "summary_metadata_type",
            said(5, "Request latency summary", "seconds"),
            taken,
        ),
        case(
            "gauge_histogram_metadata_type",
            said(4, "Temperature", "celsius"),
            taken,
        ),
        case(
            "CounterMetadataWithCreatedTimestamp",
            |body| {
                body.sample_at(NAME, 150.0, NOW_MS, NOW_MS - 60 * MINUTE_MS);
                body.metadata(1, "Total HTTP requests", "requests");
            },
            taken,
        ),
        case(
            "MetadataValidation/metadata_without_name_label",
            |body| {
                body.sample(&[("job", "test")], 1.0);
                body.metadata(1, "Test help", "unit");
            },
            (0, 0, 0, false),
        ),
        case(
            "EdgeCaseCombinations/metadata_without_data",
            |body| {
                body.series(NAME);
                body.metadata(1, "Orphaned metric metadata", "count");
            },
            (0, 0, 0, true),
        ),
        case(
            "EdgeCaseCombinations/mixed_timestamp_data",
            |body| {
                body.sample_at(
                    &[("__name__", "old_metric")],
                    1.0,
                    NOW_MS - 60 * MINUTE_MS,
                    0,
                );
                body.exemplar(&[("trace_id", "old_trace")], 1.0);
                body.sample(&[("__name__", "new_metric")], 2.0);
            },
            (2, 0, 1, true),
        ),
        case(
            "ManySamples",
            |body| {
                for at in 0..50 {
                    let name = format!("counter_metric_{at}");
                    body.sample(&[("__name__", &name), ("series", "s")], f64::from(at * 100));
                    body.exemplar(&[("trace_id", "t")], 1.0);
                    body.metadata(1, "Counter metric", "count");
                }
            },
            (50, 0, 50, true),
        ),
        case(
            "SpecialCharactersCombined",
            |body| {
                body.sample(
                    &[
                        ("__name__", "test_metric"),
                        ("environment", "test\u{1f680}"),
                        ("job", "a.b@c"),
                    ],
                    42.0,
                );
                body.exemplar(
                    &[("trace_id", "special_trace_\u{e4}\u{f6}\u{fc}-123")],
                    42.0,
                );
                body.metadata(
                    2,
                    "\u{e4}\u{f6}\u{fc}, newlines\nand \"quotes\"",
                    "special/units",
                );
            },
            (1, 0, 1, true),
        ),
    ]);
}

#[test]
fn metadata_is_handed_on_once_per_run_of_series_and_by_family() {
    let mut body = Body::default();
    body.table.number("");
    for ending in ["_bucket", "_count", "_sum"] {
        let name = format!("latency_seconds{ending}");
        body.sample(&[("__name__", name.as_str())], 1.0);
        body.metadata(3, "How long", "seconds");
    }
    body.sample(&[("__name__", "up")], 1.0);
    body.sample(&[("__name__", "jobs_total")], 1.0);
    body.metadata(1, "", "");
    let request = Request {
        symbols: body.table.symbols,
        timeseries: body.timeseries,
    };
    let v2 = snap::raw::Encoder::new()
        .compress_vec(&request.encode_to_vec())
        .unwrap();
    let v1 = oracle::WriteRequest {
        timeseries: Vec::new(),
        metadata: [
            (3, "latency_seconds", "How long", "seconds"),
            (1, "jobs_total", "", ""),
        ]
        .map(|(kind, metric, help, unit)| oracle::MetricMetadata {
            kind,
            metric: metric.into(),
            help: help.into(),
            unit: unit.into(),
        })
        .into(),
    };
    let v1 = snap::raw::Encoder::new()
        .compress_vec(&v1.encode_to_vec())
        .unwrap();
    for (protocol, body) in [(Protocol::V2, v2), (Protocol::V1, v1)] {
        let mut buffer = Buffer::default();
        let decoded = protocol
            .decode(&body, &Limits::default(), NOW_MS, &mut buffer)
            .unwrap();
        let said: Vec<_> = decoded
            .metadata()
            .map(|m| (m.metric, m.kind, m.help, m.unit))
            .collect();
        let expected = [
            (
                "latency_seconds",
                MetricKind::Histogram,
                "How long",
                "seconds",
            ),
            ("jobs_total", MetricKind::Counter, "", ""),
        ];
        assert_eq!(said, expected, "{protocol:?}");
        assert_eq!(said[0].1.name(), "histogram");
    }
}

#[test]
fn bad_content_types_and_encodings() {
    let v2 = Protocol::V2.content_type();
    assert_eq!(Unsupported::STATUS, 415);
    for content_type in ["application/json", "image/png"] {
        assert!(protocol(Some(content_type), Some("snappy")).is_err());
    }
    for encoding in ["gzip", "deflate"] {
        assert!(protocol(Some(v2), Some(encoding)).is_err());
    }
    assert_eq!(protocol(Some(v2), Some("snappy")), Ok(Protocol::V2));
    assert_eq!(
        protocol(Some("application/x-protobuf"), Some("snappy")),
        Ok(Protocol::V1)
    );
}

#[test]
fn corrupt_request_body_and_rw1_error_handling() {
    let sent = oracle::node_exporter(1, 1);
    let mut buffer = Buffer::default();
    let corrupt = [(b'0', Protocol::V2), (0xFF, Protocol::V1)];
    for (byte, protocol) in corrupt {
        let mut body = match protocol {
            Protocol::V1 => remote_write::encode(&sent),
            Protocol::V2 => remote_write::encode_v2(&sent),
        };
        let taken = protocol
            .decode(&body, &Limits::default(), NOW_MS, &mut buffer)
            .unwrap();
        assert_eq!(taken.counts.samples.accepted, 1, "RW1BasicCompatibility");
        body[0] = byte;
        let refused = protocol
            .decode(&body, &Limits::default(), NOW_MS, &mut buffer)
            .unwrap_err();
        let is_snappy = !matches!(refused, Refusal::NotSnappy(_) | Refusal::TooLarge { .. });
        assert!(!is_snappy, "{protocol:?}: {refused:?}");
    }
}
