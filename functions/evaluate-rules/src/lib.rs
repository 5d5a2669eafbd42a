//! Which rules that span hosts changed state? Every minute.
//!
//! - Rules that need several hosts or times gone by are evaluated over the stored samples; each chunk is
//!   read once for all rules.
//! - Rules about one host are evaluated here for hosts that arrive through mixed senders; the complete
//!   flushes of the agent are judged when they arrive.
//! - Alerts that inline evaluation began are looked at again, so that they end when samples stop.
//! - Transitions that a crash left in the outbox are handed over.

mod plan;
mod tenant;

use std::time::Duration;

use anyhow::Context;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use rule_transitions::TransitionOutbox;
use samples_table::SamplesTable;
use state_table::StateTable;
use state_table::tenants::Tenant;

/// What this function works with.
#[derive(Debug)]
pub struct Deps {
    /// Tenants, rules and their states.
    pub state: StateTable,
    /// The samples.
    pub samples: SamplesTable,
    /// Where transitions leave.
    pub outbox: TransitionOutbox,
    /// `$externalURL` of templates.
    pub public_url: String,
}

/// How many tenants are evaluated at a time: one that is large or slow delays no other, and what they
/// hold in memory together fits.
const CONCURRENT_TENANTS: usize = 3;
/// A tenant that takes longer is left to the next tick.
const TENANT_TIMEOUT: Duration = Duration::from_secs(40);

/// One tick. A tenant that fails is logged and delays no other; the next tick tries it again. The outbox
/// does not wait for the tenants.
pub async fn handle(deps: &Deps, now: Timestamp) -> anyhow::Result<()> {
    let (failed, resent) = futures::join!(all_tenants(deps, now), deps.outbox.resend_stranded(now));
    let resent = resent.context("reading the outbox")?;
    if resent > 0 {
        tracing::warn!(resent, "transitions had been left in the outbox");
    }
    let failed = failed?;
    anyhow::ensure!(
        failed == 0,
        "the rules of {failed} tenants were not evaluated"
    );
    Ok(())
}

/// How many failed.
async fn all_tenants(deps: &Deps, now: Timestamp) -> anyhow::Result<usize> {
    let tenants = deps.state.tenants().await.context("listing the tenants")?;
    Ok(stream::iter(in_turn(tenants, now))
        .map(async |tenant| {
            let evaluation = Box::pin(tenant::evaluate(deps, &tenant.tenant, now));
            let evaluated = tokio::time::timeout(TENANT_TIMEOUT, evaluation).await;
            let evaluated = evaluated.unwrap_or_else(|late| Err(late.into()));
            if let Err(error) = &evaluated {
                tracing::error!(tenant = %tenant.tenant, error = format!("{error:#}"), "a tenant's rules were not all evaluated");
            }
            evaluated
        })
        .buffer_unordered(CONCURRENT_TENANTS)
        .filter(|evaluated| std::future::ready(evaluated.is_err()))
        .count()
        .await)
}

/// Another tenant comes first each minute, so that none is always the last.
fn in_turn(mut tenants: Vec<Tenant>, now: Timestamp) -> Vec<Tenant> {
    let minute = usize::try_from(now.as_second() / 60).unwrap_or_default();
    let first = minute % tenants.len().max(1);
    tenants.rotate_left(first);
    tenants
}
