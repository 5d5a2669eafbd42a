//! When was each host last heard of?

use std::collections::{BTreeSet, HashMap};

use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use host_silence::speaks_for_host;
use ids::{HostId, SenderId, TenantId};
use jiff::{SignedDuration, Timestamp};
use samples_table::StoredChunk;
use state_table::hosts::Host;

use crate::{Arrivals, Deps};

/// Flushes whose samples are older than this are noted with their host (`ingest-metrics`); younger ones
/// are found here by the time of their samples.
const LATE: SignedDuration = SignedDuration::from_mins(2);
/// Sweeps come every minute; one may be missed and the last arrival is still found.
const MISSED_SWEEPS: SignedDuration = SignedDuration::from_mins(2);
/// Samples are taken up to this far ahead.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);
const CONCURRENT_READS: usize = 16;

/// Reads what arrived lately, sender by sender.
pub(crate) async fn read(
    deps: &Deps,
    tenant: &TenantId,
    hosts: &[Host],
    grace: SignedDuration,
    now: Timestamp,
) -> anyhow::Result<Arrivals> {
    let senders: BTreeSet<&SenderId> = hosts.iter().flat_map(|host| &host.senders).collect();
    let by_sender: Vec<Arrivals> = stream::iter(senders)
        .map(async |sender| {
            if sender.is_complete() {
                of_host(deps, tenant, sender, hosts, grace, now).await
            } else {
                of_mixed(deps, tenant, sender, grace, now).await
            }
        })
        .buffer_unordered(CONCURRENT_READS)
        .try_collect()
        .await
        .context("reading what arrived")?;
    let mut arrivals = HashMap::new();
    for (host, arrived_at) in by_sender.into_iter().flatten() {
        heard(&mut arrivals, host, arrived_at);
    }
    Ok(arrivals)
}

/// A complete flush is its host's: its newest chunk says enough, except after a clock was set back.
async fn of_host(
    deps: &Deps,
    tenant: &TenantId,
    sender: &SenderId,
    hosts: &[Host],
    grace: SignedDuration,
    now: Timestamp,
) -> anyhow::Result<Arrivals> {
    let Some(host) = hosts
        .iter()
        .find(|host| SenderId::of_host(&host.host) == *sender)
    else {
        return Ok(Arrivals::new());
    };
    let mut last = deps
        .samples
        .newest_chunk(tenant, sender)
        .await?
        .map(|chunk| chunk.arrived_at);
    if last.is_none_or(|last| now.duration_since(last) > grace) {
        let recent = recent_chunks(deps, tenant, sender, grace, now).await?;
        last = last.max(recent.iter().map(|chunk| chunk.arrived_at).max());
    }
    Ok(last
        .map(|last| (host.host.clone(), last))
        .into_iter()
        .collect())
}

async fn of_mixed(
    deps: &Deps,
    tenant: &TenantId,
    sender: &SenderId,
    grace: SignedDuration,
    now: Timestamp,
) -> anyhow::Result<Arrivals> {
    let mut arrivals = Arrivals::new();
    let mut keyframes = HashMap::new();
    for chunk in recent_chunks(deps, tenant, sender, grace, now).await? {
        let series = deps
            .samples
            .decode(tenant, sender, &chunk, &mut keyframes)
            .await?;
        let instances: BTreeSet<&str> = series
            .iter()
            .filter(|series| speaks_for_host(series.labels.metric_name()))
            .filter(|series| series.samples.iter().any(|sample| !sample.is_stale()))
            .map(|series| series.labels.value("instance"))
            .collect();
        for host in instances
            .into_iter()
            .filter_map(|text| HostId::of_instance(text).ok())
        {
            heard(&mut arrivals, host, chunk.arrived_at);
        }
    }
    Ok(arrivals)
}

async fn recent_chunks(
    deps: &Deps,
    tenant: &TenantId,
    sender: &SenderId,
    grace: SignedDuration,
    now: Timestamp,
) -> anyhow::Result<Vec<StoredChunk>> {
    let from = now - grace - LATE - MISSED_SWEEPS;
    let to = now + AHEAD;
    Ok(deps
        .samples
        .chunks(tenant, sender, from.as_millisecond(), to.as_millisecond())
        .await?)
}

fn heard(arrivals: &mut Arrivals, host: HostId, arrived_at: Timestamp) {
    let last = arrivals.entry(host).or_insert(arrived_at);
    *last = arrived_at.max(*last);
}
