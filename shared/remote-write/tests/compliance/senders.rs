//! What `remotewrite/sender` asks of a body, by the names of its cases, of the bodies that we send. What it asks
//! of headers, retries and waiting is tested where the agent sends (the table in `main.rs` says where).

use std::collections::BTreeSet;

use prost::Message;
use remote_write::{encode, encode_v2};
use series::{Labels, STALE_NAN_BITS, Sample, Series};

use crate::oracle::v2::Request;
use crate::oracle::{NOW_MS, WriteRequest};

/// Values with the names of their cases.
const VALUES: [(&str, f64); 8] = [
    ("float_sample_encoding", 1.5),
    ("nan_value", f64::NAN),
    ("positive_infinity", f64::INFINITY),
    ("negative_infinity", f64::NEG_INFINITY),
    ("zero_value", 0.0),
    ("negative_value", -273.15),
    ("high_precision_float", std::f64::consts::PI),
    ("stale_marker", f64::from_bits(STALE_NAN_BITS)),
];

/// A series for each value, of two samples each.
fn sent() -> Vec<Series> {
    let series = VALUES.iter().enumerate().map(|(at, (name, value))| {
        let labels = [
            ("__name__", "a_metric"),
            ("case", *name),
            ("unicode_in_labels", "\u{6d4b}\u{8bd5} \u{1f680}"),
            ("Upper", "before the name"),
            ("empty", ""),
        ];
        let sample = |time_ms| Sample {
            time_ms,
            value: *value,
        };
        Series {
            labels: Labels::new(labels).unwrap(),
            samples: vec![sample(NOW_MS - 15_001), sample(NOW_MS + at as i64)],
        }
    });
    series.collect()
}

fn decompressed(body: &[u8]) -> Vec<u8> {
    // snappy_compression, snappy_block_format
    snap::raw::Decoder::new().decompress_vec(body).unwrap()
}

/// What both messages say: labels, times, bits.
type Said = Vec<(Vec<(String, String)>, Vec<(i64, u64)>)>;

fn is_what_was_sent(said: &Said) {
    let sent = sent();
    assert_eq!(said.len(), sent.len(), "batch_multiple_series");
    for ((labels, samples), series) in said.iter().zip(sent) {
        let names: Vec<&str> = labels.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.is_sorted(), "label_ordering: {names:?}");
        let unique: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(unique.len(), names.len(), "no_duplicate_labels");
        let is_whole = |(name, value): &(String, String)| !name.is_empty() && !value.is_empty();
        assert!(labels.iter().all(is_whole), "label_completeness");
        assert!(names.contains(&"__name__"), "metric_name_label");
        let complete = series.labels.iter();
        assert!(
            complete.eq(labels.iter().map(|(n, v)| (n.as_str(), v.as_str()))),
            "label_completeness"
        );
        let bits = series.samples.iter();
        let bits: Vec<(i64, u64)> = bits.map(|s| (s.time_ms, s.value.to_bits())).collect();
        assert_eq!(*samples, bits, "{}", series.labels.value("case"));
        assert!(samples.is_sorted(), "timestamp_ordering");
    }
}

#[test]
fn a_body_of_the_second_version_is_as_the_suite_wants_it() {
    let request = Request::decode(&*decompressed(&encode_v2(&sent()))).unwrap();
    let symbols = &request.symbols;
    assert!(symbols.len() > 1, "symbols_table_populated");
    assert_eq!(symbols[0], "", "empty_string_at_index_zero");
    let unique: BTreeSet<&String> = symbols.iter().collect();
    assert_eq!(unique.len(), symbols.len(), "string_deduplication");
    let said = request.timeseries.iter().map(|series| {
        let (pairs, rest) = series.labels_refs.as_chunks::<2>();
        assert!(rest.is_empty(), "even_length_refs");
        // An index outside would panic: valid_label_references
        let text = |at: u32| symbols[at as usize].clone();
        let labels = pairs
            .iter()
            .map(|[name, value]| (text(*name), text(*value)));
        let samples = series.samples.iter();
        assert!(series.histograms.is_empty() && !series.samples.is_empty());
        (
            labels.collect(),
            samples.map(|s| (s.timestamp, s.value.to_bits())).collect(),
        )
    });
    is_what_was_sent(&said.collect());
}

#[test]
fn a_body_of_the_first_version_is_as_the_suite_wants_it() {
    let bytes = decompressed(&encode(&sent()));
    let request = WriteRequest::decode(&*bytes).unwrap();
    let as_second = Request::decode(&*bytes).unwrap();
    assert_eq!(as_second, Request::default(), "rw1_symbol_table_not_used");
    let said = request.timeseries.iter().map(|series| {
        assert!(series.histograms.is_empty(), "rw1_no_native_histograms");
        let labels = series.labels.iter();
        let samples = series.samples.iter();
        (
            labels.map(|l| (l.name.clone(), l.value.clone())).collect(),
            samples.map(|s| (s.timestamp, s.value.to_bits())).collect(),
        )
    });
    is_what_was_sent(&said.collect());
}

#[test]
fn an_empty_body_has_its_table_too() {
    let request = Request::decode(&*decompressed(&encode_v2(&[]))).unwrap();
    assert_eq!(request.symbols, [""]);
}
