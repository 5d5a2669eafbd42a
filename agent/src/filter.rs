//! Which series go to a destination?

use std::borrow::Cow;
use std::collections::BTreeMap;

use series::{Labels, MatchOp, Matcher};

use crate::snapshot::Snapshot;

/// Anchored regular expressions by label, all of which must match.
pub type Selector = BTreeMap<String, String>;

/// Keeps what any selector of `keep` selects (everything without one), less what any of `drop` selects.
#[derive(Debug, Default, Clone)]
pub struct Filter {
    keep: Vec<Vec<Matcher>>,
    drop: Vec<Vec<Matcher>>,
}

impl Filter {
    /// Compiles the expressions; the error says which one is none.
    pub fn new(keep: &[Selector], drop: &[Selector]) -> Result<Self, String> {
        Ok(Self {
            keep: compiled(keep)?,
            drop: compiled(drop)?,
        })
    }

    fn keeps(&self, labels: &Labels) -> bool {
        let selects =
            |selector: &Vec<Matcher>| selector.iter().all(|one| one.accepts_labels(labels));
        (self.keep.is_empty() || self.keep.iter().any(selects)) && !self.drop.iter().any(selects)
    }

    /// What of a look goes to the destination.
    #[must_use]
    pub fn apply<'a>(&self, snapshot: &'a Snapshot) -> Cow<'a, Snapshot> {
        if self.keep.is_empty() && self.drop.is_empty() {
            return Cow::Borrowed(snapshot);
        }
        let kept = snapshot
            .values
            .iter()
            .filter(|(labels, _)| self.keeps(labels));
        Cow::Owned(Snapshot {
            time_ms: snapshot.time_ms,
            values: kept
                .map(|(labels, value)| (labels.clone(), *value))
                .collect(),
        })
    }
}

fn compiled(selectors: &[Selector]) -> Result<Vec<Vec<Matcher>>, String> {
    let one = |(label, expression): (&String, &String)| {
        Matcher::new(label, MatchOp::Matches, expression)
            .map_err(|error| format!("{label} = {expression:?}: {error}"))
    };
    let selector = |selector: &Selector| selector.iter().map(one).collect();
    selectors.iter().map(selector).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(pairs: &[(&str, &str)]) -> Selector {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    fn kept(keep: &[Selector], drop: &[Selector]) -> Vec<String> {
        let labels = |name, device| Labels::new([("__name__", name), ("device", device)]).unwrap();
        let all = [
            ("load", ""),
            ("disk_read", "sda"),
            ("disk_read", "sdb"),
            ("disk_write", "sda"),
        ];
        let snapshot = Snapshot {
            time_ms: 1,
            values: all
                .iter()
                .map(|(name, device)| (labels(*name, *device), 1.0))
                .collect(),
        };
        let filter = Filter::new(keep, drop).unwrap();
        let text = |labels: &Labels| format!("{} {}", labels.metric_name(), labels.value("device"));
        filter.apply(&snapshot).values.keys().map(text).collect()
    }

    #[test]
    fn a_selector_is_a_conjunction_and_a_list_of_them_a_disjunction() {
        let disks = selector(&[("__name__", "disk_.*")]);
        let read_sda = selector(&[("__name__", "disk_read"), ("device", "sda")]);
        let no_device = selector(&[("device", "")]);
        assert_eq!(kept(&[], &[]).len(), 4);
        assert_eq!(kept(std::slice::from_ref(&disks), &[]).len(), 3);
        assert_eq!(
            kept(&[read_sda.clone(), no_device], &[]),
            ["disk_read sda", "load "]
        );
        assert_eq!(
            kept(&[disks], &[read_sda]),
            ["disk_read sdb", "disk_write sda"]
        );
        assert!(
            kept(&[selector(&[("__name__", "disk")])], &[]).is_empty(),
            "anchored"
        );
    }

    #[test]
    fn an_expression_that_is_none_is_named() {
        let wrong = Filter::new(&[selector(&[("__name__", "(")])], &[]).unwrap_err();
        assert!(wrong.contains("__name__ = \"(\""), "{wrong}");
    }
}
