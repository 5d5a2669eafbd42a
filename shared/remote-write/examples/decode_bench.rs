//! How much faster than plain `prost` are samples read, identity and checks included?
//!
//! `cargo run --release -p remote-write --example decode_bench`: interleaved runs on the same bodies; the
//! least of many rounds, because other work on the machine only ever adds. With an argument (`prost` or
//! `own`) one side runs alone 200 times, for callgrind.

use std::hint::black_box;
use std::time::{Duration, Instant};

use prost::Message;
use remote_write::{Buffer, Limits, decode, encode};

const ROUNDS: usize = 150;
const BATCH: u32 = 16;

#[path = "../tests/oracle/mod.rs"]
mod oracle;

fn with_prost(body: &[u8]) -> usize {
    let bytes = snap::raw::Decoder::new()
        .decompress_vec(body)
        .unwrap_or_default();
    let request = oracle::WriteRequest::decode(bytes.as_slice()).unwrap_or_default();
    black_box(&request).timeseries.len()
}

fn own(body: &[u8], buffer: &mut Buffer) -> usize {
    decode(body, &Limits::default(), oracle::NOW_MS, buffer)
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

fn main() {
    let only = std::env::args().nth(1);
    let shape = std::env::args().nth(2);
    let mut buffer = Buffer::default();
    for (series, samples) in [(100, 4), (2000, 1)] {
        let body = encode(&oracle::node_exporter(series, samples));
        if shape.as_ref().is_some_and(|s| *s != series.to_string()) {
            continue;
        }
        if let Some(side) = &only {
            for _ in 0..200 {
                let count = if side == "prost" {
                    with_prost(&body)
                } else {
                    own(&body, &mut buffer)
                };
                assert_eq!(count, series);
            }
            continue;
        }
        let mut least = [Duration::MAX; 3];
        for _ in 0..ROUNDS {
            let sides = [
                timed(series, || with_prost(&body)),
                timed(series, || own(&body, &mut buffer)),
                timed(series, || snappy(&body).map_or(0, |_| series)),
            ];
            for (least, new) in least.iter_mut().zip(sides) {
                *least = new.min(*least);
            }
        }
        let [prost, own, snappy] = least.map(|d| d.as_nanos() as f64 / series as f64);
        println!(
            "{series} series x {samples}: body {} B; a series: prost {prost:.0} ns, own {own:.0} ns, of these snappy {snappy:.0} ns; ratio {:.1}",
            body.len(),
            prost / own,
        );
    }
}
