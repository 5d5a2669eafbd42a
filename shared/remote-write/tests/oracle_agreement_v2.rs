//! Decoding of 2.0 agrees with `prost` on any request, and never panics on anything.

#![allow(clippy::unwrap_used, reason = "a test may")]

use proptest::prelude::*;
use prost::Message;
use remote_write::{
    Buffer, Limits, Protocol, Refusal, decode_v2, encode, encode_v2, encode_views_v2,
};

#[path = "oracle/generate.rs"]
mod generate;
mod oracle;

use generate::any_request;
use oracle::NOW_MS;
use oracle::expected::{found, of_v2};
use oracle::v2::{Request, Table, of_v1};

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
    let own = decode_v2(&snappy(bytes), limits, NOW_MS, buffer);
    // Prost knows nothing of the other message, and does not look at the table.
    if matches!(own, Err(Refusal::OtherMessage { .. })) {
        return Ok(());
    }
    let Ok(oracle) = Request::decode(bytes) else {
        // A histogram is not looked at where its series is rejected.
        let is_noticed = own.map_or(true, |own| !own.rejected.is_empty());
        prop_assert!(is_noticed, "prost refuses what was taken");
        return Ok(());
    };
    let is_used = !oracle.symbols.is_empty() || !oracle.timeseries.is_empty();
    if is_used && oracle.symbols.first().is_none_or(|first| !first.is_empty()) {
        prop_assert_eq!(own.err(), Some(Refusal::FirstSymbol));
        return Ok(());
    }
    prop_assert!(own.is_ok(), "prost takes what was refused: {:?}", own.err());
    let Ok(own) = own else { return Ok(()) };
    prop_assert_eq!(found(&own), of_v2(&oracle, limits));
    Ok(())
}

/// What happens to the references of a series.
#[derive(Debug, Clone, Copy)]
enum Slip {
    None,
    Odd,
    Outside,
    Metadata,
}

fn any_v2() -> impl Strategy<Value = Request> {
    let slip = prop_oneof![
        9 => Just(Slip::None),
        1 => Just(Slip::Odd),
        1 => Just(Slip::Outside),
        1 => Just(Slip::Metadata)
    ];
    let slips = prop::collection::vec((slip, any::<prop::sample::Index>()), 24);
    (any_request(), slips).prop_map(|(request, slips)| {
        let mut request = of_v1(&request);
        let symbols = request.symbols.len() as u32;
        for (series, (slip, at)) in request.timeseries.iter_mut().zip(slips) {
            let refs = &mut series.labels_refs;
            match slip {
                Slip::None => {}
                Slip::Odd => drop(refs.pop()),
                Slip::Outside if refs.is_empty() => {}
                Slip::Outside => {
                    let at = at.index(refs.len());
                    refs[at] += symbols;
                }
                Slip::Metadata => {
                    series.metadata = Some(oracle::v2::Metadata {
                        kind: 1,
                        help_ref: at.index(symbols as usize + 1) as u32,
                        unit_ref: 0,
                    });
                }
            }
        }
        request
    })
}

/// The same message as another serializer may write it: series before the table, references unpacked.
fn turned_around(request: &Request) -> Vec<u8> {
    let mut bytes = Vec::new();
    for series in &request.timeseries {
        let mut message = Vec::new();
        for sample in &series.samples {
            prost::encoding::message::encode(2, sample, &mut message);
        }
        for reference in &series.labels_refs {
            prost::encoding::uint32::encode(1, reference, &mut message);
        }
        let rest = oracle::v2::TimeSeries {
            labels_refs: Vec::new(),
            samples: Vec::new(),
            ..series.clone()
        };
        message.extend(rest.encode_to_vec());
        bytes.push(0x2A);
        prost::encode_length_delimiter(message.len(), &mut bytes).unwrap();
        bytes.extend(message);
        bytes.extend_from_slice(b"\x98\x06\x01");
    }
    let table = Request {
        symbols: request.symbols.clone(),
        timeseries: Vec::new(),
    };
    bytes.extend(table.encode_to_vec());
    bytes
}

proptest! {
    #[test]
    fn any_request_reads_as_prost_reads_it(first in any_v2(), second in any_v2()) {
        let mut buffer = Buffer::default();
        for limits in [Limits::default(), wide()] {
            agrees(&first.encode_to_vec(), &limits, &mut buffer)?;
            agrees(&turned_around(&second), &limits, &mut buffer)?;
        }
    }

    /// Neighbours that share some of their labels, for which reading takes a short cut.
    #[test]
    fn neighbours_that_resemble_each_other_read_as_prost_reads_them(
        rows in prop::collection::vec(prop::collection::vec(0..7_usize, 6), 1..40)
    ) {
        let names = ["__name__", "cpu", "device", "instance", "job", "mode"];
        let values = ["", "", "a", "ab", "user", "web-1.example.com:9100", "\u{e9}"];
        let mut table = Table::default();
        let timeseries = rows.into_iter().enumerate().map(|(at, picks)| {
            let labels = names.iter().zip(&picks).filter(|(_, pick)| **pick > 0);
            let labels = labels.map(|(name, pick)| (*name, values[*pick]));
            oracle::v2::TimeSeries {
                labels_refs: table.refs(labels),
                samples: vec![oracle::v2::Sample {
                    value: at as f64,
                    timestamp: NOW_MS,
                    start_timestamp: 0,
                }],
                ..Default::default()
            }
        });
        let timeseries = timeseries.collect();
        table.number("");
        let request = Request { symbols: table.symbols, timeseries };
        agrees(&request.encode_to_vec(), &wide(), &mut Buffer::default())?;
    }

    #[test]
    fn damage_is_refused_or_read_as_prost_reads_it(
        request in any_v2(),
        cut in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 0..3)
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
        let limits = wide();
        let _ = decode_v2(&snappy(&bytes), &limits, NOW_MS, &mut buffer);
        let cut = &bytes[..cut.index(bytes.len())];
        let _ = decode_v2(&snappy(cut), &limits, NOW_MS, &mut buffer);
        // A schema that flips has bounds that the slow way does not know.
        let is_known = Request::decode(bytes.as_slice()).map_or(true, |request| {
            let mut histograms = request.timeseries.iter().flat_map(|series| &series.histograms);
            histograms.next().is_none()
        });
        if is_known {
            agrees(&bytes, &limits, &mut buffer)?;
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut buffer = Buffer::default();
        let _ = decode_v2(&bytes, &Limits::default(), NOW_MS, &mut buffer);
        let _ = decode_v2(&snappy(&bytes), &wide(), NOW_MS, &mut buffer);
    }

    /// Both messages say the same.
    #[test]
    fn what_is_encoded_is_decoded(request in any_request()) {
        let v2 = of_v1(&request);
        let expected = of_v2(&v2, &wide());
        let series = [expected.series, expected.classic].concat();
        let bytes = encode_v2(&series);
        let mut buffer = Buffer::default();
        let own = decode_v2(&bytes, &wide(), NOW_MS, &mut buffer).unwrap();
        prop_assert!(own.rejected.is_empty());
        prop_assert_eq!(&encode_views_v2(&own.views()), &bytes);
        prop_assert_eq!(found(&own).series, series.clone());
        let plain = snap::raw::Decoder::new().decompress_vec(&bytes).unwrap();
        prop_assert!(Request::decode(plain.as_slice()).is_ok());
        let as_v1 = Protocol::V1.decode(&bytes, &wide(), NOW_MS, &mut buffer);
        prop_assert_eq!(as_v1.is_err(), !series.is_empty());
        let as_v2 = Protocol::V2.decode(&encode(&series), &wide(), NOW_MS, &mut buffer);
        prop_assert_eq!(as_v2.is_err(), !series.is_empty());
    }
}

#[test]
fn a_valid_body_cut_or_flipped_anywhere_never_panics() {
    let bytes = encode_v2(&oracle::node_exporter(12, 2));
    let plain = snap::raw::Decoder::new().decompress_vec(&bytes).unwrap();
    let mut buffer = Buffer::default();
    for at in 0..bytes.len() {
        assert!(decode_v2(&bytes[..at], &wide(), NOW_MS, &mut buffer).is_err());
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let _ = decode_v2(&flipped, &wide(), NOW_MS, &mut buffer);
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
