//! Who changed what, when, from what to what?
//!
//! Each tenant has one append-only trail. An entry is written in the same transaction as the change it
//! records, so that there is neither a change without entry nor an entry without change. Each carries
//! the hash of the one before: whoever alters, removes or inserts one breaks the chain from there on.

mod chain;

use std::time::Duration;

use access::{Holder, Principal, Role};
use dynamo_table::{Condition, ItemBuilder, Page, TableError, Write, Written};
use ids::{TenantId, TokenId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use chain::{AuditEntry, BrokenChain, GENESIS_HASH, verify_chain};

use crate::{StateTable, keys};

/// Everybody who changes something in a tenant takes the same next number; so many tries are plenty.
const TRIES: u32 = 12;

/// Who changed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The tenant of their token: for the creation of a tenant, another than the one changed.
    pub tenant: TenantId,
    /// Their token.
    pub token: TokenId,
    /// What they might do.
    pub role: Role,
    /// Who they are.
    pub holder: Holder,
}

impl From<&Principal> for Actor {
    fn from(principal: &Principal) -> Self {
        Self {
            tenant: principal.tenant.clone(),
            token: principal.token.clone(),
            role: principal.role,
            holder: principal.holder.clone(),
        }
    }
}

/// What was changed. Secrets are hidden before they come here.
#[derive(Debug, Clone)]
pub struct AuditEvent {
    /// `<kind>.<verb>`.
    pub action: &'static str,
    /// `<kind>/<name>`.
    pub subject: String,
    /// What it was; none where it is new.
    pub before: Option<Value>,
    /// What it is; none where it is gone.
    pub after: Option<Value>,
}

/// Number and hash of the last entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    number: u64,
    hash: String,
}

impl Head {
    fn genesis() -> Self {
        Self {
            number: 0,
            hash: GENESIS_HASH.to_owned(),
        }
    }
}

impl StateTable {
    /// Does `writes` and records them, both or neither. Loses the race where a condition of `writes`
    /// does not hold; a race for the next entry's number is run again.
    pub(crate) async fn commit_audited(
        &self,
        tenant: &TenantId,
        by: &Actor,
        event: &AuditEvent,
        writes: Vec<Write>,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let mut lost_at = None;
        for attempt in 0..TRIES {
            let head = self.audit_head(tenant).await?;
            if lost_at.as_ref() == Some(&head) {
                return Ok(Written::LostRace);
            }
            let mut all = writes.clone();
            all.extend(audit_writes(tenant, &head, by, event, now)?);
            if self.table.transact(all).await?.is_stored() {
                return Ok(Written::Yes);
            }
            lost_at = Some(head);
            tokio::time::sleep(pause(tenant, by, attempt)).await;
        }
        Ok(Written::LostRace)
    }

    async fn audit_head(&self, tenant: &TenantId) -> Result<Head, TableError> {
        let head = self.table.get(&keys::audit_head(tenant), true).await?;
        Ok(head.unwrap_or_else(Head::genesis))
    }

    /// Some entries, newest first, older than the entry of number `before`.
    pub async fn audit_page(
        &self,
        tenant: &TenantId,
        limit: usize,
        before: Option<u64>,
    ) -> Result<Page<AuditEntry>, TableError> {
        self.table
            .query(keys::audit(tenant))
            .prefix(keys::AUDIT_ENTRY_PREFIX)
            .descending()
            .consistent()
            .limit(limit)
            .after(before.map(|number| keys::audit_entry(tenant, number)))
            .page()
            .await
    }
}

/// The entry behind `head`, and the head that follows.
fn audit_writes(
    tenant: &TenantId,
    head: &Head,
    by: &Actor,
    event: &AuditEvent,
    now: Timestamp,
) -> Result<[Write; 2], TableError> {
    let entry = AuditEntry::after(head.number, &head.hash, by, event, now);
    let next = Head {
        number: entry.number,
        hash: entry.hash.clone(),
    };
    let unchanged = if head.number == 0 {
        Condition::absent()
    } else {
        Condition::new("#hash = :hash")
            .name("#hash", "hash")
            .text(":hash", &head.hash)
    };
    let entry_key = keys::audit_entry(tenant, entry.number);
    let entry_item = ItemBuilder::new(&entry_key, "audit_entry", 1, &entry)?.build();
    let head_item = ItemBuilder::new(&keys::audit_head(tenant), "audit_head", 1, &next)?.build();
    Ok([
        Write::Put(entry_item, Some(Condition::absent())),
        Write::Put(head_item, Some(unchanged)),
    ])
}

/// The first two writes of a trail that does not exist yet.
pub(crate) fn first_audit_writes(
    tenant: &TenantId,
    by: &Actor,
    event: &AuditEvent,
    now: Timestamp,
) -> Result<[Write; 2], TableError> {
    audit_writes(tenant, &Head::genesis(), by, event, now)
}

/// Grows with each attempt and differs between tokens, so that two that collided don't again.
fn pause(tenant: &TenantId, by: &Actor, attempt: u32) -> Duration {
    let spread = by.token.as_str().bytes().chain(tenant.as_str().bytes());
    let spread = spread.fold(7_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    let step_ms = 5 << attempt.min(5);
    Duration::from_millis(step_ms + spread.wrapping_add(u64::from(attempt)) % step_ms)
}
