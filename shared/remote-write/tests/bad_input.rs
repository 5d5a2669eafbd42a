//! What each kind of bad input becomes.

#![allow(clippy::unwrap_used, reason = "a test may")]

use prost::Message;
use remote_write::{Buffer, Limits, Reason, Refusal, Rejections, decode, encode};
use series::{Labels, STALE_NAN_BITS, Sample, Series};

mod oracle;

use oracle::{Label, NOW_MS, ProtoSample, TimeSeries, WriteRequest};

const HOUR_MS: i64 = 3_600_000;

fn snappy(bytes: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(bytes).unwrap()
}

fn series(labels: &[(&str, &str)], samples: &[(i64, f64)]) -> TimeSeries {
    TimeSeries {
        labels: labels
            .iter()
            .map(|(n, v)| Label {
                name: (*n).to_owned(),
                value: (*v).to_owned(),
            })
            .collect(),
        samples: samples
            .iter()
            .map(|&(timestamp, value)| ProtoSample { timestamp, value })
            .collect(),
        ..TimeSeries::default()
    }
}

fn body(timeseries: Vec<TimeSeries>) -> Vec<u8> {
    let request = WriteRequest {
        timeseries,
        ..WriteRequest::default()
    };
    snappy(&request.encode_to_vec())
}

/// Accepted series and the account of the rest.
fn taken(body: &[u8], limits: &Limits) -> (Vec<Series>, Rejections) {
    let mut buffer = Buffer::default();
    let request = decode(body, limits, NOW_MS, &mut buffer).unwrap();
    for view in request.series() {
        assert_eq!(view.id, Labels::from_sorted(view.labels).series_id());
    }
    let series = request.series().map(|view| Series {
        labels: Labels::from_sorted(view.labels),
        samples: view.samples.to_vec(),
    });
    (series.collect(), request.rejected.clone())
}

/// A refusal, which must not have taken more memory than the limits allow for.
fn refusal(body: &[u8], limits: &Limits) -> Refusal {
    let mut buffer = Buffer::default();
    let refused = decode(body, limits, NOW_MS, &mut buffer).unwrap_err();
    if matches!(refused, Refusal::TooLarge { .. }) {
        assert_eq!(buffer.memory_bytes(), 0);
    }
    assert!(
        buffer.memory_bytes() <= 24 * body.len() + 4096,
        "{refused:?}"
    );
    refused
}

#[test]
fn each_bad_series_is_rejected_for_its_reason_and_the_others_are_taken() {
    let long = "x".repeat(2049);
    let long_name = "n".repeat(257);
    let many: Vec<String> = (0..70).map(|n| format!("label_{n}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|n| (n.as_str(), "x")).collect();
    let up = ("__name__", "up");
    let cases: Vec<(Reason, Vec<(&str, &str)>)> = vec![
        (Reason::NoMetricName, vec![("job", "a")]),
        (Reason::NoMetricName, vec![]),
        (Reason::NoMetricName, vec![("__name__", ""), ("job", "a")]),
        (Reason::InvalidMetricName, vec![("__name__", "1up")]),
        (Reason::InvalidMetricName, vec![("__name__", "up time")]),
        (Reason::InvalidMetricName, vec![("__name__", "größe")]),
        (Reason::EmptyLabelName, vec![("", "x"), up]),
        (Reason::InvalidLabelName, vec![up, ("a-b", "x")]),
        (Reason::InvalidLabelName, vec![up, ("0a", "x")]),
        (Reason::InvalidLabelName, vec![up, ("a:b", "x")]),
        (Reason::DuplicateLabelName, vec![up, ("a", "1"), ("a", "1")]),
        (
            Reason::DuplicateLabelName,
            vec![up, ("a", "1"), ("b", "2"), ("a", "")],
        ),
        (Reason::TooManyLabels, [many.as_slice(), &[up]].concat()),
        (Reason::LabelNameTooLong, vec![up, (&long_name, "x")]),
        (Reason::LabelValueTooLong, vec![up, ("a", &long)]),
        (Reason::LabelValueTooLong, vec![("__name__", &long)]),
    ];
    let good = || series(&[("__name__", "good"), ("a", "1")], &[(NOW_MS, 1.0)]);
    for (reason, labels) in cases {
        let bad = series(&labels, &[(NOW_MS, 1.0), (NOW_MS + 1, 2.0)]);
        let (accepted, rejected) = taken(&body(vec![good(), bad, good()]), &Limits::default());
        assert_eq!(accepted.len(), 2, "{reason:?} {labels:?}");
        let entry = rejected
            .of(reason)
            .unwrap_or_else(|| panic!("{labels:?}: {rejected:?}"));
        assert_eq!((entry.samples, entry.series), (2, 1), "{reason:?}");
        assert_eq!(rejected.iter().len(), 1);
        assert!(rejected.to_string().contains(reason.code()));
        assert!(entry.example.len() < 1000, "{}", entry.example);
    }
}

#[test]
fn the_window_reaches_from_a_day_back_to_ten_minutes_ahead() {
    let (old, new) = (NOW_MS - 24 * HOUR_MS, NOW_MS + HOUR_MS / 6);
    let times = [old - 1, old, NOW_MS, new, new + 1, i64::MIN, i64::MAX, 0];
    let samples = times.map(|time| (time, 1.5));
    let (accepted, rejected) = taken(
        &body(vec![series(&[("__name__", "up")], &samples)]),
        &Limits::default(),
    );
    let kept: Vec<i64> = accepted[0].samples.iter().map(|s| s.time_ms).collect();
    assert_eq!(kept, [old, NOW_MS, new]);
    assert_eq!(rejected.of(Reason::TooOld).unwrap().samples, 3);
    assert_eq!(rejected.of(Reason::TooFarInFuture).unwrap().samples, 2);
    assert_eq!(
        rejected.samples() + 3,
        times.len() as u64,
        "every sample is accounted for"
    );
}

#[test]
fn only_the_samples_outside_the_window_are_lost() {
    let labels = [("__name__", "up")];
    let (accepted, rejected) = taken(
        &body(vec![
            series(&labels, &[(0, 1.0)]),
            series(&labels, &[(0, 1.0), (NOW_MS, 2.0)]),
        ]),
        &Limits::default(),
    );
    assert_eq!(accepted.len(), 1);
    let entry = rejected.of(Reason::TooOld).unwrap();
    assert_eq!((entry.samples, entry.series), (2, 2));
    assert_eq!(entry.example, "up{} at 0 ms");
}

#[test]
fn wrong_histograms_are_counted_and_exemplars_are_let_go() {
    let mut mixed = series(&[("__name__", "latency")], &[(NOW_MS, 1.0)]);
    let wrong = oracle::Histogram {
        count: Some(oracle::Count::Int(1)),
        timestamp: NOW_MS,
        ..oracle::Histogram::default()
    };
    mixed.histograms = vec![wrong.clone(), wrong];
    mixed.exemplars = vec![vec![]];
    let request = body(vec![mixed]);
    let mut buffer = Buffer::default();
    let request = decode(&request, &Limits::default(), NOW_MS, &mut buffer).unwrap();
    assert_eq!(
        (request.sample_count(), request.counts.exemplars.accepted),
        (1, 1)
    );
    let entry = request.rejected.of(Reason::NativeHistogram).unwrap();
    assert_eq!((entry.samples, entry.series), (2, 2));
    assert!(entry.example.contains("not the sum"), "{}", entry.example);
    assert_eq!(request.counts.histograms.rejected, 2);
    let written = request.counts.written();
    assert_eq!(written.headers().map(|(_, count)| count), [1, 0, 0]);
}

#[test]
fn bits_orders_and_repetitions_are_kept_as_sent() {
    let odd = [
        f64::from_bits(STALE_NAN_BITS),
        f64::from_bits(0xfff8_dead_beef_0001),
        f64::INFINITY,
        0.0,
    ];
    let samples: Vec<(i64, f64)> = odd.iter().map(|&v| (NOW_MS, v)).collect();
    let late_first = [(NOW_MS + 5, 1.0), (NOW_MS - 5, 2.0)];
    let labels = [("b", "2"), ("__name__", "up"), ("a", "1"), ("none", "")];
    let request = body(vec![
        series(&labels, &samples),
        series(&labels, &late_first),
        series(&labels, &[]),
    ]);
    let (accepted, rejected) = taken(&request, &Limits::default());
    assert!(rejected.is_empty());
    assert_eq!(accepted.len(), 2, "the series without samples is nothing");
    let expected = Labels::new([("__name__", "up"), ("a", "1"), ("b", "2")]).unwrap();
    assert!(accepted.iter().all(|s| s.labels == expected));
    let bits = |s: &Series| {
        s.samples
            .iter()
            .map(|s| s.value.to_bits())
            .collect::<Vec<_>>()
    };
    assert_eq!(bits(&accepted[0]), odd.map(f64::to_bits));
    assert_eq!(accepted[1].samples[0].time_ms, NOW_MS + 5);
    // prost leaves -0 out as if it were 0; our own writer does not.
    let minus_zero = vec![Series {
        labels: expected,
        samples: vec![Sample {
            time_ms: NOW_MS,
            value: -0.0,
        }],
    }];
    assert_eq!(
        taken(&encode(&minus_zero), &Limits::default()).0,
        minus_zero
    );
}

#[test]
fn an_empty_request_is_taken() {
    for empty in [snappy(&[]), encode(&[]), body(vec![TimeSeries::default()])] {
        let (accepted, _) = taken(&empty, &Limits::default());
        assert!(accepted.is_empty());
    }
    // A series without labels has no name, also when it has no samples.
    assert!(
        !taken(&body(vec![TimeSeries::default()]), &Limits::default())
            .1
            .is_empty()
    );
}

#[test]
fn what_is_no_snappy_block_is_refused() {
    let plain = WriteRequest {
        timeseries: vec![series(&[("__name__", "up")], &[(NOW_MS, 1.0)])],
        ..WriteRequest::default()
    }
    .encode_to_vec();
    let mut cut = snappy(&plain);
    cut.pop();
    let framed = [b"\xff\x06\x00\x00sNaPpY".as_slice(), &snappy(&plain)].concat();
    for bytes in [Vec::new(), vec![0xFF; 12], cut, framed, plain] {
        let refused = refusal(&bytes, &Limits::default());
        assert!(
            matches!(refused, Refusal::NotSnappy(_) | Refusal::TooLarge { .. }),
            "{refused:?}"
        );
        assert!(refused.to_string().contains("send"), "{refused}");
    }
}

#[test]
fn a_bomb_is_refused_before_memory_is_taken_for_it() {
    let limits = Limits {
        decompressed_bytes: 1000,
        ..Limits::default()
    };
    let declared = |length: u32| {
        let mut block = Vec::new();
        let mut length = length;
        while length >= 0x80 {
            block.push(length as u8 | 0x80);
            length >>= 7;
        }
        block.push(length as u8);
        block.extend([0xFE, 0x01, 0x00].repeat(10));
        block
    };
    assert_eq!(
        refusal(&declared(1001), &limits),
        Refusal::TooLarge {
            limit: 1000,
            declared: 1001
        }
    );
    assert!(matches!(
        refusal(&declared(u32::MAX), &Limits::default()),
        Refusal::TooLarge { .. }
    ));
    // Within the limit, but more than so few bytes can hold.
    assert!(matches!(
        refusal(&declared(16 * 1024 * 1024), &Limits::default()),
        Refusal::NotSnappy(_)
    ));
    let honest = snappy(&vec![0; 100_000]);
    assert!(honest.len() < 6000);
    assert_eq!(
        refusal(&honest, &limits),
        Refusal::TooLarge {
            limit: 1000,
            declared: 100_000
        }
    );
}

#[test]
fn counts_above_the_limits_are_refused() {
    let one = series(&[("__name__", "up")], &[(NOW_MS, 1.0), (NOW_MS, 1.0)]);
    let limits = Limits {
        series: 2,
        samples: 5,
        ..Limits::default()
    };
    let request = |count| body(vec![one.clone(); count]);
    assert_eq!(taken(&request(2), &limits).0.len(), 2);
    assert_eq!(
        refusal(&request(3), &limits),
        Refusal::TooManySeries { limit: 2 }
    );
    let limits = Limits {
        samples: 5,
        ..Limits::default()
    };
    assert_eq!(
        refusal(&request(3), &limits),
        Refusal::TooManySamples { limit: 5 }
    );
    // Samples that are rejected for their time count as well.
    let old = series(&[("__name__", "up")], &[(1, 1.0); 6]);
    assert_eq!(
        refusal(&body(vec![old]), &limits),
        Refusal::TooManySamples { limit: 5 }
    );
}

#[test]
fn broken_protobuf_is_refused_with_its_place() {
    let cases: [(&[u8], &str); 15] = [
        (b"\x0a", "a number is cut off"),
        (b"\x0a\x05\x0a", "longer than what follows"),
        (b"\x08\x01", "a series is not a message"),
        (b"\x1d\x01\x02\x03\x04", "metadata is not a message"),
        (b"\x0a\x02\x08\x01", "field is not a message"),
        (b"\x0a\x02\x10\x01", "field is not a message"),
        (b"\x0a\x04\x0a\x02\x08\x01", "not text"),
        (b"\x0a\x05\x0a\x03\x0a\x01\xff", "not UTF-8"),
        (b"\x0a\x04\x12\x02\x08\x01", "wrong type"),
        (b"\x0a\x04\x12\x02\x11\x01", "wrong type"),
        (b"\x0a\x06\x12\x04\x09\x01\x01\x01", "cut off"),
        (b"\x00", "number 0"),
        (b"\x17", "unknown wire type"),
        (b"\x24", "did not begin"),
        (b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "64 bits"),
    ];
    for (bytes, expected) in cases {
        let refused = refusal(&snappy(bytes), &Limits::default());
        assert!(
            matches!(refused, Refusal::Malformed { .. }),
            "{bytes:?}: {refused:?}"
        );
        assert!(
            refused.to_string().contains(expected),
            "{bytes:x?}: {refused}"
        );
        assert!(
            WriteRequest::decode(bytes).is_err(),
            "the oracle takes {bytes:x?}"
        );
    }
}

#[test]
fn a_character_cut_in_half_by_wrong_framing_is_refused() {
    // The name ends in the first byte of a two-byte character, and an overlong length continues it.
    let label = b"\x0a\x08\x0a\x02a\xc3\x12\x02bc";
    let next = b"\x8a\x00\x06\x0a\x01b\x12\x01c";
    let inner = [label.as_slice(), next].concat();
    let bytes = [&[0x0A, inner.len() as u8], inner.as_slice()].concat();
    assert!(WriteRequest::decode(bytes.as_slice()).is_err());
    assert!(matches!(
        refusal(&snappy(&bytes), &Limits::default()),
        Refusal::Malformed { .. }
    ));
}

#[test]
fn the_buffer_serves_again_after_anything() {
    let mut buffer = Buffer::default();
    let good = encode(&oracle::node_exporter(50, 2));
    let bad = snappy(b"\x0a\x05\x0a");
    for _ in 0..3 {
        let request = decode(&good, &Limits::default(), NOW_MS, &mut buffer).unwrap();
        assert_eq!((request.series().len(), request.sample_count()), (50, 100));
        assert!(decode(&bad, &Limits::default(), NOW_MS, &mut buffer).is_err());
        let small = encode(&[Series {
            labels: Labels::new([("__name__", "up")]).unwrap(),
            samples: vec![Sample {
                time_ms: NOW_MS,
                value: 1.0,
            }],
        }]);
        let request = decode(&small, &Limits::default(), NOW_MS, &mut buffer).unwrap();
        assert_eq!((request.series().len(), request.sample_count()), (1, 1));
    }
}
