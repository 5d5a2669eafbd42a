//! What a flush may cost, and what damage may do.

#![allow(clippy::unwrap_used, reason = "a test may")]

use sample_codec::{
    Chunk, CodecError, CompleteFlush, Keyframe, MAX_CHUNK_BYTES, MAX_DELTA_BYTES, encode_delta,
    encode_self_contained, merge, split_by_hour,
};
use series::{Labels, STALE_NAN_BITS, Sample, Series};

mod host;

use host::{Host, START_MS, viewed};

/// Bytes and samples of a host's flushes, which all have to fit one write unit.
fn run(host: &mut Host, scrapes: usize, flushes: usize) -> (usize, usize, usize) {
    let (mut bytes, mut samples, mut keyframes) = (0, 0, 0);
    let mut keyframe = None;
    for _ in 0..flushes {
        let flush = host.flush(scrapes);
        let mut parts = Vec::new();
        viewed(&flush, |views| {
            for hour in split_by_hour(views) {
                let chunk = match CompleteFlush::of(keyframe.as_ref(), &hour.series) {
                    CompleteFlush::Delta(chunk) => chunk,
                    CompleteFlush::Rekeyed(fresh, chunk) => {
                        keyframes += 1;
                        keyframe = Some(fresh);
                        chunk
                    }
                    CompleteFlush::SelfContained(_) => panic!("a host of this size fits a delta"),
                };
                assert!(chunk.len() <= MAX_DELTA_BYTES);
                bytes += chunk.len();
                samples += Chunk::sample_count(&chunk).unwrap();
                parts.extend(Chunk::decode(&chunk, keyframe.as_ref()).unwrap());
            }
        });
        assert_eq!(merge(parts), flush);
    }
    (bytes, samples, keyframes)
}

#[test]
fn a_host_of_four_samples_a_series_costs_at_most_a_byte_and_a_half_each_and_one_write_unit() {
    for seed in 1..=6 {
        let mut host = Host::new(seed);
        assert!((80..=110).contains(&host.series_count()));
        let (bytes, samples, keyframes) = run(&mut host, 4, 240);
        let each = bytes as f64 / samples as f64;
        assert!(each <= 1.5, "{each} bytes a sample");
        assert_eq!(keyframes, 1, "four hours of drift fit the first keyframe");
    }
}

#[test]
fn a_host_of_one_sample_a_series_fits_as_well() {
    let (bytes, samples, _) = run(&mut Host::new(7), 1, 960);
    assert!(bytes as f64 / (samples as f64) < 3.0);
}

#[test]
fn a_flush_of_nothing_but_stale_markers_is_small() {
    let mut host = Host::new(3);
    let keyframe = viewed(&host.flush(4), Keyframe::of).unwrap();
    let mut leaving = host.flush(1);
    for series in &mut leaving {
        series.samples[0].value = f64::from_bits(STALE_NAN_BITS);
    }
    let chunk = viewed(&leaving, |views| encode_delta(&keyframe, views)).unwrap();
    assert!(chunk.len() < 100, "{} bytes", chunk.len());
    assert_eq!(Chunk::decode(&chunk, Some(&keyframe)).unwrap(), leaving);
}

#[test]
fn churn_is_carried_until_it_does_not_fit_and_then_keyed_anew() {
    let mut host = Host::new(5);
    let keyframe = viewed(&host.flush(4), Keyframe::of).unwrap();
    let with_new = |flush: &mut Vec<Series>, count: usize| {
        flush.remove(3);
        for at in 0..count {
            let labels = [
                ("__name__", "container_memory_bytes"),
                ("id", &format!("{:032x}", at * 977)),
            ];
            let times = flush[0].samples.clone();
            let samples = times.iter().map(|s| Sample {
                value: at as f64 + 0.123_456,
                ..*s
            });
            let samples = samples.collect();
            flush.push(Series {
                labels: Labels::new(labels).unwrap(),
                samples,
            });
        }
    };
    let mut few = host.flush(4);
    with_new(&mut few, 5);
    let chunk = viewed(&few, |views| encode_delta(&keyframe, views)).unwrap();
    assert_eq!(Chunk::decode(&chunk, Some(&keyframe)).unwrap(), merge(few));
    let mut many = host.flush(4);
    with_new(&mut many, 100);
    viewed(&many, |views| {
        assert_eq!(encode_delta(&keyframe, views), None);
        let CompleteFlush::Rekeyed(fresh, chunk) = CompleteFlush::of(Some(&keyframe), views) else {
            panic!("a fresh keyframe is due");
        };
        assert!(chunk.len() <= MAX_DELTA_BYTES);
        assert_eq!(
            Chunk::decode(&chunk, Some(&fresh)).unwrap(),
            merge(many.clone())
        );
        assert_eq!(
            Chunk::decode(&chunk, Some(&keyframe)),
            Err(CodecError::NeedsKeyframe(fresh.id()))
        );
    });
}

#[test]
fn a_flush_across_the_full_hour_is_no_delta_until_it_is_cut() {
    let mut host = Host::new(5);
    let keyframe = viewed(&host.flush(4), Keyframe::of).unwrap();
    let mut flush = host.flush(2);
    for series in &mut flush {
        series.samples[1].time_ms = START_MS + 3_600_000;
    }
    viewed(&flush, |views| {
        assert_eq!(encode_delta(&keyframe, views), None);
        assert_eq!(encode_self_contained(views).len(), 2);
        for hour in split_by_hour(views) {
            assert!(encode_delta(&keyframe, &hour.series).is_some());
        }
    });
}

#[test]
fn nothing_gives_nothing() {
    let empty = [Series {
        labels: Labels::new([("__name__", "up")]).unwrap(),
        samples: Vec::new(),
    }];
    let keyframe = viewed(&Host::new(1).flush(1), Keyframe::of).unwrap();
    for flush in [&[][..], &empty] {
        viewed(flush, |views| {
            assert!(encode_self_contained(views).is_empty());
            assert!(Keyframe::of(views).is_none());
            assert!(encode_delta(&keyframe, views).is_none());
            assert!(
                matches!(CompleteFlush::of(None, views), CompleteFlush::SelfContained(c) if c.is_empty())
            );
        });
    }
}

/// Values and labels that nothing predicts.
fn noise(series: usize, samples: usize, label_bytes: usize) -> Vec<Series> {
    let mut dice = host::Dice::new(9);
    let mut random = || dice.unit() * f64::from(u32::MAX);
    (0..series)
        .map(|_| {
            let text: String = (0..label_bytes)
                .map(|_| char::from(b'a' + (random() as u32 % 26) as u8))
                .collect();
            let samples = (0..samples as i64).map(|n| Sample {
                time_ms: START_MS + n * 37,
                value: random().sqrt(),
            });
            let samples = samples.collect();
            Series {
                labels: Labels::new([("__name__", "noise"), ("id", &text)]).unwrap(),
                samples,
            }
        })
        .collect()
}

#[test]
fn large_bodies_are_cut_into_items_that_fit() {
    for flush in [noise(3000, 1, 400), noise(1, 90_000, 8), noise(40, 2500, 8)] {
        let chunks = viewed(&flush, encode_self_contained);
        assert!(chunks.len() > 1);
        assert!(chunks.iter().all(|chunk| chunk.len() < MAX_CHUNK_BYTES));
        let parts = chunks
            .iter()
            .flat_map(|chunk| Chunk::decode(chunk, None).unwrap());
        assert_eq!(merge(parts.collect()), merge(flush.clone()));
        // Too much for a keyframe as well, unless few samples a series make it small.
        if let Some(keyframe) = viewed(&flush, Keyframe::of) {
            assert!(keyframe.bytes().len() < MAX_CHUNK_BYTES);
        }
    }
}

#[test]
fn a_chunk_cut_or_flipped_anywhere_is_an_error() {
    let mut host = Host::new(2);
    let first = host.flush(2);
    let keyframe = viewed(&first, Keyframe::of).unwrap();
    let delta = viewed(&host.flush(2), |views| encode_delta(&keyframe, views)).unwrap();
    let alone = viewed(&first, encode_self_contained).remove(0);
    for bytes in [delta, alone, keyframe.bytes().to_vec()] {
        for at in 0..bytes.len() {
            assert!(Chunk::decode(&bytes[..at], Some(&keyframe)).is_err());
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                assert!(
                    Chunk::decode(&flipped, Some(&keyframe)).is_err(),
                    "byte {at} bit {bit}"
                );
                assert!(Keyframe::decode(flipped).is_err());
            }
        }
    }
}

#[test]
fn what_is_stored_today_can_be_read_tomorrow() {
    let flush = |from: i64| -> Vec<Series> {
        let series = (0..20).map(|n| {
            let cpu = (n % 4).to_string();
            let name = ["node_cpu_seconds_total", "node_load1"][usize::from(n >= 16)];
            let labels = [
                ("__name__", name),
                ("cpu", &cpu),
                ("number", &n.to_string()),
            ];
            let samples = (from..from + 3).map(|at| Sample {
                time_ms: START_MS + at * 15_000 + at % 7,
                value: (n * 1000 + at * (n + 13) + at * at % 5) as f64 / 100.0,
            });
            let samples = samples.collect();
            Series {
                labels: Labels::new(labels).unwrap(),
                samples,
            }
        });
        series.collect()
    };
    let (first, second) = (flush(0), flush(40));
    let keyframe = viewed(&first, Keyframe::of).unwrap();
    let delta = viewed(&second, |views| encode_delta(&keyframe, views)).unwrap();
    let alone = viewed(&first, encode_self_contained).remove(0);
    let hashes = [keyframe.bytes(), &delta, &alone]
        .map(|bytes| format!("{:032x}", Chunk::content_hash(bytes)));
    assert_eq!(
        hashes, PINNED,
        "a changed format needs a new first byte, and a decoder for the old one beside it"
    );
}

/// Hashes of the bytes of a keyframe, a delta and a self-contained chunk.
const PINNED: [&str; 3] = [
    "dc86b88b1d44dbd59b34b12933afe82b",
    "d71a680ce8ddbc6d196a328d386b8c19",
    "adf31964df74f4c05f0c700475ceb519",
];
