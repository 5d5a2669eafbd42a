//! What do the metrics mean? Keeps kind, help and unit of each metric family as its senders say them.
//!
//! Remote write 1.0 says all of it once a minute in bodies of its own, 2.0 with each series of each body
//! (OTLP too; its decoder does not hand it on yet). So an instance reads a tenant's families once an hour,
//! and what it finds there costs nothing more. One query and not a look-up of each family: a query is
//! charged by the sum of sizes, look-ups by each item rounded up, which is 20 times as much.
//!
//! Samples come first. A body whose samples are stored is taken, also where its metadata could not be:
//! they come again with the next one, and the instance that failed has forgotten what it knew. A body
//! that has nothing else must come again.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::sync::Mutex;

use futures::{StreamExt, TryStreamExt, stream};
use ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use series::MetadataView;
use state_table::metadata::{Family, MAX_FAMILIES, SEEN_AGAIN_AFTER};
use state_table::{StateTable, TableError};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::taking::NotTaken;

/// After this time what is known is read again.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);
/// Senders that contradict each other change a family at most so often.
const CHANGED_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// The most families of all tenants that are remembered; beyond it everything is forgotten, which costs
/// reads and no truth.
const MAX_REMEMBERED: usize = 50_000;
/// After so many writes what is stored is read again: other instances write too, and together they
/// must not go far beyond [`MAX_FAMILIES`].
const MAX_WRITES: usize = 1_000;
const CONCURRENT_WRITES: usize = 16;
/// A longer name is not kept; a key holds 1,024 bytes.
const MAX_NAME_BYTES: usize = 512;
const MAX_HELP_CHARS: usize = 1_000;
const MAX_UNIT_CHARS: usize = 64;

/// What this instance knows to be stored.
#[derive(Debug, Default)]
pub struct Metadata(Mutex<HashMap<TenantId, Known>>);

impl Metadata {
    /// Stores what a body says about metrics, where that is new.
    pub async fn note<'a>(
        &self,
        state: &StateTable,
        tenant: &TenantId,
        said: impl Iterator<Item = MetadataView<'a>>,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let mut said = said.peekable();
        if said.peek().is_none() {
            return Ok(());
        }
        // Taken out: whatever fails from here on is forgotten, and read again with the next body.
        let mut known = match self.take(tenant, now) {
            Some(known) => known,
            None => Known::read(state, tenant, now).await?,
        };
        let news = known.news(said, now);
        known.report_not_kept(tenant, &news, now);
        if write(state, tenant, news, &mut known, now).await? {
            self.keep(tenant, known);
        }
        Ok(())
    }

    fn take(&self, tenant: &TenantId, now: Timestamp) -> Option<Known> {
        let known = self.0.lock().ok()?.remove(tenant)?;
        (now.duration_since(known.read_at) < REMEMBERED).then_some(known)
    }

    fn keep(&self, tenant: &TenantId, known: Known) {
        if let Ok(mut all) = self.0.lock() {
            let others: usize = all.values().map(|each| each.families.len()).sum();
            if others + known.families.len() > MAX_REMEMBERED {
                all.clear();
            }
            all.insert(tenant.clone(), known);
        }
    }
}

/// What becomes of a body whose samples are taken, if it has any.
pub fn settle(
    noted: Result<(), TableError>,
    tenant: &TenantId,
    has_nothing_else: bool,
) -> Result<(), NotTaken> {
    let Err(error) = noted else { return Ok(()) };
    if has_nothing_else {
        return Err(error.into());
    }
    let cause = error.source().map(ToString::to_string);
    if error.is_retryable() {
        tracing::warn!(%tenant, %error, cause, "metadata must come again");
    } else {
        tracing::error!(%tenant, %error, cause, "metadata can't be stored");
    }
    Ok(())
}

/// The families of one tenant, by the hash of their names.
#[derive(Debug)]
struct Known {
    families: HashMap<u64, Held>,
    read_at: Timestamp,
    writes: usize,
    /// What is not kept is not kept again in each body, and is said once.
    is_reported: bool,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    content: u64,
    changed_at: Timestamp,
    seen_at: Timestamp,
}

/// What has to be written of one body.
#[derive(Debug, Default)]
struct News<'a> {
    changes: BTreeMap<&'a str, Change<'a>>,
    not_kept: u64,
}

#[derive(Debug)]
struct Change<'a> {
    said: MetadataView<'a>,
    before: Option<Held>,
}

impl Known {
    async fn read(
        state: &StateTable,
        tenant: &TenantId,
        now: Timestamp,
    ) -> Result<Self, TableError> {
        let mut known = Self {
            families: HashMap::new(),
            read_at: now,
            writes: 0,
            is_reported: false,
        };
        let hold = |family| known.hold(&family);
        state.each_family(tenant, now, hold).await?;
        Ok(known)
    }

    fn hold(&mut self, family: &Family) {
        let held = Held {
            content: content(&view(family)),
            changed_at: family.changed_at,
            seen_at: family.seen_at,
        };
        self.families.insert(name(&family.metric), held);
    }

    fn news<'a>(&self, said: impl Iterator<Item = MetadataView<'a>>, now: Timestamp) -> News<'a> {
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

    fn report_not_kept(&mut self, tenant: &TenantId, news: &News<'_>, now: Timestamp) {
        if news.not_kept == 0 || self.is_reported {
            return;
        }
        self.is_reported = true;
        let count = news.not_kept;
        tracing::warn!(%tenant, count, max = MAX_FAMILIES, "too many metric families to keep their metadata");
        lambda_support::put_metric(now, "ingest-metrics", "MetadataNotKept", count);
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
    fn family(&self, now: Timestamp) -> Family {
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

/// Whether `known` is still all that is stored: not where another instance was there before, and not
/// after many writes.
async fn write(
    state: &StateTable,
    tenant: &TenantId,
    news: News<'_>,
    known: &mut Known,
    now: Timestamp,
) -> Result<bool, TableError> {
    let room = MAX_WRITES.saturating_sub(known.writes);
    let is_all = news.changes.len() <= room;
    let mut writes = stream::iter(news.changes.into_values().take(room))
        .map(|change| async move {
            let family = change.family(now);
            let before = change.before.map(|held| held.seen_at);
            let written = state.put_family(tenant, &family, before).await?;
            Ok::<_, TableError>((family, written))
        })
        .buffer_unordered(CONCURRENT_WRITES);
    while let Some((family, written)) = writes.try_next().await? {
        if !written.is_stored() {
            return Ok(false);
        }
        known.hold(&family);
        known.writes += 1;
    }
    Ok(is_all)
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
}
