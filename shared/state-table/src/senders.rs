//! Who sends flushes: the directory through which chunks are found.

use dynamo_table::{Condition, ItemBuilder, TableError, Written};
use ids::{SenderId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{StateTable, keys};

/// One sender, from its first flush on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sender {
    /// Who.
    pub sender: SenderId,
    /// When its first flush arrived.
    pub first_seen_at: Timestamp,
}

impl StateTable {
    /// Remembers a sender; one that is known already stays as it is.
    pub async fn note_sender(
        &self,
        tenant: &TenantId,
        sender: &SenderId,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let entry = Sender {
            sender: sender.clone(),
            first_seen_at: now,
        };
        let item = ItemBuilder::new(&keys::sender(tenant, sender), "sender", 1, &entry)?.build();
        self.table.put(item, Some(Condition::absent())).await
    }

    /// Whether a sender is known: a tenth of the price of noting it again.
    pub async fn is_known_sender(
        &self,
        tenant: &TenantId,
        sender: &SenderId,
    ) -> Result<bool, TableError> {
        let found = self
            .table
            .get_item(&keys::sender(tenant, sender), false)
            .await?;
        Ok(found.is_some())
    }

    /// Every sender of a tenant.
    pub async fn senders(&self, tenant: &TenantId) -> Result<Vec<Sender>, TableError> {
        self.table.query(keys::senders(tenant)).all().await
    }
}
