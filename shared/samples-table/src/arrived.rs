//! What arrived lately, with how much it was.

use dynamo_table::{Key, Page, TableError};
use ids::{SenderId, TenantId};
use jiff::Timestamp;

use crate::{SamplesTable, StoredChunk, integer, keys, ledger, stored_chunk};

/// A chunk and the points of its flush.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// What is stored.
    pub chunk: StoredChunk,
    /// Points of the whole flush, where this is the chunk that counts them; else 0.
    pub points: u64,
}

impl SamplesTable {
    /// One page (at most 1 MB) of the chunks whose newest sample lies within two times, oldest first. The last
    /// second may be missing: half the price of a consistent read.
    pub async fn arrived_page(
        &self,
        tenant: &TenantId,
        sender: &SenderId,
        (from, to): (Timestamp, Timestamp),
        after: Option<Key>,
    ) -> Result<Page<Arrived>, TableError> {
        let (from, to) = keys::newest_range(from.as_millisecond(), to.as_millisecond());
        let page = self
            .table
            .query(keys::chunks(tenant, sender))
            .between(from, to)
            .after(after)
            .one_page()
            .await?;
        let arrived = page.items.into_iter().map(|item| Arrived {
            points: u64::try_from(integer(item.get(ledger::POINTS))).unwrap_or_default(),
            chunk: stored_chunk(item),
        });
        Ok(Page {
            items: arrived.collect(),
            next: page.next,
        })
    }
}
