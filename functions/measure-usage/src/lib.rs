//! How much does each tenant send? Every minute near its quotas, every five minutes far from them.
//!
//! Counted is what is stored, so that no flush has to write down that it came. A tenant without senders
//! costs the look at its quotas and its list of senders.

mod count;

use std::time::Duration;

use anyhow::Context;
use futures::{StreamExt, stream};
use ids::TenantId;
use jiff::Timestamp;
use quotas::{Established, Usage};
use samples_table::SamplesTable;
use state_table::StateTable;

use crate::count::{Count, Counting};

/// How many tenants are measured at a time: one that is large or slow delays no other.
const CONCURRENT_TENANTS: usize = 2;
/// A tenant that takes longer is left to the next tick.
const TENANT_TIMEOUT: Duration = Duration::from_secs(40);

/// What this function works with.
#[derive(Debug)]
pub struct Deps {
    /// Tenants, their quotas and senders.
    pub state: StateTable,
    /// What arrived.
    pub samples: SamplesTable,
}

/// One tick. A tenant that fails is logged and delays no other; the next tick tries it again.
pub async fn handle(deps: &Deps, now: Timestamp) -> anyhow::Result<()> {
    let mut tenants = deps.state.tenants().await.context("listing the tenants")?;
    // Another one comes first each minute, so that none is always the last.
    let minute = usize::try_from(now.as_second() / 60).unwrap_or_default();
    let first = minute % tenants.len().max(1);
    tenants.rotate_left(first);
    let failed = stream::iter(tenants)
        .map(async |tenant| {
            let measuring = Box::pin(measure(deps, &tenant.tenant, now));
            let measured = tokio::time::timeout(TENANT_TIMEOUT, measuring).await;
            let measured = measured.unwrap_or_else(|late| Err(late.into()));
            if let Err(error) = &measured {
                tracing::error!(tenant = %tenant.tenant, error = format!("{error:#}"), "a tenant's use was not measured");
            }
            measured
        })
        .buffer_unordered(CONCURRENT_TENANTS)
        .filter(|measured| std::future::ready(measured.is_err()))
        .count()
        .await;
    anyhow::ensure!(failed == 0, "the use of {failed} tenants was not measured");
    Ok(())
}

async fn measure(deps: &Deps, tenant: &TenantId, now: Timestamp) -> anyhow::Result<()> {
    let standing = deps.state.standing(tenant).await;
    let standing = standing.context("reading quotas and use")?;
    let allowed = &standing.allowed;
    let before = standing.usage.as_ref();
    if !Usage::is_due(before, &allowed.quotas, allowed.version, now) {
        return Ok(());
    }
    let senders = deps.state.senders(tenant).await;
    let senders = senders.context("listing the senders")?;
    if senders.is_empty() {
        return Ok(());
    }
    let counting = Counting {
        samples: &deps.samples,
        tenant,
        now,
    };
    let count = counting.all(&senders).await?;
    let mut usage = count.usage(allowed.version, now);
    if usage.is_near_series(&allowed.quotas) {
        usage.established_parts = keep_established(deps, tenant, &usage, count).await?;
    }
    let written = deps.state.put_usage(tenant, &usage).await;
    written.context("writing what was measured").map(|_| ())
}

/// Before the measurement that speaks of them. Without a filter every series is taken.
async fn keep_established(
    deps: &Deps,
    tenant: &TenantId,
    usage: &Usage,
    count: Count,
) -> anyhow::Result<u32> {
    let Some(established) = Established::of(count.into_keys()) else {
        tracing::error!(%tenant, series = usage.active_series, "no filter could be built");
        return Ok(0);
    };
    let bytes = established.to_bytes();
    let put = deps
        .state
        .put_established(tenant, usage.measurement(), &bytes);
    put.await.context("storing which series are established")
}
