use series::SeriesId;
use xxhash_rust::xxh3::xxh3_128;

/// Between names and values, as [`series::SeriesId`] defines it.
const SEPARATOR: u8 = 0xFF;

/// The same identity as [`SeriesId::of`], from one flat copy of the labels: hashing piece by piece costs
/// several times as much.
pub(crate) fn identity(labels: &[(&str, &str)], scratch: &mut Vec<u8>) -> SeriesId {
    let length: usize = labels.iter().map(|(n, v)| n.len() + v.len() + 2).sum();
    if scratch.len() < length {
        scratch.resize(length.next_power_of_two(), 0);
    }
    let mut at = 0;
    for (name, value) in labels {
        at = put(scratch, at, name.as_bytes());
        at = put(scratch, at, value.as_bytes());
    }
    SeriesId(xxh3_128(scratch.get(..at).unwrap_or_default()))
}

/// Writes a name or value and the separator behind it; returns where the next one goes.
#[inline]
pub(crate) fn put(scratch: &mut [u8], at: usize, piece: &[u8]) -> usize {
    let end = at + piece.len();
    if let Some(room) = scratch.get_mut(at..=end)
        && let Some((last, room)) = room.split_last_mut()
    {
        room.copy_from_slice(piece);
        *last = SEPARATOR;
    }
    end + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_flat_copy_gives_the_identity_that_series_defines(
            labels in proptest::collection::vec((".{0,40}", ".{0,300}"), 0..12)
        ) {
            let labels: Vec<(&str, &str)> =
                labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let mut scratch = vec![0xAB; 7];
            let expected = SeriesId::of(labels.iter().copied());
            prop_assert_eq!(identity(&labels, &mut scratch), expected);
            prop_assert_eq!(identity(&labels, &mut scratch), expected);
        }
    }
}
