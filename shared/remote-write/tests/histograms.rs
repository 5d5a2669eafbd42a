//! Native histograms as classic series.

#![allow(clippy::unwrap_used, reason = "a test may")]

use prost::Message;
use remote_write::{Buffer, Limits, Reason, decode_v2};
use series::STALE_NAN_BITS;

mod oracle;

use oracle::v2::{Request, Table, TimeSeries};
use oracle::{Count, Histogram, NOW_MS, Span, ZeroCount};

/// What a series `x{job="a", zone="b"}` of histograms becomes: name, bound, value.
fn classic(histograms: Vec<Histogram>, limits: &Limits) -> Vec<(String, String, f64)> {
    let mut table = Table::default();
    let labels_refs = table.refs([("__name__", "x"), ("job", "a"), ("zone", "b")]);
    let count = histograms.len() as u64;
    let request = Request {
        symbols: table.symbols,
        timeseries: vec![TimeSeries {
            labels_refs,
            histograms,
            ..TimeSeries::default()
        }],
    };
    let body = snap::raw::Encoder::new()
        .compress_vec(&request.encode_to_vec())
        .unwrap();
    let mut buffer = Buffer::default();
    let request = decode_v2(&body, limits, NOW_MS, &mut buffer).unwrap();
    assert!(request.rejected.is_empty(), "{}", request.rejected);
    assert_eq!(request.counts.written().histograms, count);
    assert_eq!(request.sample_count(), 0);
    assert_eq!(request.stored_sample_count(), request.series().len());
    let rows = request.series().map(|view| {
        assert_eq!((view.label("job"), view.label("zone")), ("a", "b"));
        assert!(view.labels.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(view.samples.len(), 1);
        assert_eq!(view.samples[0].time_ms, NOW_MS);
        let name = view.label("__name__").to_owned();
        (name, view.label("le").to_owned(), view.samples[0].value)
    });
    rows.collect()
}

fn rows(expected: &[(&str, &str, f64)]) -> Vec<(String, String, f64)> {
    let row =
        |(name, le, value): &(&str, &str, f64)| ((*name).to_owned(), (*le).to_owned(), *value);
    expected.iter().map(row).collect()
}

fn spans(spans: &[(i32, u32)]) -> Vec<Span> {
    spans
        .iter()
        .map(|&(offset, length)| Span { offset, length })
        .collect()
}

fn integer() -> Histogram {
    Histogram {
        count: Some(Count::Int(17)),
        zero_count: Some(ZeroCount::Int(2)),
        zero_threshold: 0.25,
        sum: 12.5,
        schema: 0,
        negative_spans: spans(&[(1, 2)]),
        negative_deltas: vec![3, -2],
        positive_spans: spans(&[(0, 2), (1, 1)]),
        positive_deltas: vec![5, -2, 0],
        timestamp: NOW_MS,
        ..Histogram::default()
    }
}

#[test]
fn each_native_bound_has_the_count_of_what_is_at_most_there() {
    // Negative: 3 in [-2, -1), 1 in [-4, -2). Positive: 5 in (0.5, 1], 3 in (1, 2], 3 in (4, 8].
    let expected = [
        ("x_bucket", "-4.0", 0.0),
        ("x_bucket", "-2.0", 1.0),
        ("x_bucket", "-1.0", 4.0),
        ("x_bucket", "-0.25", 4.0),
        ("x_bucket", "0.25", 6.0),
        ("x_bucket", "0.5", 6.0),
        ("x_bucket", "1.0", 11.0),
        ("x_bucket", "2.0", 14.0),
        ("x_bucket", "4.0", 14.0),
        ("x_bucket", "8.0", 17.0),
        ("x_bucket", "+Inf", 17.0),
        ("x_count", "", 17.0),
        ("x_sum", "", 12.5),
    ];
    assert_eq!(
        classic(vec![integer()], &Limits::default()),
        rows(&expected)
    );
    let counts = |deltas: &[i64]| {
        let mut running = 0;
        deltas
            .iter()
            .map(|d| {
                running += d;
                running as f64 / 2.0
            })
            .collect::<Vec<f64>>()
    };
    let whole = integer();
    let float = Histogram {
        count: Some(Count::Float(8.5)),
        zero_count: Some(ZeroCount::Float(1.0)),
        negative_counts: counts(&whole.negative_deltas),
        positive_counts: counts(&whole.positive_deltas),
        negative_deltas: vec![],
        positive_deltas: vec![],
        ..whole
    };
    let halves = expected
        .map(|(name, le, value)| (name, le, if name == "x_sum" { value } else { value / 2.0 }));
    assert_eq!(classic(vec![float], &Limits::default()), rows(&halves));
}

#[test]
fn custom_buckets_are_the_classic_ones_they_were_made_of() {
    let custom = Histogram {
        count: Some(Count::Int(9)),
        sum: 3.5,
        schema: -53,
        custom_values: vec![-1.0, 0.005, 0.25, 10.0, 2_500_000.0],
        positive_spans: spans(&[(1, 2), (1, 2)]),
        positive_deltas: vec![2, 1, -2, 2],
        timestamp: NOW_MS,
        ..Histogram::default()
    };
    let expected = [
        ("x_bucket", "-1.0", 0.0),
        ("x_bucket", "0.005", 2.0),
        ("x_bucket", "0.25", 5.0),
        ("x_bucket", "10.0", 5.0),
        ("x_bucket", "2.5e+06", 6.0),
        ("x_bucket", "+Inf", 9.0),
        ("x_count", "", 9.0),
        ("x_sum", "", 3.5),
    ];
    assert_eq!(
        classic(vec![custom.clone()], &Limits::default()),
        rows(&expected)
    );
    let few = Limits {
        classic_buckets: 2,
        ..Limits::default()
    };
    let expected = [
        ("x_bucket", "0.25", 5.0),
        ("x_bucket", "+Inf", 9.0),
        ("x_count", "", 9.0),
        ("x_sum", "", 3.5),
    ];
    assert_eq!(classic(vec![custom], &few), rows(&expected));
}

/// 300 buckets of schema 5, one observation each.
fn fine() -> Histogram {
    Histogram {
        count: Some(Count::Int(300)),
        schema: 5,
        positive_spans: spans(&[(-150, 300)]),
        positive_deltas: std::iter::once(1)
            .chain(std::iter::repeat_n(0, 299))
            .collect(),
        timestamp: NOW_MS,
        ..Histogram::default()
    }
}

#[test]
fn too_many_buckets_are_merged_and_the_counts_at_the_bounds_that_stay_are_the_same() {
    let wide = Limits {
        classic_buckets: 1000,
        ..Limits::default()
    };
    let whole = classic(vec![fine()], &wide);
    assert_eq!(whole.len(), 1 + 301 + 3);
    for most in [160, 40, 8, 3] {
        let limits = Limits {
            classic_buckets: most,
            ..Limits::default()
        };
        let merged = classic(vec![fine()], &limits);
        let bounds = merged.len() - 3;
        assert!(
            bounds <= most && bounds * 2 + 2 >= most.min(301),
            "{most}: {bounds}"
        );
        for row in &merged {
            // The outermost bounds lie beyond the buckets, where nothing is.
            let is_outermost = row.2 == 0.0 || row.2 == 300.0;
            assert!(is_outermost || whole.contains(row), "{most}: {row:?}");
        }
    }
}

#[test]
fn many_histograms_share_the_room_there_is() {
    let limits = Limits {
        classic_samples: 1000,
        ..Limits::default()
    };
    let rows = classic(vec![fine(); 20], &limits);
    assert!(
        rows.len() <= 1000 && rows.len() >= 20 * 15,
        "{}",
        rows.len()
    );
    let rows = classic(vec![fine(); 250], &limits);
    assert!(rows.len() <= 1000, "{}", rows.len());
}

#[test]
fn a_stale_histogram_ends_what_does_not_depend_on_its_buckets() {
    let stale = f64::from_bits(STALE_NAN_BITS);
    let ended = Histogram {
        sum: stale,
        timestamp: NOW_MS,
        ..Histogram::default()
    };
    let ended = classic(vec![ended], &Limits::default());
    let names: Vec<(&str, &str)> = ended
        .iter()
        .map(|(n, le, _)| (n.as_str(), le.as_str()))
        .collect();
    assert_eq!(
        names,
        [("x_bucket", "+Inf"), ("x_count", ""), ("x_sum", "")]
    );
    assert!(
        ended
            .iter()
            .all(|(_, _, value)| value.to_bits() == STALE_NAN_BITS)
    );
}

#[test]
fn an_observed_nan_is_in_the_count_and_in_no_bucket() {
    let one = Histogram {
        count: Some(Count::Int(3)),
        sum: f64::NAN,
        positive_spans: spans(&[(1, 1)]),
        positive_deltas: vec![2],
        timestamp: NOW_MS,
        ..Histogram::default()
    };
    let rows = classic(vec![one], &Limits::default());
    let value = |le: &str| rows.iter().find(|row| row.1 == le).unwrap().2;
    assert_eq!((value("2.0"), value("+Inf")), (2.0, 3.0));
}

#[test]
fn bounds_beyond_what_a_double_holds_are_part_of_the_whole() {
    let far = Histogram {
        count: Some(Count::Int(3)),
        positive_spans: spans(&[(i32::MIN, 1), (i32::MAX, 1), (i32::MAX, 1)]),
        positive_deltas: vec![1, 0, 0],
        timestamp: NOW_MS,
        ..Histogram::default()
    };
    let rows_of_far = classic(vec![far], &Limits::default());
    let expected = [
        ("x_bucket", "0.0", 1.0),
        ("x_bucket", "0.5", 1.0),
        ("x_bucket", "1.0", 2.0),
        ("x_bucket", "+Inf", 3.0),
        ("x_count", "", 3.0),
        ("x_sum", "", 0.0),
    ];
    assert_eq!(rows_of_far, rows(&expected));
}

#[test]
fn a_histogram_whose_buckets_would_exceed_a_label_limit_is_rejected() {
    let name = "x".repeat(20);
    let rejected = |limits: &Limits| {
        let mut table = Table::default();
        let labels_refs = table.refs([("__name__", name.as_str()), ("job", "a")]);
        let request = Request {
            symbols: table.symbols,
            timeseries: vec![TimeSeries {
                labels_refs,
                histograms: vec![integer()],
                ..TimeSeries::default()
            }],
        };
        let body = snap::raw::Encoder::new()
            .compress_vec(&request.encode_to_vec())
            .unwrap();
        let mut buffer = Buffer::default();
        let request = decode_v2(&body, limits, NOW_MS, &mut buffer).unwrap();
        let reasons: Vec<Reason> = request.rejected.iter().map(|r| r.reason).collect();
        assert_eq!(request.series().len() == 0, !reasons.is_empty());
        reasons
    };
    let limits = |labels_per_series, label_value_bytes| Limits {
        labels_per_series,
        label_value_bytes,
        ..Limits::default()
    };
    assert_eq!(rejected(&limits(3, 27)), []);
    assert_eq!(rejected(&limits(2, 27)), [Reason::TooManyLabels]);
    assert_eq!(rejected(&limits(3, 26)), [Reason::LabelValueTooLong]);
}
