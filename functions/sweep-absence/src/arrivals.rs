//! When was each host last heard of?

use std::collections::{BTreeSet, HashMap};

use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use host_silence::speaks_for_host;
use ids::{HostId, SenderId, TenantId};
use jiff::{SignedDuration, Timestamp};
use samples_table::{KnownKeyframes, LoadError, StoredChunk};
use series::Series;
use state_table::hosts::Host;

use crate::{Arrivals, Deps};

/// Flushes whose samples are older than this are noted with their host (`ingest-metrics`); younger ones
/// are found here by the time of their samples.
const LATE: SignedDuration = SignedDuration::from_mins(2);
/// Sweeps come every minute; one may be missed and the last arrival is still found.
const MISSED_SWEEPS: SignedDuration = SignedDuration::from_mins(2);
/// Samples are taken up to this far ahead.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);
/// A flush that was sent before a farewell arrives at most so much later.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(2);
const CONCURRENT_READS: usize = 16;

/// What is read of one tenant in one sweep.
pub(crate) struct Reading<'a> {
    pub deps: &'a Deps,
    pub tenant: &'a TenantId,
    pub grace: SignedDuration,
    pub now: Timestamp,
}

impl Reading<'_> {
    /// Reads what arrived lately, sender by sender.
    pub(crate) async fn all(&self, hosts: &[Host]) -> anyhow::Result<Arrivals> {
        let by_sender: HashMap<SenderId, &Host> = hosts
            .iter()
            .map(|host| (SenderId::of_host(&host.host), host))
            .collect();
        let senders: BTreeSet<&SenderId> = hosts.iter().flat_map(|host| &host.senders).collect();
        let read: Vec<Arrivals> = stream::iter(senders)
            .map(async |sender| match by_sender.get(sender) {
                Some(host) => self.of_host(sender, host).await,
                None if sender.is_complete() => Ok(Arrivals::new()),
                None => self.of_mixed(sender).await,
            })
            .buffer_unordered(CONCURRENT_READS)
            .try_collect()
            .await
            .context("reading what arrived")?;
        let mut arrivals = Arrivals::new();
        for (host, arrived_at) in read.into_iter().flatten() {
            heard(&mut arrivals, host, arrived_at);
        }
        Ok(arrivals)
    }

    /// A complete flush is its host's: its newest chunk says enough, except after a clock was set back.
    async fn of_host(&self, sender: &SenderId, host: &Host) -> anyhow::Result<Arrivals> {
        let newest = self
            .deps
            .samples
            .newest_chunk(self.tenant, sender)
            .await?
            .map(|chunk| chunk.arrived_at);
        let mut last = newest;
        if last.is_none_or(|last| self.now.duration_since(last) > self.grace) {
            self.each_recent(sender, async |chunk| {
                last = last.max(Some(chunk.arrived_at));
                Ok(())
            })
            .await?;
        }
        if let Some(retired_at) = host.retired_at {
            last = since_farewell(retired_at, newest, last.max(host.late_arrival_at));
        }
        Ok(last
            .map(|last| (host.host.clone(), last))
            .into_iter()
            .collect())
    }

    async fn of_mixed(&self, sender: &SenderId) -> anyhow::Result<Arrivals> {
        let mut arrivals = Arrivals::new();
        let mut keyframes = KnownKeyframes::new();
        self.each_recent(sender, async |chunk| {
            let decoded = self
                .deps
                .samples
                .decode(self.tenant, sender, &chunk, &mut keyframes)
                .await;
            match decoded {
                Ok(series) => {
                    for host in speakers(&series) {
                        heard(&mut arrivals, host, chunk.arrived_at);
                    }
                    Ok(())
                }
                Err(LoadError::Table(error)) => Err(error.into()),
                // The other chunks of the grace period speak for its hosts as well.
                Err(error) => {
                    tracing::error!(tenant = %self.tenant, %sender, %error, "a chunk can't be read");
                    Ok(())
                }
            }
        })
        .await?;
        Ok(arrivals)
    }

    /// The chunks that can have arrived within the grace, a page at a time.
    async fn each_recent(
        &self,
        sender: &SenderId,
        mut see: impl AsyncFnMut(StoredChunk) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let from = self.now - self.grace - LATE - MISSED_SWEEPS;
        let times = (from.as_millisecond(), (self.now + AHEAD).as_millisecond());
        let mut after = None;
        loop {
            let page = self
                .deps
                .samples
                .chunks_page(self.tenant, sender, times, after.take())
                .await?;
            for chunk in page.items {
                see(chunk).await?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

/// What a retired host sent after its farewell, where that means that it is back. An older flush that
/// was still on its way when the farewell arrived means nothing; one that comes much later does, because
/// then somebody sends whose clock was set back.
fn since_farewell(
    retired_at: Timestamp,
    newest: Option<Timestamp>,
    last: Option<Timestamp>,
) -> Option<Timestamp> {
    let newest = newest.filter(|newest| *newest > retired_at);
    newest.max(last.filter(|last| last.duration_since(retired_at) > ON_ITS_WAY))
}

fn speakers(series: &[Series]) -> impl Iterator<Item = HostId> {
    let instances: BTreeSet<&str> = series
        .iter()
        .filter(|series| speaks_for_host(series.labels.metric_name()))
        .filter(|series| series.samples.iter().any(|sample| !sample.is_stale()))
        .map(|series| series.labels.value("instance"))
        .collect();
    instances
        .into_iter()
        .filter_map(|text| HostId::of_instance(text).ok())
}

fn heard(arrivals: &mut Arrivals, host: HostId, arrived_at: Timestamp) {
    let last = arrivals.entry(host).or_insert(arrived_at);
    *last = arrived_at.max(*last);
}
