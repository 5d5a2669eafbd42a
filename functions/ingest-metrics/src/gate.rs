//! May new series come?

use std::sync::Arc;

use access::routes::IngestRoute;
use http_access::{Call, HttpError};
use ids::TenantId;
use jiff::Timestamp;
use quotas::{Established, Gate, Usage};
use state_table::quotas::Standing;
use state_table::{StateTable, TableError};

use crate::Deps;
use crate::standings::Allowed;

/// What tells new series from established ones, where a tenant is near its quota of them. The gate of before goes
/// on while nothing was measured since: it knows whom it let in.
pub async fn behind(
    state: &StateTable,
    tenant: &TenantId,
    standing: &Standing,
    before: Option<Arc<Gate>>,
    now: Timestamp,
) -> Option<Arc<Gate>> {
    let quotas = &standing.allowed.quotas;
    let near = |usage: &&Usage| usage.established_parts > 0 && usage.is_near_series(quotas);
    let usage = standing.usage.as_ref().filter(near)?;
    let room = usage.room(quotas);
    let is_same =
        |gate: &Arc<Gate>| gate.measurement() == usage.measurement() && gate.room() == room;
    if let Some(gate) = before.filter(is_same) {
        return Some(gate);
    }
    match established(state, tenant, usage).await {
        Ok(Some(established)) => Some(Arc::new(Gate::new(established, usage.measurement(), room))),
        // It is written anew; the next look finds the measurement behind it.
        Ok(None) => None,
        Err(error) => {
            tracing::warn!(%tenant, %error, "it can't be read which series are established");
            lambda_support::put_metric(now, "ingest-metrics", "QuotasNotRead", 1);
            None
        }
    }
}

async fn established(
    state: &StateTable,
    tenant: &TenantId,
    usage: &Usage,
) -> Result<Option<Established>, TableError> {
    let (measurement, parts) = (usage.measurement(), usage.established_parts);
    let bytes = state.established(tenant, measurement, parts).await?;
    Ok(bytes.and_then(|bytes| Established::from_bytes(&bytes)))
}

/// Leases room for the new series of a body. Near the quota of series, and only there, `read` reads the body once
/// more than it would be: what is new in it is known when it was read.
pub async fn make_room(
    deps: &Deps,
    call: &Call<IngestRoute>,
    allowed: &Allowed,
    read: impl FnOnce(),
) -> Result<(), HttpError> {
    let Some(gate) = &allowed.gate else {
        return Ok(());
    };
    let Some(lease) = gate.lease_for(read) else {
        return Ok(());
    };
    let tenant = call.tenant()?;
    let leased = deps
        .state
        .lease_series(tenant, gate.measurement(), lease, gate.room());
    match leased.await {
        Ok(written) if written.is_stored() => gate.granted(lease),
        Ok(_) => gate.refused(lease),
        Err(error) => {
            tracing::warn!(%tenant, %error, "new series can't be counted, and are taken");
            lambda_support::put_metric(call.now, "ingest-metrics", "QuotaNotCounted", lease);
            gate.granted(lease);
        }
    }
    Ok(())
}
