//! What do these samples say, and did a rule change state?
//!
//! Parse the body, load rules and states, store the samples in one conditional write, judge. Nothing is
//! remembered that a later repetition of the same body would contradict: a sender that got no answer
//! sends again, and the second time changes nothing.

mod answer;
mod complaints;
mod directory;
mod flush;
mod judge;
mod keyframes;
mod rules;
mod store;

use access::routes::IngestRoute;
use http_access::{Answer, Call, HttpError};
use remote_write::{Buffer, Limits};
use rule_transitions::TransitionOutbox;
use samples_table::SamplesTable;
use state_table::StateTable;

use crate::directory::Directory;
use crate::flush::{Flush, declared};
use crate::judge::Judge;
use crate::keyframes::Keyframes;
use crate::rules::Rules;

/// What this function works with.
#[derive(Debug)]
pub struct Deps {
    state: StateTable,
    judge: Judge,
    rules: Rules,
    keyframes: Keyframes,
    directory: Directory,
    limits: Limits,
}

impl Deps {
    /// `public_url` is what templates see as `$externalURL`.
    #[must_use]
    pub fn new(
        state: StateTable,
        samples: SamplesTable,
        outbox: TransitionOutbox,
        public_url: impl Into<String>,
    ) -> Self {
        Self {
            state,
            judge: Judge { outbox, samples },
            rules: Rules::new(public_url),
            keyframes: Keyframes::default(),
            directory: Directory::default(),
            limits: Limits::default(),
        }
    }
}

/// Answers one request.
pub async fn handle(deps: &Deps, call: Call<IngestRoute>) -> Result<Answer, HttpError> {
    match call.route {
        IngestRoute::Write => write(deps, &call).await,
    }
}

async fn write(deps: &Deps, call: &Call<IngestRoute>) -> Result<Answer, HttpError> {
    let principal = call.principal()?;
    let declared = declared(&call.headers, &principal.token).map_err(answer::refused)?;
    let protocol =
        remote_write::protocol(call.header("content-type"), call.header("content-encoding"))
            .map_err(answer::unsupported)?;
    let mut buffer = Buffer::default();
    let request = protocol
        .decode(
            &call.body,
            &deps.limits,
            call.now.as_millisecond(),
            &mut buffer,
        )
        .map_err(answer::refused)?;
    let series = request.views();
    let flush = Flush {
        tenant: &principal.tenant,
        declared: &declared,
        series: &series,
        arrived_at: call.now,
    };
    flush.check_hosts().map_err(answer::refused)?;
    if !request.is_empty() {
        take(deps, &flush).await.map_err(answer::unavailable)?;
    }
    Ok(answer::taken(&flush, &request))
}

/// Stores a flush, then judges it. The chunk comes first: what is judged must be there to be found.
async fn take(deps: &Deps, flush: &Flush<'_>) -> Result<(), judge::JudgeError> {
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
