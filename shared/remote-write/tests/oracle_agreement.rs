//! Decoding agrees with `prost` on any request, and never panics on anything.

#![allow(clippy::unwrap_used, reason = "a test may")]

use proptest::prelude::*;
use prost::Message;
use remote_write::{Buffer, Limits, Reason, Refusal, decode, encode};

#[path = "oracle/generate.rs"]
mod generate;
mod oracle;

use generate::any_request;
use oracle::expected::{found, of_v1};
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

fn agrees(bytes: &[u8], limits: &Limits, buffer: &mut Buffer) -> Result<(), TestCaseError> {
    let own = decode(&snappy(bytes), limits, NOW_MS, buffer);
    // Prost knows nothing of the other message.
    if matches!(own, Err(Refusal::OtherMessage { .. })) {
        return Ok(());
    }
    let Ok(oracle) = WriteRequest::decode(bytes) else {
        // A histogram is not looked at where its series is rejected.
        let is_noticed = own.map_or(true, |own| !own.rejected.is_empty());
        prop_assert!(is_noticed, "prost refuses what was taken");
        return Ok(());
    };
    prop_assert!(own.is_ok(), "prost takes what was refused: {:?}", own.err());
    let Ok(own) = own else { return Ok(()) };
    prop_assert_eq!(found(&own), of_v1(oracle, limits));
    Ok(())
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
        let request = WriteRequest { timeseries: timeseries.collect(), ..WriteRequest::default() };
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
        for bytes in [&bytes, &bytes[..cut.index(bytes.len())]] {
            let _ = decode(&snappy(bytes), &wide(), NOW_MS, &mut buffer);
            // A schema that flips has bounds that the slow way does not know.
            let is_known = WriteRequest::decode(bytes).map_or(true, |request| {
                request.timeseries.iter().all(|series| series.histograms.is_empty())
            });
            if is_known {
                agrees(bytes, &wide(), &mut buffer)?;
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut buffer = Buffer::default();
        let _ = decode(&bytes, &Limits::default(), NOW_MS, &mut buffer);
        agrees(&bytes, &wide(), &mut buffer)?;
    }

    #[test]
    fn what_is_encoded_is_decoded(request in any_request()) {
        let expected = of_v1(request, &wide());
        let series = [expected.series, expected.classic].concat();
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
