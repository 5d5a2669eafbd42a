//! What do the metrics mean? Keeps kind, help and unit of each metric family as its senders say them.
//!
//! Remote write 1.0 says all of it once a minute in bodies of its own, 2.0 with each series of each body
//! (OTLP too). So an instance reads a tenant's families once an hour,
//! and what it finds there costs nothing more. One query and not a look-up of each family: a query is
//! charged by the sum of sizes, look-ups by each item rounded up, which is 20 times as much.
//!
//! Samples come first. A body whose samples are stored is taken, also where its metadata could not be:
//! they come again with the next one, and the instance that failed has forgotten what it knew. A body
//! that has nothing else must come again.

mod known;

use std::collections::HashMap;
use std::error::Error;
use std::sync::Mutex;

use futures::{StreamExt, TryStreamExt, stream};
use ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use series::MetadataView;
use state_table::metadata::MAX_FAMILIES;
use state_table::{StateTable, TableError};

use crate::taking::NotTaken;
use known::{Known, News};

/// After this time what is known is read again.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);
/// The most families of all tenants that are remembered; beyond it everything is forgotten, which costs
/// reads and no truth.
const MAX_REMEMBERED: usize = 50_000;
/// After so many writes what is stored is read again: other instances write too, and together they
/// must not go far beyond [`MAX_FAMILIES`]. What is left over comes again with the next body.
const MAX_WRITES: usize = 1_000;
const CONCURRENT_WRITES: usize = 16;

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
            None => read(state, tenant, now).await?,
        };
        let news = known.news(said, now);
        report_not_kept(tenant, &mut known, &news, now);
        if write(state, tenant, news, &mut known, now).await? {
            self.keep(tenant, known);
        }
        Ok(())
    }

    fn take(&self, tenant: &TenantId, now: Timestamp) -> Option<Known> {
        let known = self.0.lock().ok()?.remove(tenant)?;
        let is_fresh = now.duration_since(known.read_at) < REMEMBERED;
        (is_fresh && known.writes < MAX_WRITES).then_some(known)
    }

    fn keep(&self, tenant: &TenantId, known: Known) {
        if let Ok(mut all) = self.0.lock() {
            let others: usize = all.values().map(Known::len).sum();
            if others + known.len() > MAX_REMEMBERED {
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

async fn read(state: &StateTable, tenant: &TenantId, now: Timestamp) -> Result<Known, TableError> {
    let mut known = Known::nothing(now);
    let hold = |family| known.hold(&family);
    state.each_family(tenant, now, hold).await?;
    Ok(known)
}

/// Said once for each reading, because it is found again in each body.
fn report_not_kept(tenant: &TenantId, known: &mut Known, news: &News<'_>, now: Timestamp) {
    if news.not_kept == 0 || known.is_reported {
        return;
    }
    known.is_reported = true;
    let count = news.not_kept;
    tracing::warn!(%tenant, count, max = MAX_FAMILIES, "too many metric families to keep their metadata");
    lambda_support::put_metric(now, "ingest-metrics", "MetadataNotKept", count);
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
            let before = change.seen_before();
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
