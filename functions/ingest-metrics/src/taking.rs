//! What happens to every body, whatever its protocol.

use access::routes::IngestRoute;
use http_access::{Call, HttpError};
use ids::SenderId;
use ingest_ledger::Account;
use samples_table::LoadError;
use state_table::TableError;
use std::error::Error;

use crate::flush::Flush;
use crate::judge::JudgeError;
use crate::{Deps, metadata, store};

/// Why a body was not taken.
#[derive(Debug)]
pub enum NotTaken {
    /// Nothing is lost: the sender still has it, and the same body may pass later.
    Later,
    /// As [`NotTaken::Later`]: the tenant has sent too much in the last seconds.
    OverQuota {
        /// When it may pass.
        secs: u64,
    },
    /// Our fault.
    Failed(HttpError),
}

/// Takes a body that was read: stores and judges what is left of it, keeps what it says about metrics, and
/// records what is refused.
pub async fn take(
    deps: &Deps,
    call: &Call<IngestRoute>,
    flush: &Flush<'_>,
    account: &Account,
) -> Result<(), NotTaken> {
    let (tenant, now) = (flush.tenant, flush.arrived_at);
    let said = flush.families.iter().copied();
    let (taken, noted) = futures::join!(
        take_points(deps, call, flush, account),
        deps.metadata.note(&deps.state, tenant, said, now),
    );
    taken?;
    let has_nothing_else = flush.series.is_empty() && account.refused.is_empty();
    metadata::settle(noted, tenant, has_nothing_else)
}

async fn take_points(
    deps: &Deps,
    call: &Call<IngestRoute>,
    flush: &Flush<'_>,
    account: &Account,
) -> Result<(), NotTaken> {
    if !flush.series.is_empty() {
        count(deps, call, flush).await?;
        keep(deps, flush).await?;
    }
    let sender = &flush.declared.sender;
    record(deps, call, sender, account).await
}

/// Counts the points against the tenant's quota before they are stored.
async fn count(deps: &Deps, call: &Call<IngestRoute>, flush: &Flush<'_>) -> Result<(), NotTaken> {
    let allowed = deps.allowed(call).await.map_err(NotTaken::Failed)?;
    let (tenant, points) = (flush.tenant, flush.points);
    let taken = deps
        .shares
        .take(&deps.state, tenant, &allowed, points, call.now);
    taken.await.map_err(|secs| NotTaken::OverQuota { secs })
}

/// Records a body that could not be read.
pub async fn turn_away(
    deps: &Deps,
    call: &Call<IngestRoute>,
    account: &Account,
) -> Result<(), NotTaken> {
    let principal = call.principal().map_err(NotTaken::Failed)?;
    record(deps, call, &SenderId::of_token(&principal.token), account).await
}

/// Stores a flush, then judges it. The chunk comes first: what is judged must be there to be found.
async fn keep(deps: &Deps, flush: &Flush<'_>) -> Result<(), JudgeError> {
    let samples = &deps.judge.samples;
    let (stored, states, rules, noted) = futures::join!(
        store::store(samples, &deps.keyframes, flush),
        deps.state
            .rule_states_of(flush.tenant, &flush.declared.sender),
        deps.rules.of(&deps.state, flush.tenant, flush.arrived_at),
        deps.directory.note(&deps.state, flush),
    );
    stored?;
    noted?;
    let rules = rules?;
    let now_valid = async || {
        deps.rules
            .read(&deps.state, flush.tenant, flush.arrived_at)
            .await
    };
    deps.judge.judge(flush, &rules, states?, now_valid).await?;
    if let Some(host) = flush.declared.host.as_ref().filter(|_| flush.is_farewell()) {
        deps.state
            .retire_host(flush.tenant, host, flush.arrived_at)
            .await?;
    }
    Ok(())
}

/// Writes what was refused into the ledger; a body of which everything is taken costs nothing here.
async fn record(
    deps: &Deps,
    call: &Call<IngestRoute>,
    sender: &SenderId,
    account: &Account,
) -> Result<(), NotTaken> {
    if account.refused.is_empty() {
        return Ok(());
    }
    let tenant = &call.principal().map_err(NotTaken::Failed)?.tenant;
    for refused in &account.refused {
        let (reason, count) = (&refused.reason, refused.count);
        tracing::info!(%tenant, %sender, protocol = ?account.protocol, %reason, unit = ?refused.unit, count, "refused");
    }
    let points = account.refused_points();
    lambda_support::put_metric(call.now, "ingest-metrics", "SamplesRejected", points);
    let samples = &deps.judge.samples;
    let (known, recorded) = futures::join!(
        deps.directory
            .note_sender(&deps.state, tenant, sender, call.now),
        samples.record_refused(tenant, sender, account, &call.request_id, call.now),
    );
    known.and(recorded).map_err(NotTaken::from)
}

impl From<JudgeError> for NotTaken {
    fn from(error: JudgeError) -> Self {
        match error {
            JudgeError::State(error) | JudgeError::Samples(LoadError::Table(error)) => error.into(),
            JudgeError::Samples(error) => Self::Failed(HttpError::internal(error)),
        }
    }
}

impl From<TableError> for NotTaken {
    fn from(error: TableError) -> Self {
        if !error.is_retryable() {
            return Self::Failed(error.into());
        }
        let cause = error.source().map(ToString::to_string);
        tracing::warn!(%error, cause, "a body must come again");
        Self::Later
    }
}
