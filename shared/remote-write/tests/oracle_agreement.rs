//! Decoding agrees with `prost` on any request, and never panics on anything.

#![allow(clippy::unwrap_used, reason = "a test may")]

use proptest::prelude::*;
use prost::Message;
use remote_write::{Buffer, Limits, Reason, decode, encode};
use series::{Labels, Sample, Series};

mod oracle;

use oracle::{Label, NOW_MS, ProtoSample, TimeSeries, WriteRequest};

fn snappy(bytes: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(bytes).unwrap()
}

fn wide() -> Limits {
    Limits {
        past_ms: i64::MAX,
        future_ms: i64::MAX,
        ..Limits::default()
    }
}

/// What `prost` reads, brought into order the slow way: the accepted series and the samples rejected.
fn expected(request: WriteRequest, limits: &Limits) -> (Vec<Series>, u64) {
    let (oldest, newest) = (
        NOW_MS.saturating_sub(limits.past_ms),
        NOW_MS.saturating_add(limits.future_ms),
    );
    let mut accepted = Vec::new();
    let mut rejected = 0;
    for series in request.timeseries {
        let histograms = series.histograms.len() as u64;
        let name_is_valid = |name: &str, metric: bool| {
            !name.is_empty()
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '_' || (metric && c == ':'))
        };
        let names_are_valid = series.labels.iter().all(|l| name_is_valid(&l.name, false));
        let labels = Labels::new(series.labels.into_iter().map(|l| (l.name, l.value)));
        match labels
            .ok()
            .filter(|l| names_are_valid && name_is_valid(l.metric_name(), true))
        {
            None => rejected += series.samples.len() as u64 + histograms,
            Some(labels) => {
                let sent = series.samples.len();
                let samples: Vec<Sample> = series
                    .samples
                    .into_iter()
                    .map(|s| Sample {
                        time_ms: s.timestamp,
                        value: s.value,
                    })
                    .filter(|s| (oldest..=newest).contains(&s.time_ms))
                    .collect();
                rejected += (sent - samples.len()) as u64 + histograms;
                if !samples.is_empty() {
                    accepted.push(Series { labels, samples });
                }
            }
        }
    }
    (accepted, rejected)
}

fn agrees(bytes: &[u8], limits: &Limits, buffer: &mut Buffer) -> Result<(), TestCaseError> {
    let own = decode(&snappy(bytes), limits, NOW_MS, buffer);
    let Ok(oracle) = WriteRequest::decode(bytes) else {
        prop_assert!(own.is_err(), "prost refuses what was taken");
        return Ok(());
    };
    prop_assert!(own.is_ok(), "prost takes what was refused: {:?}", own.err());
    let Ok(own) = own else { return Ok(()) };
    let (accepted, rejected) = expected(oracle, limits);
    let own_accepted: Vec<Series> = own
        .series()
        .map(|view| Series {
            labels: Labels::from_sorted(view.labels),
            samples: view.samples.to_vec(),
        })
        .collect();
    prop_assert_eq!(&own_accepted, &accepted);
    prop_assert_eq!(own.rejected.samples(), rejected);
    for view in own.series() {
        prop_assert_eq!(view.id, Labels::from_sorted(view.labels).series_id());
    }
    Ok(())
}

fn any_request() -> impl Strategy<Value = WriteRequest> {
    let name = prop_oneof![
        6 => "[a-z_]{1,8}",
        2 => Just("__name__".to_owned()),
        1 => "\\PC{0,4}",
        1 => "[A-Z]{1,3}",
        1 => "[a-z]{100,150}"
    ];
    let value = prop_oneof![6 => "[a-z0-9.:]{1,12}", 1 => Just(String::new()), 1 => "\\PC{0,20}", 1 => "[a-z]{90,260}"];
    let label = (name, value).prop_map(|(name, value)| Label { name, value });
    let time = prop_oneof![6 => NOW_MS - 60_000..NOW_MS, 1 => any::<i64>(), 1 => Just(0)];
    let value =
        prop_oneof![3 => any::<f64>(), 1 => Just(0.0), 1 => any::<u64>().prop_map(f64::from_bits)];
    let sample = (time, value).prop_map(|(timestamp, value)| ProtoSample { timestamp, value });
    let series = (
        prop::collection::vec(label, 0..6),
        any::<bool>(),
        any::<bool>(),
        prop::collection::vec(sample, 0..4),
        prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..2),
        1..4_usize,
    )
        .prop_map(|(mut labels, named, sorted, samples, histograms, times)| {
            if named {
                labels.push(Label {
                    name: "__name__".into(),
                    value: "up".into(),
                });
            }
            if sorted {
                labels.sort_by(|a, b| a.name.cmp(&b.name));
            }
            let series = TimeSeries {
                labels,
                samples,
                histograms,
                exemplars: Vec::new(),
            };
            vec![series; times]
        });
    prop::collection::vec(series, 0..8).prop_map(|timeseries| WriteRequest {
        timeseries: timeseries.into_iter().flatten().collect(),
    })
}

/// Fields that nobody knows: varint, fixed, bytes, a nested group.
const UNKNOWN: [&[u8]; 5] = [
    b"\x98\x06\x01",
    b"\x99\x06\x01\x02\x03\x04\x05\x06\x07\x08",
    b"\x9a\x06\x02ab",
    b"\x9d\x06\x01\x02\x03\x04",
    b"\x9b\x06\x9b\x06\x08\x01\x9c\x06\x9c\x06",
];

proptest! {
    #[test]
    fn any_request_reads_as_prost_reads_it(first in any_request(), second in any_request()) {
        let mut buffer = Buffer::default();
        for limits in [Limits::default(), wide()] {
            agrees(&first.encode_to_vec(), &limits, &mut buffer)?;
            agrees(&second.encode_to_vec(), &limits, &mut buffer)?;
        }
    }

    /// Neighbours that differ in a value, a length or a label: the ones for which reading takes short cuts.
    #[test]
    fn neighbours_that_resemble_each_other_read_as_prost_reads_them(
        rows in prop::collection::vec(prop::collection::vec(0..9_usize, 6), 1..40)
    ) {
        let names = ["__name__", "cpu", "device", "instance", "job", "mode"];
        let values = ["", "a", "b", "ab", "user", "web-1.example.com:9100", "0a", "1", "\u{e9}"];
        let timeseries = rows.into_iter().enumerate().map(|(at, picks)| {
            let labels = names.iter().zip(picks).enumerate().filter(|(_, (_, pick))| *pick > 0);
            let labels = labels.map(|(place, (name, pick))| Label {
                name: match (place, pick) {
                    (5, 8) => "0bad".to_owned(),
                    (4, 8) => "Upper".to_owned(),
                    (3, 8) => "longer_than_before".to_owned(),
                    _ => (*name).to_owned(),
                },
                value: values[if place < 3 && pick == 7 { 0 } else { pick }].to_owned(),
            });
            let labels = labels.collect();
            let samples = vec![ProtoSample { timestamp: NOW_MS, value: at as f64 }];
            TimeSeries { labels, samples, ..TimeSeries::default() }
        });
        let request = WriteRequest { timeseries: timeseries.collect() };
        agrees(&request.encode_to_vec(), &wide(), &mut Buffer::default())?;
    }

    #[test]
    fn unknown_fields_change_nothing(
        series in prop::collection::vec(any_request(), 1..4),
        picks in prop::collection::vec((0..5_usize, 0..5_usize), 4)
    ) {
        let mut bytes = Vec::new();
        for (request, (before, inside)) in series.iter().zip(picks) {
            bytes.extend_from_slice(UNKNOWN[before]);
            for series in &request.timeseries {
                let mut message = UNKNOWN[inside].to_vec();
                message.extend(series.encode_to_vec());
                message.extend_from_slice(UNKNOWN[before]);
                bytes.push(0x0A);
                prost::encode_length_delimiter(message.len(), &mut bytes).unwrap();
                bytes.extend(message);
            }
        }
        agrees(&bytes, &wide(), &mut Buffer::default())?;
    }

    #[test]
    fn damage_is_refused_or_read_as_prost_reads_it(
        request in any_request(), cut in any::<prop::sample::Index>(), flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 0..3)
    ) {
        let mut bytes = request.encode_to_vec();
        if bytes.is_empty() {
            return Ok(());
        }
        for (at, bit) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        let mut buffer = Buffer::default();
        agrees(&bytes, &wide(), &mut buffer)?;
        agrees(&bytes[..cut.index(bytes.len())], &wide(), &mut buffer)?;
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut buffer = Buffer::default();
        let _ = decode(&bytes, &Limits::default(), NOW_MS, &mut buffer);
        agrees(&bytes, &wide(), &mut buffer)?;
    }

    #[test]
    fn what_is_encoded_is_decoded(request in any_request()) {
        let (series, _) = expected(request, &wide());
        let bytes = encode(&series);
        let mut buffer = Buffer::default();
        let own = decode(&bytes, &wide(), NOW_MS, &mut buffer).unwrap();
        prop_assert!(own.rejected.is_empty());
        let views = own.views();
        prop_assert_eq!(remote_write::encode_views(&views), bytes);
        prop_assert_eq!(views.len(), series.len());
    }
}

#[test]
fn a_valid_body_cut_or_flipped_anywhere_never_panics() {
    let bytes = encode(&oracle::node_exporter(12, 2));
    let plain = snap::raw::Decoder::new().decompress_vec(&bytes).unwrap();
    let mut buffer = Buffer::default();
    for at in 0..bytes.len() {
        assert!(decode(&bytes[..at], &wide(), NOW_MS, &mut buffer).is_err());
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let _ = decode(&flipped, &wide(), NOW_MS, &mut buffer);
        }
    }
    for at in 0..plain.len() {
        for bit in 0..8 {
            let mut flipped = plain.clone();
            flipped[at] ^= 1 << bit;
            agrees(&flipped, &wide(), &mut buffer).unwrap();
        }
    }
}

#[test]
fn every_reason_has_its_own_code() {
    let codes: std::collections::BTreeSet<&str> = Reason::ALL.iter().map(|r| r.code()).collect();
    assert_eq!(codes.len(), Reason::ALL.len());
}
