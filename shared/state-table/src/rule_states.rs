//! What each rule last said about each sender, and the transitions that follow from it.

use dynamo_table::{Condition, ItemBuilder, TableError, Write, Written};
use ids::{SenderId, TenantId};
use jiff::{SignedDuration, Timestamp};
use messages::TransitionBatch;
use rule_evaluation::RuleState;
use serde::{Deserialize, Serialize};

use crate::{StateTable, keys};

/// An idle state is kept so long, so that its sequence goes on where it stopped.
const IDLE_KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// One rule's state about one sender.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredRuleState {
    /// About whom.
    pub sender: SenderId,
    /// [`rule_evaluation::AlertingRule`]'s id.
    pub rule_id: String,
    /// What it said last.
    pub state: RuleState,
}

impl StoredRuleState {
    /// Where no state is stored yet.
    #[must_use]
    pub fn empty(sender: &SenderId, rule_id: &str) -> Self {
        Self {
            sender: sender.clone(),
            rule_id: rule_id.to_owned(),
            state: RuleState::default(),
        }
    }
}

impl StateTable {
    /// The states of all rules about one sender, at half the price: what is decided from them is
    /// guarded by their sequences, so that a state some milliseconds old loses a race and nothing else.
    pub async fn rule_states_of(
        &self,
        tenant: &TenantId,
        sender: &SenderId,
    ) -> Result<Vec<StoredRuleState>, TableError> {
        self.table
            .query(keys::rule_states(tenant))
            .prefix(keys::rule_states_of(sender))
            .all()
            .await
    }

    /// One rule's state about one sender.
    pub async fn rule_state(
        &self,
        tenant: &TenantId,
        sender: &SenderId,
        rule_id: &str,
    ) -> Result<StoredRuleState, TableError> {
        let key = keys::rule_state(tenant, &keys::source(sender, rule_id));
        let found = self.table.get(&key, true).await?;
        Ok(found.unwrap_or_else(|| StoredRuleState::empty(sender, rule_id)))
    }

    /// The states of all rules about all senders.
    pub async fn rule_states(&self, tenant: &TenantId) -> Result<Vec<StoredRuleState>, TableError> {
        self.table
            .query(keys::rule_states(tenant))
            .consistent()
            .all()
            .await
    }

    /// Replaces the state that had `previous_sequence` and puts its transitions into the outbox, both
    /// or neither. Loses the race where somebody else decided since.
    pub async fn commit_rule_state(
        &self,
        tenant: &TenantId,
        next: &StoredRuleState,
        previous_sequence: u64,
        batches: &[TransitionBatch],
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let mut writes = vec![put_state(tenant, next, previous_sequence, now)?];
        for batch in batches {
            writes.push(self.outbox_write(batch)?);
        }
        self.table.transact(writes).await
    }
}

fn put_state(
    tenant: &TenantId,
    next: &StoredRuleState,
    previous_sequence: u64,
    now: Timestamp,
) -> Result<Write, TableError> {
    let key = keys::rule_state(tenant, &keys::source(&next.sender, &next.rule_id));
    let mut item = ItemBuilder::new(&key, "rule_state", 1, next)?;
    if next.state.alerts.is_empty() {
        item = item.expires_at((now + IDLE_KEPT).as_second());
    }
    let condition = if previous_sequence == 0 {
        Condition::absent()
    } else {
        Condition::new("#state.#sequence = :previous")
            .name("#state", "state")
            .name("#sequence", "sequence")
            .number(":previous", previous_sequence)
    };
    Ok(Write::Put(item.build(), Some(condition)))
}
