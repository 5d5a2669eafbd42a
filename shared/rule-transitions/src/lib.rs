//! How does a decided transition leave exactly once?
//!
//! A rule's new state and the transitions that follow from it are written in one transaction. Then the
//! transitions go to the queue `alerts` and leave the outbox. A crash in between leaves them in the
//! outbox, where [`TransitionOutbox::resend_stranded`] finds them a minute later; the receiver drops
//! what it has seen, by source and sequence.

mod batches;

use aws_sdk_sqs::Client;
use ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use messages::TransitionBatch;
use rule_evaluation::{Advance, RuleState};
use state_table::rule_states::StoredRuleState;
use state_table::{StateTable, TableError, Written};

/// How often a lost race is tried again before the next evaluation is left to do it.
const MAX_RACES: usize = 5;
/// A transition that is still in the outbox after so long was stranded by a crash.
const STRANDED_AFTER: SignedDuration = SignedDuration::from_secs(20);
/// The most stranded transitions handed over in one sweep.
const MAX_RESENT: usize = 500;

/// The state table and the queue behind it.
#[derive(Debug, Clone)]
pub struct TransitionOutbox {
    state: StateTable,
    queue: Client,
    queue_url: String,
}

/// What became of one decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to write.
    Unchanged,
    /// State and so many transitions are stored.
    Committed {
        /// Alerts that began to fire or ended.
        transitions: usize,
    },
    /// Others decided at the same time, again and again; the next evaluation sees what they wrote.
    LostRaces,
}

impl TransitionOutbox {
    /// `queue_url` is the queue `alerts`.
    #[must_use]
    pub fn new(state: StateTable, queue: Client, queue_url: impl Into<String>) -> Self {
        Self {
            state,
            queue,
            queue_url: queue_url.into(),
        }
    }

    /// Decides from `known`, or from what the table holds where another decision came first.
    pub async fn decide<E>(
        &self,
        tenant: &TenantId,
        known: StoredRuleState,
        now: Timestamp,
        decide: impl Fn(&RuleState) -> Result<Advance, E>,
    ) -> Result<Outcome, DecisionError<E>> {
        let StoredRuleState {
            sender,
            rule_id,
            mut state,
        } = known;
        for _ in 0..MAX_RACES {
            let previous_sequence = state.sequence;
            let (next, transitions) = match decide(&state).map_err(DecisionError::Rule)? {
                Advance::Unchanged => return Ok(Outcome::Unchanged),
                Advance::Changed { state, transitions } => (state, transitions),
            };
            let count = transitions.len();
            let source = state_table::keys::source(&sender, &rule_id);
            let batches = batches::split(tenant, &source, next.sequence, now, transitions);
            let next = StoredRuleState {
                sender: sender.clone(),
                rule_id: rule_id.clone(),
                state: next,
            };
            let written = self
                .state
                .commit_rule_state(tenant, &next, previous_sequence, &batches, now)
                .await?;
            if written == Written::Yes {
                self.hand_over(&batches).await;
                return Ok(Outcome::Committed { transitions: count });
            }
            state = self
                .state
                .rule_state(tenant, &sender, &rule_id)
                .await?
                .state;
        }
        Ok(Outcome::LostRaces)
    }

    /// Hands over what a crash left in the outbox; how many.
    pub async fn resend_stranded(&self, now: Timestamp) -> Result<usize, TableError> {
        let stranded = self
            .state
            .stranded_transitions(now - STRANDED_AFTER, MAX_RESENT)
            .await?;
        self.hand_over(&stranded).await;
        Ok(stranded.len())
    }

    /// What fails here stays in the outbox, so that it is logged and not an error.
    async fn hand_over(&self, batches: &[TransitionBatch]) {
        for batch in batches {
            if let Err(error) = self.send(batch).await {
                tracing::warn!(
                    tenant = %batch.tenant,
                    source = batch.source,
                    sequence = batch.sequence,
                    %error,
                    "a transition stays in the outbox"
                );
            }
        }
    }

    async fn send(&self, batch: &TransitionBatch) -> Result<(), HandOverError> {
        self.queue
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(serde_json::to_string(batch)?)
            .send()
            .await
            .map_err(|error| HandOverError::Queue(Box::new(error)))?;
        self.state.forget_transition(batch).await?;
        Ok(())
    }
}

/// Why a decision could not be made or stored.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError<E> {
    /// The rule itself can't be judged.
    #[error("the rule can't be judged")]
    Rule(#[source] E),
    /// The state table could not answer.
    #[error(transparent)]
    Table(#[from] TableError),
}

#[derive(Debug, thiserror::Error)]
enum HandOverError {
    #[error("the queue did not take it: {0}")]
    Queue(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("it can't be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error("it went out but stays in the outbox: {0}")]
    Table(#[from] TableError),
}
