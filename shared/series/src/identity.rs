use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xxhash_rust::xxh3::Xxh3Default;

/// 128-bit identity of a label set (XXH3-128, seed 0, of `name 0xFF value 0xFF` in label order).
///
/// 0xFF never occurs in UTF-8, so different label sets give different input. It is no defence against
/// somebody who wants a collision: that would mix up two series of their own tenant only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(pub u128);

impl SeriesId {
    /// Identity of labels that are sorted by name, unique and without empty values.
    pub fn of<'a>(sorted: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut hasher = IdentityHasher::default();
        for (name, value) in sorted {
            hasher.label(name, value);
        }
        hasher.finish()
    }
}

impl fmt::Display for SeriesId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for SeriesId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SeriesId({self})")
    }
}

impl FromStr for SeriesId {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Self)
    }
}

impl Serialize for SeriesId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SeriesId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Builds a [`SeriesId`] label by label, without allocation.
#[derive(Default)]
pub struct IdentityHasher(Xxh3Default);

impl IdentityHasher {
    /// Adds the next label in name order.
    pub fn label(&mut self, name: &str, value: &str) {
        self.0.update(name.as_bytes());
        self.0.update(&[0xFF]);
        self.0.update(value.as_bytes());
        self.0.update(&[0xFF]);
    }

    /// The identity of the labels added so far.
    #[must_use]
    pub fn finish(&self) -> SeriesId {
        SeriesId(self.0.digest128())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As PyPI `xxhash` 3 computes it: `xxh3_128(b"__name__\xffup\xffinstance\xffweb-1:9100\xff")`.
    const PINNED: &str = "9879bfc16b8bc7e885477da842d8e44c";

    #[test]
    fn identity_is_the_same_in_every_deployment() {
        let id = SeriesId::of([("__name__", "up"), ("instance", "web-1:9100")]);
        assert_eq!(
            id.to_string(),
            PINNED,
            "changing the hash orphans every stored series"
        );
        assert_eq!(id.to_string().parse::<SeriesId>().unwrap(), id);
    }

    #[test]
    fn a_boundary_moved_between_name_and_value_is_another_series() {
        assert_ne!(SeriesId::of([("ab", "c")]), SeriesId::of([("a", "bc")]));
    }
}
