//! What each kind of bad input becomes in remote write 2.0.

#![allow(clippy::unwrap_used, reason = "a test may")]

use prost::Message;
use remote_write::{Buffer, Limits, Outcome, Reason, Refusal, decode_v2};

mod oracle;

use oracle::v2::{Exemplar, Metadata, Request, Sample, TimeSeries};
use oracle::{Count, Histogram, NOW_MS};

fn snappy(bytes: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(bytes).unwrap()
}

/// "", "__name__", "up", "job", "a", "b", "le", "x"
fn symbols() -> Vec<String> {
    ["", "__name__", "up", "job", "a", "b", "le", "x"]
        .map(str::to_owned)
        .into()
}

fn at(timestamp: i64) -> Sample {
    Sample {
        value: 1.0,
        timestamp,
        start_timestamp: 0,
    }
}

fn series(refs: &[u32]) -> TimeSeries {
    TimeSeries {
        labels_refs: refs.to_vec(),
        samples: vec![at(NOW_MS), at(NOW_MS - 1)],
        ..TimeSeries::default()
    }
}

fn body(timeseries: Vec<TimeSeries>) -> Vec<u8> {
    let request = Request {
        symbols: symbols(),
        timeseries,
    };
    snappy(&request.encode_to_vec())
}

fn refusal(body: &[u8], limits: &Limits) -> Refusal {
    decode_v2(body, limits, NOW_MS, &mut Buffer::default()).unwrap_err()
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn each_bad_series_is_rejected_for_its_reason_and_the_others_are_taken() {
    let good = || series(&[1, 2, 3, 4]);
    let histogram = Histogram {
        timestamp: NOW_MS,
        ..Histogram::default()
    };
    let cases: Vec<(Reason, TimeSeries, u64)> = vec![
        (Reason::UnknownSymbol, series(&[1, 8]), 2),
        (Reason::UnknownSymbol, series(&[1, 2, u32::MAX, 4]), 2),
        (Reason::OddReferences, series(&[1, 2, 3]), 2),
        (Reason::OddReferences, series(&[1]), 2),
        (Reason::NoMetricName, series(&[]), 2),
        (Reason::NoMetricName, series(&[3, 4]), 2),
        (Reason::NoMetricName, series(&[1, 0, 3, 4]), 2),
        (Reason::EmptyLabelName, series(&[0, 4, 1, 2]), 2),
        (Reason::DuplicateLabelName, series(&[1, 2, 3, 4, 3, 4]), 2),
        (Reason::DuplicateLabelName, series(&[1, 2, 3, 4, 3, 5]), 2),
        (Reason::DuplicateLabelName, series(&[1, 2, 3, 4, 1, 2]), 2),
        (Reason::TooManyLabels, series(&[1, 2].repeat(65)), 2),
        (
            Reason::SamplesAndHistograms,
            TimeSeries {
                histograms: vec![histogram.clone()],
                ..good()
            },
            3,
        ),
        (
            Reason::UnknownSymbol,
            TimeSeries {
                metadata: Some(Metadata {
                    kind: 1,
                    help_ref: 8,
                    unit_ref: 0,
                }),
                ..good()
            },
            2,
        ),
        (
            Reason::NativeHistogram,
            TimeSeries {
                samples: vec![],
                histograms: vec![Histogram {
                    count: Some(Count::Int(1)),
                    ..histogram.clone()
                }],
                ..good()
            },
            1,
        ),
        (
            Reason::NativeHistogram,
            TimeSeries {
                labels_refs: vec![1, 2, 6, 4],
                samples: vec![],
                histograms: vec![histogram],
                ..good()
            },
            1,
        ),
    ];
    for (reason, bad, lost) in cases {
        let body = body(vec![good(), bad.clone(), good()]);
        let mut buffer = Buffer::default();
        let request = decode_v2(&body, &Limits::default(), NOW_MS, &mut buffer).unwrap();
        assert_eq!(request.series().len(), 2, "{reason:?} {bad:?}");
        let entry = request.rejected.of(reason);
        let entry = entry.unwrap_or_else(|| panic!("{bad:?}: {:?}", request.rejected));
        assert_eq!(
            (entry.samples, entry.series),
            (lost, 1),
            "{reason:?} {bad:?}"
        );
        assert_eq!(request.rejected.iter().len(), 1);
        let counts = request.counts;
        assert_eq!(counts.samples.accepted, 4);
        assert_eq!(counts.samples.rejected + counts.histograms.rejected, lost);
        assert_eq!(counts.written().samples, 4);
    }
}

#[test]
fn labels_out_of_order_are_sorted_and_empty_values_are_absent() {
    let mut buffer = Buffer::default();
    let sets = [vec![3, 4, 1, 2], vec![1, 2, 3, 4], vec![1, 2, 3, 4, 7, 0]];
    let sets = sets.map(|refs| series(&refs)).to_vec();
    let request = body(sets);
    let request = decode_v2(&request, &Limits::default(), NOW_MS, &mut buffer).unwrap();
    assert!(request.rejected.is_empty());
    let ids: Vec<_> = request.series().map(|view| view.id).collect();
    assert_eq!(ids, [ids[0]; 3]);
    for view in request.series() {
        assert_eq!(view.labels, [("__name__", "up"), ("job", "a")]);
    }
}

#[test]
fn an_exemplar_is_accepted_but_not_written_and_a_bad_one_is_rejected() {
    let exemplar = |labels_refs: &[u32], timestamp| Exemplar {
        labels_refs: labels_refs.to_vec(),
        value: 1.0,
        timestamp,
    };
    let with = |refs: &[u32], exemplars| TimeSeries {
        exemplars,
        samples: vec![],
        ..series(refs)
    };
    let good = with(
        &[1, 2],
        vec![exemplar(&[], NOW_MS), exemplar(&[3, 4], NOW_MS)],
    );
    let bad = vec![
        exemplar(&[3, 4], 0),
        exemplar(&[3, 4], 1),
        exemplar(&[3, 8], NOW_MS),
        exemplar(&[3], NOW_MS),
        exemplar(&[1, 2].repeat(13), NOW_MS),
    ];
    let of_bad_series = with(
        &[3, 4],
        vec![exemplar(&[3, 4], NOW_MS), exemplar(&[3, 4], 0)],
    );
    let body = body(vec![good, with(&[1, 2], bad), of_bad_series]);
    let mut buffer = Buffer::default();
    let request = decode_v2(&body, &Limits::default(), NOW_MS, &mut buffer).unwrap();
    let outcome = Outcome {
        accepted: 2,
        rejected: 7,
    };
    assert_eq!(request.counts.exemplars, outcome);
    assert_eq!(
        request
            .rejected
            .of(Reason::InvalidExemplar)
            .unwrap()
            .samples,
        5
    );
    assert_eq!(request.rejected.samples(), 0);
    assert_eq!(request.counts.written().exemplars, 0);
}

#[test]
fn start_times_are_counted_wherever_they_stand() {
    let mut sample = at(NOW_MS);
    sample.start_timestamp = NOW_MS - 5;
    let of_sample = TimeSeries {
        samples: vec![sample, at(NOW_MS)],
        ..series(&[1, 2])
    };
    let of_histogram = TimeSeries {
        samples: vec![],
        histograms: vec![Histogram {
            timestamp: NOW_MS,
            start_timestamp: 7,
            ..Histogram::default()
        }],
        ..series(&[1, 2])
    };
    // created_timestamp of the series, as candidates up to 2.0-rc.3 had it.
    let mut of_series = series(&[1, 2]).encode_to_vec();
    of_series.extend(b"\x30\x07");
    let request = Request {
        symbols: symbols(),
        timeseries: vec![of_sample, of_histogram],
    };
    let mut bytes = request.encode_to_vec();
    bytes.push(0x2A);
    prost::encode_length_delimiter(of_series.len(), &mut bytes).unwrap();
    bytes.extend(of_series);
    let mut buffer = Buffer::default();
    let request = decode_v2(&snappy(&bytes), &Limits::default(), NOW_MS, &mut buffer).unwrap();
    assert!(request.rejected.is_empty());
    assert_eq!(request.counts.start_times, 3);
    assert_eq!(request.sample_count(), 4);
    assert!(
        request
            .series()
            .all(|view| view.samples.iter().all(|s| s.time_ms >= NOW_MS - 1))
    );
}

#[test]
fn a_table_that_does_not_begin_with_the_empty_string_is_refused() {
    let without = |symbols: Vec<String>| {
        let timeseries = vec![series(&[0, 1])];
        snappy(
            &Request {
                symbols,
                timeseries,
            }
            .encode_to_vec(),
        )
    };
    for body in [
        without(vec![]),
        without(vec!["__name__".into(), "up".into()]),
    ] {
        assert_eq!(refusal(&body, &Limits::default()), Refusal::FirstSymbol);
    }
    let mut buffer = Buffer::default();
    let empty = snappy(&[]);
    let empty = decode_v2(&empty, &Limits::default(), NOW_MS, &mut buffer).unwrap();
    assert!(empty.is_empty() && empty.rejected.is_empty());
}

#[test]
fn a_body_under_the_wrong_name_is_refused_and_not_taken_for_empty() {
    let v1 = remote_write::encode(&oracle::node_exporter(1, 1));
    let refused = refusal(&v1, &Limits::default());
    assert!(
        matches!(refused, Refusal::OtherMessage { .. }),
        "{refused:?}"
    );
    let v2 = body(vec![series(&[1, 2])]);
    let limits = Limits::default();
    let refused = remote_write::decode(&v2, &limits, NOW_MS, &mut Buffer::default()).unwrap_err();
    assert!(refused.to_string().contains("v2.Request"), "{refused}");
}

#[test]
fn broken_protobuf_is_refused_with_its_place() {
    let cases: [(&[u8], &str); 10] = [
        (b"\x20\x01", "not a message"),
        (b"\x28\x01", "not a message"),
        (b"\x22\x01\xff", "not UTF-8"),
        (b"\x22\x00\x2a\x02\x0d\x01", "wrong type"),
        (b"\x22\x00\x2a\x03\x0a\x01\x80", "cut off"),
        (b"\x22\x00\x2a\x04\x12\x02\x08\x01", "wrong type"),
        (b"\x22\x00\x2a\x04\x22\x02\x10\x01", "wrong type"),
        (b"\x22\x00\x2a\x04\x2a\x02\x0a\x00", "wrong type"),
        (b"\x22\x00\x2a\x05\x0a", "longer than what follows"),
        (b"\x22\x00\x2a\x02\x18\x01", "wrong type"),
    ];
    for (bytes, expected) in cases {
        let refused = refusal(&snappy(bytes), &Limits::default());
        assert!(
            matches!(refused, Refusal::Malformed { .. }),
            "{bytes:x?}: {refused:?}"
        );
        assert!(
            refused.to_string().contains(expected),
            "{bytes:x?}: {refused}"
        );
        assert!(
            Request::decode(bytes).is_err(),
            "the oracle takes {bytes:x?}"
        );
    }
    // Inside a histogram of an accepted series.
    let mut table = b"\x22\x00\x22\x08__name__\x22\x02up".to_vec();
    table.extend(b"\x2a\x08\x0a\x02\x01\x02\x1a\x02\x0a\x00");
    assert!(Request::decode(table.as_slice()).is_err());
    let refused = refusal(&snappy(&table), &Limits::default());
    assert!(refused.to_string().contains("histogram"), "{refused}");
}

#[test]
fn a_long_text_that_is_named_again_and_again_takes_no_more_room_than_allowed() {
    let limits = Limits::default();
    let mut symbols = symbols();
    symbols.push("v".repeat(2000));
    for at in 0..63 {
        symbols.push(format!("name_{at:02}"));
    }
    let refs: Vec<u32> = [1, 2]
        .into_iter()
        .chain((9..72).flat_map(|name| [name, 8]))
        .collect();
    let bomb = Request {
        symbols,
        timeseries: vec![series(&refs); 5000],
    };
    let bomb = snappy(&bomb.encode_to_vec());
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    let mut buffer = Buffer::default();
    let refused = decode_v2(&bomb, &limits, NOW_MS, &mut buffer).unwrap_err();
    let expected = Refusal::TooManyLabels {
        limit: limits.label_text_bytes,
        unit: "bytes of text",
    };
    assert_eq!(refused, expected);
    assert!(
        buffer.memory_bytes() < 4_000_000,
        "{}",
        buffer.memory_bytes()
    );

    let few = Limits {
        labels: 7,
        ..Limits::default()
    };
    let three = body(vec![series(&[1, 2, 3, 4]); 3]);
    assert!(decode_v2(&three, &few, NOW_MS, &mut buffer).is_ok());
    let four = body(vec![series(&[1, 2, 3, 4]); 4]);
    assert_eq!(
        refusal(&four, &few),
        Refusal::TooManyLabels {
            limit: 7,
            unit: "in number"
        }
    );
}

#[test]
fn counts_above_the_limits_are_refused() {
    let tight = Limits {
        series: 2,
        samples: 5,
        symbols: 8,
        histograms: 1,
        ..Limits::default()
    };
    let mut buffer = Buffer::default();
    let two = body(vec![series(&[1, 2]); 2]);
    assert!(decode_v2(&two, &tight, NOW_MS, &mut buffer).is_ok());
    let three = body(vec![series(&[1, 2]); 3]);
    assert_eq!(refusal(&three, &tight), Refusal::TooManySeries { limit: 2 });
    let long = TimeSeries {
        samples: vec![at(1); 6],
        ..series(&[1, 2])
    };
    assert_eq!(
        refusal(&body(vec![long]), &tight),
        Refusal::TooManySamples { limit: 5 }
    );
    let histograms = TimeSeries {
        samples: vec![],
        histograms: vec![Histogram::default(); 2],
        ..series(&[1, 2])
    };
    let refused = refusal(&body(vec![histograms]), &tight);
    assert_eq!(refused, Refusal::TooManyHistograms { limit: 1 });
    let fewer = Limits {
        symbols: 7,
        ..tight
    };
    assert_eq!(refusal(&two, &fewer), Refusal::TooManySymbols { limit: 7 });
}

#[test]
fn the_buffer_serves_both_messages_in_turn() {
    let mut buffer = Buffer::default();
    let limits = Limits::default();
    let sent = oracle::node_exporter(50, 2);
    let (v1, v2) = (remote_write::encode(&sent), remote_write::encode_v2(&sent));
    for _ in 0..3 {
        let one = remote_write::decode(&v1, &limits, NOW_MS, &mut buffer).unwrap();
        let one: Vec<_> = one
            .series()
            .map(|view| (view.id, view.samples.to_vec()))
            .collect();
        let two = decode_v2(&v2, &limits, NOW_MS, &mut buffer).unwrap();
        let two: Vec<_> = two
            .series()
            .map(|view| (view.id, view.samples.to_vec()))
            .collect();
        assert_eq!(one, two);
        assert!(decode_v2(&v1, &limits, NOW_MS, &mut buffer).is_err());
    }
}
