//! Laws of the codec, on flushes of any kind.

#![allow(clippy::unwrap_used, reason = "a test may")]

use proptest::prelude::*;
use sample_codec::{
    Chunk, CodecError, Keyframe, MAX_CHUNK_BYTES, MAX_DELTA_BYTES, encode_delta,
    encode_self_contained, hour_start, merge, split_by_hour,
};
use series::{Labels, STALE_NAN_BITS, Sample, Series, SeriesView};

const NOW_MS: i64 = 1_795_000_000_000;

/// Calls `with` with the views of `series`.
fn viewed<R>(series: &[Series], with: impl FnOnce(&[SeriesView<'_>]) -> R) -> R {
    let labels: Vec<Vec<(&str, &str)>> = series.iter().map(|s| s.labels.iter().collect()).collect();
    let views: Vec<SeriesView<'_>> = series
        .iter()
        .zip(&labels)
        .map(|(series, labels)| SeriesView {
            id: series.id(),
            labels,
            samples: &series.samples,
        })
        .collect();
    with(&views)
}

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (0..1_000_000_i64).prop_map(|i| i as f64),
        4 => (any::<i32>(), 0..6).prop_map(|(i, k)| f64::from(i) / 10_f64.powi(k)),
        2 => any::<f64>(),
        2 => any::<u64>().prop_map(f64::from_bits),
        1 => Just(f64::from_bits(STALE_NAN_BITS)),
        1 => Just(-0.0),
        1 => Just(f64::INFINITY),
        1 => Just(1.844_674_407_370_955_2e19),
    ]
}

fn any_samples(times: impl Strategy<Value = i64> + Clone) -> impl Strategy<Value = Vec<Sample>> {
    let sample = (times, any_value()).prop_map(|(time_ms, value)| Sample { time_ms, value });
    prop::collection::vec(sample, 0..6)
}

fn any_labels() -> impl Strategy<Value = Labels> {
    let text = prop_oneof!["[a-z_]{1,12}", "\\PC{1,6}", "[a-c]{1,2}"];
    let name = prop_oneof![
        Just("up"),
        Just("node_cpu_seconds_total"),
        Just("node_load1")
    ];
    let labels = prop::collection::btree_map("[a-zA-Z_]{1,4}", text, 0..6);
    (name, labels).prop_map(|(name, labels)| Labels::from(labels).with("__name__", name))
}

/// Samples out of order, series twice, everything.
fn any_flush(times: impl Strategy<Value = i64> + Clone) -> impl Strategy<Value = Vec<Series>> {
    let series =
        (any_labels(), any_samples(times)).prop_map(|(labels, samples)| Series { labels, samples });
    prop::collection::vec(series, 0..24)
}

fn near() -> std::ops::Range<i64> {
    NOW_MS..NOW_MS + 60_000
}

/// What a reader has to get.
fn truth(flush: &[Series]) -> Vec<Series> {
    let mut merged = merge(flush.to_vec());
    merged.retain(|series| !series.samples.is_empty());
    merged
}

fn decoded(chunks: &[Vec<u8>]) -> Vec<Series> {
    let series = chunks
        .iter()
        .flat_map(|chunk| Chunk::decode(chunk, None).unwrap());
    merge(series.collect())
}

proptest! {
    #[test]
    fn a_self_contained_chunk_keeps_every_bit(
        flush in prop_oneof![any_flush(near()), any_flush(any::<i64>())]
    ) {
        let chunks = viewed(&flush, encode_self_contained);
        prop_assert_eq!(decoded(&chunks), truth(&flush));
        for chunk in &chunks {
            let (first, last) = Chunk::time_range(chunk).unwrap();
            prop_assert_eq!(hour_start(first), hour_start(last));
            prop_assert!(chunk.len() < MAX_CHUNK_BYTES);
        }
        let samples: usize = chunks.iter().map(|c| Chunk::sample_count(c).unwrap()).sum();
        prop_assert!(samples >= truth(&flush).iter().map(|s| s.samples.len()).sum());
    }

    #[test]
    fn a_delta_chunk_keeps_every_bit_whatever_the_keyframe(
        base in any_flush(near()), drifted in any_flush(near()), also_base in any::<bool>()
    ) {
        let keyframe = viewed(&base, Keyframe::of);
        prop_assert_eq!(keyframe.is_none(), truth(&base).is_empty());
        let Some(keyframe) = keyframe else { return Ok(()) };
        prop_assert_eq!(Keyframe::decode(keyframe.bytes().to_vec()).unwrap().id(), keyframe.id());
        let flush = if also_base { [base, drifted].concat() } else { drifted };
        let Some(chunk) = viewed(&flush, |views| encode_delta(&keyframe, views)) else { return Ok(()) };
        prop_assert!(chunk.len() <= MAX_DELTA_BYTES);
        prop_assert_eq!(Chunk::keyframe_id(&chunk), Some(keyframe.id()));
        prop_assert_eq!(Chunk::decode(&chunk, Some(&keyframe)).unwrap(), truth(&flush));
        prop_assert_eq!(Chunk::decode(&chunk, None), Err(CodecError::NeedsKeyframe(keyframe.id())));
    }

    #[test]
    fn the_same_flush_gives_the_same_bytes(flush in any_flush(near()), seed in any::<u64>()) {
        let once = viewed(&flush, encode_self_contained);
        prop_assert_eq!(&once, &viewed(&flush.clone(), encode_self_contained));
        // Where a host is complete, the order of its series does not matter either.
        let mut shuffled = truth(&flush);
        shuffled.sort_by_key(|s| s.id().0 as u64 ^ seed);
        let keyframe = |flush: &[Series]| viewed(flush, Keyframe::of).map(|k| k.id());
        prop_assert_eq!(keyframe(&flush), keyframe(&shuffled));
        if let Some(keyframe) = viewed(&flush, Keyframe::of) {
            let delta = |flush: &[Series]| viewed(flush, |views| encode_delta(&keyframe, views));
            prop_assert_eq!(delta(&flush), delta(&shuffled));
        }
    }

    #[test]
    fn merging_is_idempotent_and_blind_to_order(
        a in any_flush(near()), b in any_flush(near()), seed in any::<u64>()
    ) {
        let all = [a.clone(), b.clone()].concat();
        let mut shuffled = [b, a].concat();
        shuffled.sort_by_key(|s| (s.id().0 as u64 ^ seed, s.samples.len()));
        let merged = merge(all);
        prop_assert_eq!(&merge(shuffled), &merged);
        prop_assert_eq!(&merge(merged.clone()), &merged);
        prop_assert_eq!(merge([merged.clone(), merged.clone()].concat()), merged);
    }

    #[test]
    fn hours_hold_every_sample_once_and_no_other(
        flush in any_flush(NOW_MS..NOW_MS + 3 * 3_600_000)
    ) {
        let mut seen = Vec::new();
        viewed(&flush, |views| {
            let hours = split_by_hour(views);
            for hour in &hours {
                for view in hour.series.iter() {
                    assert!(view.samples.iter().all(|s| hour_start(s.time_ms) == hour.start_ms));
                    seen.push(view.to_series());
                }
            }
            assert!(hours.is_sorted_by(|a, b| a.start_ms < b.start_ms));
        });
        let mut merged = merge(seen);
        merged.retain(|series| !series.samples.is_empty());
        prop_assert_eq!(merged, truth(&flush));
    }

    #[test]
    fn nothing_is_read_from_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300), kind in 0..4_usize) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut() && kind < 3 {
            *first = [0x11, 0x21, 0x32][kind];
        }
        prop_assert!(Chunk::decode(&bytes, None).is_err());
        prop_assert!(Keyframe::decode(bytes.clone()).is_err());
        let _ = (Chunk::time_range(&bytes), Chunk::sample_count(&bytes), Chunk::keyframe_id(&bytes));
    }
}
