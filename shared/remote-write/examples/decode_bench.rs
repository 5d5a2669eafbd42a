//! How much faster than plain `prost` are samples read, identity and checks included?
//!
//! `cargo run --release -p remote-write --example decode_bench`: interleaved runs on the same bodies, of
//! both protocols, as one line of JSON each: the least nanoseconds a series of many rounds, because other work
//! on the machine only ever adds, and each round's ratio of `prost` to `own`. `prost` leaves the references of 2.0 as they are; `labels` beside it follows them into sorted label sets with
//! their identity, which is what `own` gives. With arguments (`prost` or `own`, a number of series, `1` or
//! `2`) one side runs alone 200 times, for callgrind.

use std::hint::black_box;
use std::time::{Duration, Instant};

use prost::Message;
use remote_write::{Buffer, Limits, Protocol, encode, encode_v2};
use series::SeriesId;

const ROUNDS: usize = 150;
const BATCH: u32 = 16;

#[path = "../tests/oracle/mod.rs"]
mod oracle;

fn with_prost(protocol: Protocol, body: &[u8]) -> usize {
    let bytes = snappy(body).unwrap_or_default();
    match protocol {
        Protocol::V1 => {
            let request = oracle::WriteRequest::decode(bytes.as_slice()).unwrap_or_default();
            black_box(&request).timeseries.len()
        }
        Protocol::V2 => {
            let request = oracle::v2::Request::decode(bytes.as_slice()).unwrap_or_default();
            black_box(&request).timeseries.len()
        }
    }
}

/// Prost, and then the label sets and their identities.
fn with_labels(protocol: Protocol, body: &[u8]) -> usize {
    let bytes = snappy(body).unwrap_or_default();
    let identity = |mut labels: Vec<(&str, &str)>| {
        labels.sort_unstable();
        let id = SeriesId::of(labels.iter().copied());
        black_box((labels, id));
    };
    match protocol {
        Protocol::V1 => {
            let request = oracle::WriteRequest::decode(bytes.as_slice()).unwrap_or_default();
            for series in &request.timeseries {
                let labels = series.labels.iter();
                identity(
                    labels
                        .map(|l| (l.name.as_str(), l.value.as_str()))
                        .collect(),
                );
            }
            request.timeseries.len()
        }
        Protocol::V2 => {
            let request = oracle::v2::Request::decode(bytes.as_slice()).unwrap_or_default();
            let text = |at: u32| request.symbols.get(at as usize).map_or("", String::as_str);
            for series in &request.timeseries {
                let (pairs, _) = series.labels_refs.as_chunks::<2>();
                identity(pairs.iter().map(|[n, v]| (text(*n), text(*v))).collect());
            }
            request.timeseries.len()
        }
    }
}

fn own(protocol: Protocol, body: &[u8], buffer: &mut Buffer) -> usize {
    protocol
        .decode(body, &Limits::default(), oracle::NOW_MS, buffer)
        .map_or(0, |request| black_box(&request).series().len())
}

fn snappy(body: &[u8]) -> snap::Result<Vec<u8>> {
    snap::raw::Decoder::new().decompress_vec(black_box(body))
}

/// The time of one run in a batch: long enough that one side does not pay for what the other left in
/// caches and allocator.
fn timed(series: usize, mut run: impl FnMut() -> usize) -> Duration {
    let started = Instant::now();
    for _ in 0..BATCH {
        assert_eq!(run(), series);
    }
    started.elapsed() / BATCH
}

fn alone(side: &str, protocol: Protocol, body: &[u8], series: usize) {
    let mut buffer = Buffer::default();
    for _ in 0..200 {
        let count = if side == "prost" {
            with_prost(protocol, body)
        } else {
            own(protocol, body, &mut buffer)
        };
        assert_eq!(count, series);
    }
}

fn interleaved(protocol: Protocol, body: &[u8], series: usize, samples: usize) {
    let mut buffer = Buffer::default();
    let mut least = [Duration::MAX; 4];
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let sides = [
            timed(series, || with_prost(protocol, body)),
            timed(series, || with_labels(protocol, body)),
            timed(series, || own(protocol, body, &mut buffer)),
            timed(series, || snappy(body).map_or(0, |_| series)),
        ];
        ratios.push(sides[0].as_secs_f64() / sides[2].as_secs_f64());
        for (least, new) in least.iter_mut().zip(sides) {
            *least = new.min(*least);
        }
    }
    let [prost, labels, own, snappy] = least.map(|d| d.as_nanos() as f64 / series as f64);
    let number = if protocol == Protocol::V1 { 1 } else { 2 };
    let (all, bytes) = (series * samples, body.len());
    println!(
        r#"{{"protocol": {number}, "series": {series}, "each": {samples}, "samples": {all}, "body_bytes": {bytes}, "prost": {prost:.1}, "labels": {labels:.1}, "own": {own:.1}, "snappy": {snappy:.1}, "ratios": {ratios:.2?}}}"#
    );
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let only = arguments.next();
    let shape = arguments.next();
    let version = arguments.next();
    for (series, samples) in [(100, 4), (2000, 1)] {
        if shape.as_ref().is_some_and(|s| *s != series.to_string()) {
            continue;
        }
        let sent = oracle::node_exporter(series, samples);
        for (number, protocol, body) in [
            ("1", Protocol::V1, encode(&sent)),
            ("2", Protocol::V2, encode_v2(&sent)),
        ] {
            if version.as_ref().is_some_and(|v| v != number) {
                continue;
            }
            match &only {
                Some(side) => alone(side, protocol, &body, series),
                None => interleaved(protocol, &body, series, samples),
            }
        }
    }
}
