//! What is read from the table of samples.

use std::sync::LazyLock;

use sample_codec::{Chunk, CodecError, Keyframe, encode_self_contained, merge};
use series::{Series, SeriesView};
use xxhash_rust::xxh3::xxh3_64;

use crate::memory::within;
use crate::remote_write_oracle::node_exporter;

/// A chunk of some hundred bytes may hold 65,536 samples, 8 MiB of labels with what surrounds them, and
/// the dictionary of these.
const MOST_BYTES: usize = 96 << 20;

static KEYFRAME: LazyLock<Keyframe> = LazyLock::new(|| {
    let host = node_exporter(12, 2);
    viewed(&host, Keyframe::of).expect("a host has a keyframe")
});

/// A chunk or keyframe as it is stored, but that its checksum need not be right, nor the keyframe's name.
pub fn sample_codec(bytes: &[u8]) {
    let keyframe = &*KEYFRAME;
    let decode = |bytes: &[u8]| within(MOST_BYTES, || Chunk::decode(bytes, Some(keyframe)));
    let _ = decode(bytes);
    let bytes = sealed(bytes, keyframe);
    let series = decode(&bytes);
    if Chunk::is_keyframe(&bytes) {
        is_keyframe(&bytes);
    }
    let Ok(series) = series else { return };
    let samples: usize = series.iter().map(|series| series.samples.len()).sum();
    assert_eq!(Chunk::sample_count(&bytes), Ok(samples));
    let times = || series.iter().flat_map(|s| &s.samples).map(|s| s.time_ms);
    let range = (times().min().unwrap(), times().max().unwrap());
    assert_eq!(Chunk::time_range(&bytes), Ok(range));
    for series in &series {
        let labels: Vec<_> = series.labels.iter().collect();
        assert!(labels.is_sorted_by(|a, b| a.0 < b.0), "{labels:?}");
        assert!(labels.iter().all(|(_, value)| !value.is_empty()));
        assert!(!series.samples.is_empty());
        assert!(series.samples.is_sorted_by(|a, b| a.time_ms < b.time_ms));
    }
    comes_back(series);
}

/// Encoded again it says the same.
fn comes_back(series: Vec<Series>) {
    let chunks = viewed(&series, encode_self_contained);
    let again = chunks.iter().map(|chunk| Chunk::decode(chunk, None));
    let again: Result<Vec<Vec<Series>>, CodecError> = again.collect();
    assert!(
        merge(again.unwrap().concat()) == merge(series),
        "it changes"
    );
}

fn is_keyframe(bytes: &[u8]) {
    let stored = bytes.to_vec();
    if let Ok(keyframe) = within(MOST_BYTES, || Keyframe::decode(stored)) {
        assert_eq!(keyframe.bytes(), bytes);
        let host = node_exporter(12, 1);
        // Whatever a keyframe says, a delta against it says what was sent.
        let delta = viewed(&host, |views| sample_codec::encode_delta(&keyframe, views));
        if let Some(delta) = delta {
            let read = Chunk::decode(&delta, Some(&keyframe)).unwrap();
            assert_eq!(read, merge(host));
        }
    }
}

/// With the right checksum, and a delta with the name of the keyframe that is there: the fuzzer would
/// find neither.
fn sealed(bytes: &[u8], keyframe: &Keyframe) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if Chunk::keyframe_id(&bytes).is_some() {
        bytes[5..21].copy_from_slice(&keyframe.id().0.to_le_bytes());
    }
    if let Some((&format, content)) = bytes
        .split_first()
        .and_then(|(format, rest)| Some((format, rest.get(4..)?)))
    {
        let sum = (xxh3_64(content) ^ u64::from(format)) as u32;
        bytes[1..5].copy_from_slice(&sum.to_le_bytes());
    }
    bytes
}

fn viewed<R>(series: &[Series], with: impl FnOnce(&[SeriesView<'_>]) -> R) -> R {
    let labels: Vec<Vec<(&str, &str)>> = series.iter().map(|s| s.labels.iter().collect()).collect();
    let both = series.iter().zip(&labels);
    let views: Vec<SeriesView<'_>> = both
        .map(|(series, labels)| SeriesView {
            id: series.id(),
            labels,
            samples: &series.samples,
        })
        .collect();
    with(&views)
}
