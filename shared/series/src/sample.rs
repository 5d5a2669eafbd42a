use serde::{Deserialize, Serialize};

/// The NaN by which Prometheus says that a series has ended (`value.StaleNaN`).
pub const STALE_NAN_BITS: u64 = 0x7ff0_0000_0000_0002;

/// One value at one time.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Sample {
    /// Milliseconds since the Unix epoch.
    pub time_ms: i64,
    /// The value; a NaN's bits are kept as they came.
    pub value: f64,
}

impl Sample {
    /// Whether this is a stale marker.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        is_stale(self.value)
    }
}

/// Equality by bits: a NaN equals itself, 0 differs from -0.
impl PartialEq for Sample {
    fn eq(&self, other: &Self) -> bool {
        self.time_ms == other.time_ms && self.value.to_bits() == other.value.to_bits()
    }
}

/// Whether `value` is a stale marker.
#[must_use]
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_NAN_BITS
}

/// Sorts by time and keeps one sample per time: where two values claim one time, the larger bit
/// pattern wins, so that the result is the same in whatever order they arrived.
#[must_use]
pub fn merge_samples(mut samples: Vec<Sample>) -> Vec<Sample> {
    samples.sort_unstable_by_key(|s| (s.time_ms, std::cmp::Reverse(s.value.to_bits())));
    samples.dedup_by_key(|s| s.time_ms);
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_order_the_larger_bit_pattern_wins() {
        let one = Sample {
            time_ms: 5,
            value: 1.0,
        };
        let two = Sample {
            time_ms: 5,
            value: -1.0,
        };
        let early = Sample {
            time_ms: 1,
            value: 0.0,
        };
        assert_eq!(merge_samples(vec![one, two, early]), vec![early, two]);
        assert_eq!(merge_samples(vec![two, early, one, one]), vec![early, two]);
    }
}
