//! The outbox of transitions: what was decided and not handed over yet.

use dynamo_table::{Item, ItemBuilder, TableError, Write, Written};
use jiff::Timestamp;
use messages::TransitionBatch;
use serde::{Deserialize, Serialize};

use crate::{StateTable, keys};

#[derive(Serialize, Deserialize)]
struct Outgoing {
    batch: TransitionBatch,
}

impl StateTable {
    pub(crate) fn outbox_write(&self, batch: &TransitionBatch) -> Result<Write, TableError> {
        let key = keys::transition(&batch.tenant, &batch.source, batch.sequence, batch.part);
        let item = ItemBuilder::new(
            &key,
            "transition",
            1,
            &Outgoing {
                batch: batch.clone(),
            },
        )?
        .due(keys::TRANSITION_OUTBOX, &keys::sortable(batch.decided_at))
        .build();
        Ok(Write::Put(item, None))
    }

    /// Transitions decided before `before` that are still in the outbox, oldest first.
    pub async fn stranded_transitions(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<TransitionBatch>, TableError> {
        let found = self
            .table
            .query(keys::TRANSITION_OUTBOX)
            .due()
            .between("0", keys::sortable(before))
            .limit(limit)
            .items()
            .await?;
        Ok(found.into_iter().filter_map(readable).collect())
    }

    /// Takes a transition out of the outbox once the queue has it.
    pub async fn forget_transition(&self, batch: &TransitionBatch) -> Result<Written, TableError> {
        let key = keys::transition(&batch.tenant, &batch.source, batch.sequence, batch.part);
        self.table.delete(&key, None).await
    }
}

/// One transition of another version must not keep all others in the outbox.
fn readable(item: Item) -> Option<TransitionBatch> {
    serde_dynamo::from_item::<_, Outgoing>(item)
        .inspect_err(|error| tracing::error!(%error, "a stored transition can't be read"))
        .ok()
        .map(|outgoing| outgoing.batch)
}
