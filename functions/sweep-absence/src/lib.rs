//! Who went silent? Every minute, by arrival time.
//!
//! A host counts as silent when nothing of it arrived for longer than its tenant's grace. When its
//! samples claim to be from does not matter: a wrong clock is not death.

mod arrivals;

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context;
use futures::{StreamExt, stream};
use host_silence::{Concurrency, Host, Presence, Verdict};
use ids::{HostId, SenderId, TenantId};
use jiff::{SignedDuration, Timestamp};
use rule_evaluation::AlertingRule;
use rule_transitions::{DecisionError, TransitionOutbox};
use samples_table::SamplesTable;
use state_table::StateTable;
use state_table::hosts::Host as KnownHost;
use state_table::rule_states::StoredRuleState;
use state_table::tenants::Tenant;

use crate::arrivals::Reading;

/// How many decisions are written at a time.
const CONCURRENT_DECISIONS: usize = 16;
/// How many tenants are swept at a time: one that is large or slow delays no other.
const CONCURRENT_TENANTS: usize = 4;
/// A tenant that takes longer is left to the next sweep.
const TENANT_TIMEOUT: Duration = Duration::from_secs(40);

/// What this function works with.
#[derive(Debug)]
pub struct Deps {
    /// Tenants, hosts and what was decided about them.
    pub state: StateTable,
    /// What arrived.
    pub samples: SamplesTable,
    /// Where transitions leave.
    pub outbox: TransitionOutbox,
}

/// One tick. A tenant that fails is logged and delays no other; the next tick tries it again.
pub async fn handle(deps: &Deps, now: Timestamp) -> anyhow::Result<()> {
    let rule = host_silence::rule();
    let tenants = deps.state.tenants().await.context("listing the tenants")?;
    let failed = stream::iter(in_turn(tenants, now))
        .map(async |tenant| {
            let sweep = Box::pin(sweep(deps, &tenant.tenant, &rule, now));
            let swept = tokio::time::timeout(TENANT_TIMEOUT, sweep).await;
            let swept = swept.unwrap_or_else(|late| Err(late.into()));
            if let Err(error) = &swept {
                tracing::error!(tenant = %tenant.tenant, error = format!("{error:#}"), "a tenant's hosts were not swept");
            }
            swept
        })
        .buffer_unordered(CONCURRENT_TENANTS)
        .filter(|swept| std::future::ready(swept.is_err()))
        .count()
        .await;
    anyhow::ensure!(failed == 0, "the hosts of {failed} tenants were not swept");
    Ok(())
}

/// Another tenant comes first each minute, so that none is always the last.
fn in_turn(mut tenants: Vec<Tenant>, now: Timestamp) -> Vec<Tenant> {
    let minute = usize::try_from(now.as_second() / 60).unwrap_or_default();
    let first = minute % tenants.len().max(1);
    tenants.rotate_left(first);
    tenants
}

async fn sweep(
    deps: &Deps,
    tenant: &TenantId,
    rule: &AlertingRule,
    now: Timestamp,
) -> anyhow::Result<()> {
    let hosts = deps
        .state
        .hosts(tenant)
        .await
        .context("reading the hosts")?;
    if hosts.is_empty() {
        return Ok(());
    }
    let settings = deps
        .state
        .settings(tenant)
        .await
        .context("reading the settings")?
        .settings;
    let grace_secs = settings.host_silence_grace_secs;
    let grace = SignedDuration::from_secs(i64::from(grace_secs));
    let mut states = silence_states(deps, tenant, rule).await?;
    let reading = Reading {
        deps,
        tenant,
        grace,
        now,
    };
    let arrivals = reading.all(&hosts).await?;
    let judged: Vec<Judged<'_>> = hosts
        .iter()
        .map(|host| {
            let sender = SenderId::of_host(&host.host);
            let known = states
                .remove(&sender)
                .unwrap_or_else(|| StoredRuleState::empty(&sender, rule.id.as_str()));
            let presence = Presence::of(&known.state);
            let last_arrival = last_arrival(host, arrivals.get(&host.host).copied(), presence);
            let verdict = host_silence::judge(&view(host, last_arrival, presence), grace_secs, now);
            (host, known, last_arrival, verdict)
        })
        .collect();
    bring_back(deps, tenant, &judged).await?;
    let concurrency = Concurrency::of(judged.iter().map(|(.., verdict)| *verdict));
    let wanted = judged
        .into_iter()
        .filter(|(_, known, _, verdict)| needs_writing(known, *verdict));
    let failed = stream::iter(wanted)
        .map(|judged| decide(deps, tenant, rule, judged, concurrency, now))
        .buffer_unordered(CONCURRENT_DECISIONS)
        .filter_map(async |decided| decided.err())
        .collect::<Vec<_>>()
        .await;
    let count = failed.len();
    match failed.into_iter().next() {
        None => Ok(()),
        Some(first) => Err(first.context(format!("{count} hosts could not be decided on"))),
    }
}

async fn decide(
    deps: &Deps,
    tenant: &TenantId,
    rule: &AlertingRule,
    (host, known, last_arrival, verdict): Judged<'_>,
    concurrency: Concurrency,
    now: Timestamp,
) -> anyhow::Result<()> {
    let host = view(host, last_arrival, Presence::of(&known.state));
    let decided = deps
        .outbox
        .decide(tenant, known, now, |state| {
            host_silence::advance(rule, &host, verdict, concurrency, state, now)
        })
        .await;
    match decided {
        Ok(_) => Ok(()),
        Err(DecisionError::Table(error)) => Err(error).context("storing a decision"),
        Err(DecisionError::Rule(error)) => Err(error).context("deciding silence"),
    }
}

type Judged<'a> = (&'a KnownHost, StoredRuleState, Option<Timestamp>, Verdict);

/// A retired host that reports again is expected to go on.
async fn bring_back(deps: &Deps, tenant: &TenantId, judged: &[Judged<'_>]) -> anyhow::Result<()> {
    for (host, _, _, verdict) in judged {
        if let (Some(retired_at), false) = (host.retired_at, *verdict == Verdict::Retired) {
            deps.state
                .bring_host_back(tenant, &host.host, retired_at)
                .await
                .context("bringing a host back")?;
        }
    }
    Ok(())
}

fn needs_writing(known: &StoredRuleState, verdict: Verdict) -> bool {
    verdict.is_silent() || !known.state.alerts.is_empty()
}

fn view(host: &KnownHost, last_arrival: Option<Timestamp>, presence: Presence) -> Host<'_> {
    let retired = host
        .retired_at
        .is_some_and(|retired_at| last_arrival.is_none_or(|arrival| arrival <= retired_at));
    Host {
        id: &host.host,
        last_arrival,
        presence,
        retired,
    }
}

/// The newest of what the chunks, the directory and the last decision know.
fn last_arrival(
    host: &KnownHost,
    of_chunks: Option<Timestamp>,
    presence: Presence,
) -> Option<Timestamp> {
    let of_silence = match presence {
        Presence::Silent { since } => Some(since),
        Presence::Alive => None,
    };
    // After a farewell `arrivals` says which late flush counts.
    let late = host.late_arrival_at.filter(|_| host.retired_at.is_none());
    Some(host.first_seen_at)
        .max(of_chunks)
        .max(late)
        .max(of_silence)
}

async fn silence_states(
    deps: &Deps,
    tenant: &TenantId,
    rule: &AlertingRule,
) -> anyhow::Result<HashMap<SenderId, StoredRuleState>> {
    let states = deps
        .state
        .rule_states(tenant)
        .await
        .context("reading what was decided")?;
    Ok(states
        .into_iter()
        .filter(|known| known.rule_id == rule.id.as_str())
        .map(|known| (known.sender.clone(), known))
        .collect())
}

/// When each host was last heard of.
pub(crate) type Arrivals = HashMap<HostId, Timestamp>;
