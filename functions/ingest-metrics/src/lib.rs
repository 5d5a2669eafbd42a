//! What do these samples say, and did a rule change state?
//!
//! Parse the body, load rules and states, store the samples in one conditional write, judge. Nothing is
//! remembered that a later repetition of the same body would contradict: a sender that got no answer
//! sends again, and the second time changes nothing.

mod complaints;
mod directory;
mod doors;
mod flush;
mod judge;
mod keyframes;
mod metadata;
mod rules;
mod store;
mod taking;

use access::routes::IngestRoute;
use http_access::{Answer, Call, HttpError};
use rule_transitions::TransitionOutbox;
use samples_table::SamplesTable;
use state_table::StateTable;

use crate::directory::Directory;
use crate::judge::Judge;
use crate::keyframes::Keyframes;
use crate::metadata::Metadata;
use crate::rules::Rules;

/// What this function works with.
#[derive(Debug)]
pub struct Deps {
    state: StateTable,
    judge: Judge,
    rules: Rules,
    keyframes: Keyframes,
    directory: Directory,
    metadata: Metadata,
    limits: remote_write::Limits,
    point_limits: intake::Limits,
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
            limits: remote_write::Limits::default(),
            point_limits: intake::Limits::default(),
        }
    }
}

/// Answers one request.
pub async fn handle(deps: &Deps, call: Call<IngestRoute>) -> Result<Answer, HttpError> {
    match call.route {
        IngestRoute::Write => doors::remote_write::write(deps, &call).await,
        IngestRoute::OtlpMetrics => doors::otlp::export(deps, &call).await,
    }
}
