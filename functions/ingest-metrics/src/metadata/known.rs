//! What of a body is new? Nothing here does IO.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use series::MetadataView;
use state_table::metadata::{Family, MAX_FAMILIES, SEEN_AGAIN_AFTER};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Senders that contradict each other change a family at most so often.
const CHANGED_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// A longer name is not kept; a key holds 1,024 bytes.
const MAX_NAME_BYTES: usize = 512;
const MAX_HELP_CHARS: usize = 1_000;
const MAX_UNIT_CHARS: usize = 64;

/// The families of one tenant, by the hash of their names.
#[derive(Debug)]
pub struct Known {
    families: HashMap<u64, Held>,
    /// When it was read.
    pub read_at: Timestamp,
    /// How much was written since then.
    pub writes: usize,
    /// Whether it was said since then that not everything is kept.
    pub is_reported: bool,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    content: u64,
    changed_at: Timestamp,
    seen_at: Timestamp,
}

/// What has to be written of one body.
#[derive(Debug, Default)]
pub struct News<'a> {
    /// By metric.
    pub changes: BTreeMap<&'a str, Change<'a>>,
    /// How many are beyond what a tenant may have, or have a name that no key holds.
    pub not_kept: u64,
}

/// A family that is new, says something else, or was not written for long.
#[derive(Debug)]
pub struct Change<'a> {
    said: MetadataView<'a>,
    before: Option<Held>,
}

impl Known {
    /// Nothing yet, read at `now`.
    pub fn nothing(now: Timestamp) -> Self {
        Self {
            families: HashMap::new(),
            read_at: now,
            writes: 0,
            is_reported: false,
        }
    }

    /// How many families.
    pub fn len(&self) -> usize {
        self.families.len()
    }

    /// Takes in a family that is stored.
    pub fn hold(&mut self, family: &Family) {
        let held = Held {
            content: content(&view(family)),
            changed_at: family.changed_at,
            seen_at: family.seen_at,
        };
        self.families.insert(name(&family.metric), held);
    }

    /// What of a body has to be written.
    pub fn news<'a>(
        &self,
        said: impl Iterator<Item = MetadataView<'a>>,
        now: Timestamp,
    ) -> News<'a> {
        let mut news = News::default();
        let mut fresh = 0;
        for said in said.map(bounded).filter(|said| !said.metric.is_empty()) {
            let before = self.families.get(&name(said.metric)).copied();
            if before.is_some_and(|held| held.stands(&said, now)) {
                continue;
            }
            if let Some(change) = news.changes.get_mut(said.metric) {
                // Of two texts in one body the larger, so that their order changes nothing.
                change.said = change.said.max(said);
                continue;
            }
            let is_full = before.is_none() && self.families.len() + fresh >= MAX_FAMILIES;
            if is_full || said.metric.len() > MAX_NAME_BYTES {
                news.not_kept += 1;
                continue;
            }
            fresh += usize::from(before.is_none());
            news.changes.insert(said.metric, Change { said, before });
        }
        news
    }
}

impl Held {
    /// Whether nothing has to be written.
    fn stands(&self, said: &MetadataView<'_>, now: Timestamp) -> bool {
        if self.content == content(said) {
            now.duration_since(self.seen_at) < SEEN_AGAIN_AFTER
        } else {
            now.duration_since(self.changed_at) < CHANGED_EVERY
        }
    }
}

impl Change<'_> {
    /// The `seen_at` of what is stored.
    pub fn seen_before(&self) -> Option<Timestamp> {
        self.before.map(|held| held.seen_at)
    }

    /// What is to be stored.
    pub fn family(&self, now: Timestamp) -> Family {
        let MetadataView {
            metric,
            kind,
            help,
            unit,
        } = self.said;
        let same = self
            .before
            .filter(|held| held.content == content(&self.said));
        Family {
            metric: metric.to_owned(),
            kind,
            help: help.to_owned(),
            unit: unit.to_owned(),
            changed_at: same.map_or(now, |held| held.changed_at),
            seen_at: now,
        }
    }
}

fn bounded(said: MetadataView<'_>) -> MetadataView<'_> {
    MetadataView {
        help: cut(said.help, MAX_HELP_CHARS),
        unit: cut(said.unit, MAX_UNIT_CHARS),
        ..said
    }
}

fn cut(text: &str, max_chars: usize) -> &str {
    if text.len() <= max_chars {
        return text;
    }
    let end = text.char_indices().nth(max_chars);
    end.map_or(text, |(at, _)| &text[..at])
}

fn view(family: &Family) -> MetadataView<'_> {
    MetadataView {
        metric: &family.metric,
        kind: family.kind,
        help: &family.help,
        unit: &family.unit,
    }
}

fn name(metric: &str) -> u64 {
    xxh3_64(metric.as_bytes())
}

fn content(said: &MetadataView<'_>) -> u64 {
    let unit = xxh3_64_with_seed(said.unit.as_bytes(), said.kind as u64);
    xxh3_64_with_seed(said.help.as_bytes(), unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        for (text, max, expected) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "abc"),
            ("当番です", 2, "当番"),
            ("当番", 2, "当番"),
            ("", 0, ""),
        ] {
            assert_eq!(cut(text, max), expected);
        }
    }

    fn counter<'a>(metric: &'a str, help: &'a str) -> MetadataView<'a> {
        MetadataView {
            metric,
            kind: series::MetricKind::Counter,
            help,
            unit: "",
        }
    }

    #[test]
    fn no_more_families_are_kept_than_a_tenant_may_have() {
        let now: Timestamp = "2026-11-20T09:10:10Z".parse().unwrap();
        let names: Vec<String> = (0..MAX_FAMILIES + 50).map(|n| format!("m{n}")).collect();
        let mut known = Known::nothing(now);
        let kept = |known: &mut Known, help: &str, now: Timestamp| {
            let news = known.news(names.iter().map(|name| counter(name, help)), now);
            let families: Vec<Family> = news.changes.values().map(|one| one.family(now)).collect();
            families.iter().for_each(|family| known.hold(family));
            (families.len(), news.not_kept)
        };
        assert_eq!(kept(&mut known, "M.", now), (MAX_FAMILIES, 50));
        assert_eq!(kept(&mut known, "M.", now), (0, 50));
        // What is kept may still change.
        let later = now + CHANGED_EVERY;
        assert_eq!(kept(&mut known, "Changed.", later), (MAX_FAMILIES, 50));
        assert_eq!(known.len(), MAX_FAMILIES);
    }
}
