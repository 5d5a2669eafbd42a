//! Which senders and hosts does the directory not know yet?
//!
//! An instance remembers for some minutes what it looked up, so that a known sender costs nothing. What
//! it does not remember it reads before it writes: with many instances hardly a flush meets the one that
//! remembers it, and a write costs ten times a read.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use futures::{StreamExt, TryStreamExt, stream};
use ids::{HostId, SenderId, TenantId};
use jiff::{SignedDuration, Timestamp};
use series::{METRIC_NAME, SeriesView};
use state_table::{StateTable, TableError};

use crate::flush::{Flush, newest};

/// After this time what is known is looked up again, in case it was removed.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(10);
/// The most that is remembered; beyond it everything is forgotten, which costs reads and no truth.
const MAX_REMEMBERED: usize = 100_000;
/// The most hosts of one tenant that are watched: whoever puts request ids into `instance` must not
/// fill the directory, which is swept each minute.
const MAX_HOSTS: u32 = 20_000;
/// An arrival is late when the flush's newest sample is older than this.
const LATE: SignedDuration = SignedDuration::from_mins(2);
/// A late arrival is written at most so often for a host.
const LATE_NOTED_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// How many facts are looked up at a time.
const CONCURRENT_LOOK_UPS: usize = 16;

const INSTANCE: &str = "instance";

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Fact {
    Sender(TenantId, SenderId),
    Host(TenantId, SenderId, HostId),
    Late(TenantId, HostId),
}

/// What this instance has written lately.
#[derive(Debug, Default)]
pub struct Directory(Mutex<HashMap<Fact, Timestamp>>);

impl Directory {
    /// Writes what is new about a flush's sender and hosts.
    pub async fn note(&self, state: &StateTable, flush: &Flush<'_>) -> Result<(), TableError> {
        let late = flush.newest_ms().is_some_and(|newest_ms| {
            flush.arrived_at.as_millisecond() - newest_ms > LATE.as_millis() as i64
        });
        let fresh: Vec<Fact> = self.unknown(facts(flush, late), flush.arrived_at);
        stream::iter(fresh)
            .map(|fact| async move {
                let noted = write(state, &fact, flush.arrived_at).await?;
                let unwatched = u64::from(!noted && matches!(fact, Fact::Host(..)));
                self.remember(fact, flush.arrived_at);
                Ok::<u64, TableError>(unwatched)
            })
            .buffer_unordered(CONCURRENT_LOOK_UPS)
            .try_fold(0, async |sum, unwatched| Ok(sum + unwatched))
            .await
            .map(|unwatched| report_unwatched(flush, unwatched))
    }

    /// Writes a sender that is new, of whose flush nothing was taken.
    pub async fn note_sender(
        &self,
        state: &StateTable,
        tenant: &TenantId,
        sender: &SenderId,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let fact = Fact::Sender(tenant.clone(), sender.clone());
        for fact in self.unknown(vec![fact], now) {
            write(state, &fact, now).await?;
            self.remember(fact, now);
        }
        Ok(())
    }

    fn unknown(&self, facts: Vec<Fact>, now: Timestamp) -> Vec<Fact> {
        let Ok(known) = self.0.lock() else {
            return facts;
        };
        let is_known = |fact: &Fact| {
            let kept = if matches!(fact, Fact::Late(..)) {
                LATE_NOTED_EVERY
            } else {
                REMEMBERED
            };
            known
                .get(fact)
                .is_some_and(|at| now.duration_since(*at) < kept)
        };
        facts.into_iter().filter(|fact| !is_known(fact)).collect()
    }

    fn remember(&self, fact: Fact, now: Timestamp) {
        if let Ok(mut known) = self.0.lock() {
            if known.len() >= MAX_REMEMBERED {
                known.clear();
            }
            known.insert(fact, now);
        }
    }
}

fn facts(flush: &Flush<'_>, late: bool) -> Vec<Fact> {
    let (tenant, sender) = (flush.tenant, &flush.declared.sender);
    let mut facts = vec![Fact::Sender(tenant.clone(), sender.clone())];
    for host in hosts(flush) {
        if late {
            facts.push(Fact::Late(tenant.clone(), host.clone()));
        }
        facts.push(Fact::Host(tenant.clone(), sender.clone(), host));
    }
    facts
}

/// The hosts that speak through a flush; a series that ends with a stale marker is no sign of life.
pub fn hosts(flush: &Flush<'_>) -> BTreeSet<HostId> {
    if let Some(host) = &flush.declared.host {
        return BTreeSet::from([host.clone()]);
    }
    if let Some(named) = flush.hosts {
        let hosts = named.iter().filter_map(|name| HostId::new(name).ok());
        return hosts.collect();
    }
    let mut instances = BTreeSet::new();
    let (mut last, mut place) = (None, 0);
    for series in flush.series {
        let instance = instance(series, &mut place);
        // Neighbours mostly are of one host.
        let is_new = last != Some(instance);
        if is_new && host_silence::speaks_for_host(series.label(METRIC_NAME)) && is_alive(series) {
            instances.insert(instance);
            last = Some(instance);
        }
    }
    instances
        .into_iter()
        .filter_map(|instance| HostId::of_instance(instance).ok())
        .collect()
}

/// A series' instance, which mostly stands at the same place as that of the series before.
fn instance<'a>(series: &SeriesView<'a>, place: &mut usize) -> &'a str {
    if series
        .labels
        .get(*place)
        .is_none_or(|label| label.0 != INSTANCE)
    {
        *place = series.labels.partition_point(|label| label.0 < INSTANCE);
    }
    match series.labels.get(*place) {
        Some((name, instance)) if *name == INSTANCE => instance,
        _ => "",
    }
}

fn is_alive(series: &SeriesView<'_>) -> bool {
    newest(series).is_some_and(|sample| !sample.is_stale())
}

/// Whether it is in the directory now.
async fn write(state: &StateTable, fact: &Fact, now: Timestamp) -> Result<bool, TableError> {
    let written = match fact {
        Fact::Sender(tenant, sender) => {
            if !state.is_known_sender(tenant, sender).await? {
                state.note_sender(tenant, sender, now).await?;
            }
            return Ok(true);
        }
        Fact::Host(tenant, sender, host) => {
            state
                .note_host(tenant, host, sender, MAX_HOSTS, now)
                .await?
        }
        Fact::Late(tenant, host) => state.note_late_arrival(tenant, host, now).await?,
    };
    Ok(written.is_stored())
}

/// Their samples are stored and found all the same; only their silence goes unnoticed.
fn report_unwatched(flush: &Flush<'_>, count: u64) {
    if count == 0 {
        return;
    }
    tracing::warn!(tenant = %flush.tenant, sender = %flush.declared.sender, count, max = MAX_HOSTS, "too many hosts to watch");
    lambda_support::put_metric(flush.arrived_at, "ingest-metrics", "HostsNotWatched", count);
}
