use series::SeriesId;
use xorf::{BinaryFuse8, BinaryFuse8Ref, DmaSerializable, Filter, FilterRef};

/// Which series were active, without their names: a binary fuse filter of 9 bits a series (1.1 MB for a
/// million). Whoever is in it is found; of others one in 256 is taken for one that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Established {
    descriptor: [u8; DESCRIPTOR_BYTES],
    fingerprints: Vec<u8>,
}

/// Seed, length of a segment and its mask, length of all segments but two.
const DESCRIPTOR_BYTES: usize = 20;
/// A filter of fewer keys is filled up: it is built for many.
const FEWEST_KEYS: u64 = 64;

/// What a filter knows of an identity: 64 bits of it.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "half of a hash is one")]
pub fn key_of(id: SeriesId) -> u64 {
    id.0 as u64
}

impl Established {
    /// Of these keys, each there once. `None`: no filter could be built.
    #[must_use]
    pub fn of(mut keys: Vec<u64>) -> Option<Self> {
        let missing = FEWEST_KEYS.saturating_sub(keys.len() as u64);
        // Multiples of an odd number are different from each other, and hardly ever one of a hash.
        keys.extend((1..=missing).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        if missing > 0 {
            keys.sort_unstable();
            keys.dedup();
        }
        let filter = BinaryFuse8::try_from(keys).ok()?;
        let mut descriptor = [0; DESCRIPTOR_BYTES];
        filter.dma_copy_descriptor_to(&mut descriptor);
        Some(Self {
            descriptor,
            fingerprints: filter.fingerprints.into_vec(),
        })
    }

    /// Whether a key is one of those it was built of.
    #[must_use]
    pub fn contains(&self, key: u64) -> bool {
        BinaryFuse8Ref::from_dma(&self.descriptor, &self.fingerprints).contains(&key)
    }

    /// As it is stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.descriptor[..], &self.fingerprints].concat()
    }

    /// From what was stored. `None`: it is something else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (descriptor, fingerprints) = bytes.split_first_chunk::<DESCRIPTOR_BYTES>()?;
        let number = |at: usize| {
            let bytes = descriptor.get(at..at + 4)?.try_into().ok()?;
            Some(u32::from_le_bytes(bytes))
        };
        let (segment, mask, most) = (number(8)?, number(12)?, number(16)?);
        // A look-up goes as far as the third segment behind the last start.
        let length = u64::from(most) + 2 * u64::from(segment);
        let is_whole = segment.is_power_of_two()
            && mask == segment - 1
            && most.is_multiple_of(segment)
            && length == fingerprints.len() as u64;
        is_whole.then(|| Self {
            descriptor: *descriptor,
            fingerprints: fingerprints.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Different numbers without order.
    fn keys(count: u64, salt: u64) -> Vec<u64> {
        let key = |n: u64| SeriesId::of([("n", (n + salt).to_string().as_str())]);
        (0..count).map(|n| key_of(key(n))).collect()
    }

    #[test]
    fn any_count_of_keys_is_found_again() {
        for count in (0..130).chain([1_000, 4_095, 50_000]) {
            let keys = keys(count, 0);
            let bytes = Established::of(keys.clone()).unwrap().to_bytes();
            let filter = Established::from_bytes(&bytes).unwrap();
            assert!(keys.iter().all(|key| filter.contains(*key)), "{count}");
        }
    }

    #[test]
    fn of_those_that_are_not_there_one_in_two_hundred_at_most_is_found() {
        let filter = Established::of(keys(20_000, 0)).unwrap();
        let others = keys(100_000, 1 << 40);
        let found = others.iter().filter(|key| filter.contains(**key)).count();
        assert!(found < 500, "{found} of 100,000");
    }

    #[test]
    fn it_takes_ten_bits_a_series_where_there_are_many() {
        let bytes = Established::of(keys(100_000, 0)).unwrap().to_bytes();
        assert!(bytes.len() * 8 <= 1_000_000, "{}", bytes.len());
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_panic(
            mut bytes in prop::collection::vec(any::<u8>(), 0..200),
            key: u64,
            segment in 0_u32..8,
            starts in 0_u32..64,
        ) {
            if let Some(room) = bytes.get_mut(8..20) {
                room[..4].copy_from_slice(&segment.to_le_bytes());
                room[4..8].copy_from_slice(&segment.wrapping_sub(1).to_le_bytes());
                room[8..].copy_from_slice(&starts.to_le_bytes());
            }
            if let Some(filter) = Established::from_bytes(&bytes) {
                let _ = filter.contains(key);
            }
        }
    }
}
