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

use anyhow::Context;
use jiff::Timestamp;
use rule_transitions::TransitionOutbox;
use samples_table::SamplesTable;
use state_table::StateTable;

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

/// One tick. A tenant that fails is logged and delays no other; the next tick tries it again.
pub async fn handle(deps: &Deps, now: Timestamp) -> anyhow::Result<()> {
    let tenants = deps.state.tenants().await.context("listing the tenants")?;
    let mut failed = 0;
    for tenant in tenants {
        let evaluation = Box::pin(tenant::evaluate(deps, &tenant.tenant, now));
        if let Err(error) = evaluation.await {
            tracing::error!(tenant = %tenant.tenant, error = format!("{error:#}"), "a tenant's rules were not evaluated");
            failed += 1;
        }
    }
    let resent = deps
        .outbox
        .resend_stranded(now)
        .await
        .context("reading the outbox")?;
    if resent > 0 {
        tracing::warn!(resent, "transitions had been left in the outbox");
    }
    anyhow::ensure!(
        failed == 0,
        "the rules of {failed} tenants were not evaluated"
    );
    Ok(())
}
