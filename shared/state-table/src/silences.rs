//! Who silenced what. A silence that is over stays for some days, for those who look back.

use alert_routing::{Silence, SilenceState};
use dynamo_table::{Condition, ItemBuilder, TableError, Write, Written};
use ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::audit::{Actor, AuditEvent};
use crate::{StateTable, keys};

/// As Alertmanager keeps them (`--data.retention`).
const KEPT: SignedDuration = SignedDuration::from_hours(120);

impl StateTable {
    /// Every silence of a tenant, over or not.
    pub async fn silences(&self, tenant: &TenantId) -> Result<Vec<Silence>, TableError> {
        let silences = self.table.query(keys::silences(tenant)).consistent();
        silences.all().await
    }

    /// One silence.
    pub async fn silence(
        &self,
        tenant: &TenantId,
        id: &str,
    ) -> Result<Option<Silence>, TableError> {
        self.table.get(&keys::silence(tenant, id), true).await
    }

    /// Stores silences in the place of what they were before, all or none: one that is changed, or one that ends and
    /// another that begins. Loses the race where one of them was changed meanwhile.
    pub async fn put_silences(
        &self,
        tenant: &TenantId,
        changes: &[(Option<&Silence>, &Silence)],
        by: &Actor,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let mut writes = Vec::new();
        for (before, after) in changes {
            let unchanged = match before {
                None => Condition::absent(),
                Some(before) => Condition::new("updated_at = :before")
                    .text(":before", before.updated_at.to_string()),
            };
            let key = keys::silence(tenant, &after.id);
            let item = ItemBuilder::new(&key, "silence", 1, after)?;
            let forgotten_at = after.ends_at.checked_add(KEPT).unwrap_or(Timestamp::MAX);
            let item = item.expires_at(forgotten_at.as_second()).build();
            writes.push(Write::Put(item, Some(unchanged)));
        }
        let Some((before, after)) = changes.last() else {
            return Ok(Written::Yes);
        };
        let action = match after.state(now) {
            SilenceState::Expired => "silence.expire",
            SilenceState::Pending | SilenceState::Active => "silence.put",
        };
        let event = AuditEvent {
            action,
            subject: format!("silence/{}", after.id),
            before: before.map(|before| json!(before)),
            after: Some(json!(after)),
        };
        self.commit_audited(tenant, by, &event, writes, now).await
    }
}
