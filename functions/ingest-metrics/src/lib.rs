//! What do these samples say, and did a rule change state?
//!
//! Parse the body, load rules and states, store the samples in one conditional write, judge. Nothing is
//! remembered that a later repetition of the same body would contradict: a sender that got no answer
//! sends again, and the second time changes nothing.

mod complaints;
mod directory;
mod doors;
mod flush;
mod gate;
mod judge;
mod keyframes;
mod metadata;
mod rate;
mod rules;
mod standings;
mod store;
mod taking;

use std::sync::Arc;

use access::routes::IngestRoute;
use http_access::{Answer, Call, HttpError};
use rule_transitions::TransitionOutbox;
use samples_table::SamplesTable;
use state_table::StateTable;

use crate::directory::Directory;
use crate::doors::remote_write::SpareBuffer;
use crate::judge::Judge;
use crate::keyframes::Keyframes;
use crate::metadata::Metadata;
use crate::rate::Shares;
use crate::rules::Rules;
use crate::standings::{Allowed, Standings};

/// What this function works with.
#[derive(Debug)]
pub struct Deps {
    state: StateTable,
    judge: Judge,
    rules: Rules,
    keyframes: Keyframes,
    directory: Directory,
    metadata: Metadata,
    standings: Standings,
    shares: Shares,
    buffer: SpareBuffer,
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
            metadata: Metadata::default(),
            standings: Standings::default(),
            shares: Shares::default(),
            buffer: SpareBuffer::default(),
        }
    }

    /// What the caller's tenant may send now.
    async fn allowed(&self, call: &Call<IngestRoute>) -> Result<Arc<Allowed>, HttpError> {
        let tenant = call.tenant()?;
        Ok(self.standings.of(&self.state, tenant, call.now).await)
    }
}

/// Answers one request.
pub async fn handle(deps: &Deps, call: Call<IngestRoute>) -> Result<Answer, HttpError> {
    match call.route {
        IngestRoute::Write => doors::remote_write::write(deps, &call).await,
        IngestRoute::OtlpMetrics => doors::otlp::export(deps, &call).await,
        IngestRoute::InfluxWrite | IngestRoute::InfluxWriteV1 => {
            doors::influx::write(deps, &call).await
        }
        IngestRoute::Collectd => doors::collectd::post(deps, &call).await,
        IngestRoute::Firehose => doors::firehose::deliver(deps, &call).await,
    }
}
