use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::SeriesId;

/// The label that holds the metric's name.
pub const METRIC_NAME: &str = "__name__";

/// A sorted label set: unique names, no empty value (an empty value equals an absent label).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Labels(Arc<[(Box<str>, Box<str>)]>);

/// Why a label set was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLabels {
    /// One name twice.
    #[error("label {0:?} is given twice")]
    Duplicate(String),
}

impl Labels {
    /// Sorts, drops empty values, refuses a name that comes twice.
    pub fn new<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<Self, InvalidLabels>
    where
        N: Into<Box<str>>,
        V: Into<Box<str>>,
    {
        let mut pairs: Vec<(Box<str>, Box<str>)> = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        pairs.sort();
        if let Some(twice) = pairs.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(InvalidLabels::Duplicate(twice[0].0.to_string()));
        }
        pairs.retain(|(_, value)| !value.is_empty());
        Ok(Self(pairs.into()))
    }

    /// From pairs that are sorted and unique already, such as a [`crate::SeriesView`]'s.
    #[must_use]
    pub fn from_sorted(pairs: &[(&str, &str)]) -> Self {
        debug_assert!(pairs.windows(2).all(|pair| pair[0].0 < pair[1].0));
        Self(
            pairs
                .iter()
                .map(|(n, v)| ((*n).into(), (*v).into()))
                .collect(),
        )
    }

    /// The value of a label, empty where it is absent.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.0
            .binary_search_by(|(n, _)| n.as_ref().cmp(name))
            .map_or("", |at| &self.0[at].1)
    }

    /// The metric's name, empty where there is none.
    #[must_use]
    pub fn metric_name(&self) -> &str {
        self.value(METRIC_NAME)
    }

    /// Name and value, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + Clone {
        self.0
            .iter()
            .map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// How many labels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no label at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A copy of the labels for which `keep(name)` holds.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(
            self.0
                .iter()
                .filter(|(name, _)| keep(name))
                .cloned()
                .collect(),
        )
    }

    /// A copy with one label set, or removed where `value` is empty.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut pairs: BTreeMap<Box<str>, Box<str>> = self.0.iter().cloned().collect();
        if value.is_empty() {
            pairs.remove(name);
        } else {
            pairs.insert(name.into(), value.into());
        }
        Self(pairs.into_iter().collect())
    }

    /// The identity of this label set; for an alert's labels, its fingerprint.
    #[must_use]
    pub fn series_id(&self) -> SeriesId {
        SeriesId::of(self.iter())
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As Prometheus writes it: `name{label="value", ...}`.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.metric_name())?;
        f.write_str("{")?;
        let mut separator = "";
        for (name, value) in self.iter().filter(|(name, _)| *name != METRIC_NAME) {
            write!(f, "{separator}{name}={value:?}")?;
            separator = ", ";
        }
        f.write_str("}")
    }
}

impl From<BTreeMap<String, String>> for Labels {
    fn from(map: BTreeMap<String, String>) -> Self {
        Self(
            map.into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl From<Labels> for BTreeMap<String, String> {
    fn from(labels: Labels) -> Self {
        labels
            .iter()
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_empty_values_do_not_change_a_series() {
        let a = Labels::new([("b", "2"), ("a", "1"), ("empty", "")]).unwrap();
        let b = Labels::new([("a", "1"), ("b", "2")]).unwrap();
        assert_eq!(a, b);
        assert_eq!(a.series_id(), b.series_id());
        assert_eq!(a.value("empty"), "");
    }

    #[test]
    fn a_name_given_twice_is_refused() {
        assert_eq!(
            Labels::new([("a", "1"), ("a", "1")]),
            Err(InvalidLabels::Duplicate("a".to_owned()))
        );
    }

    #[test]
    fn with_sets_and_removes() {
        let labels = Labels::new([("a", "1")]).unwrap();
        assert_eq!(
            labels.with("b", "2").with("a", ""),
            Labels::new([("b", "2")]).unwrap()
        );
    }
}
