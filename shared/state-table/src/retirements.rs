//! A host that a person takes out of watch.

use dynamo_table::{Condition, TableError, Write, Written};
use ids::{HostId, TenantId};
use jiff::Timestamp;
use serde_json::json;

use crate::audit::{Actor, AuditEvent};
use crate::{StateTable, keys};

impl StateTable {
    /// Retires a host and records who did it. Loses the race where no such host has ever reported.
    pub async fn retire_host_by(
        &self,
        tenant: &TenantId,
        host: &HostId,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let Some(before) = self.host(tenant, host).await? else {
            return Ok(Written::LostRace);
        };
        let event = AuditEvent {
            action: "host.retire",
            subject: format!("host/{host}"),
            before: Some(json!({"retired_at": before.retired_at})),
            after: Some(json!({"retired_at": now})),
        };
        let condition = Condition::present().text(":now", now.to_string());
        let update = "SET retired_at = :now".to_owned();
        let write = Write::Update(keys::host(tenant, host), update, condition);
        self.commit_audited(tenant, by, &event, vec![write], now)
            .await
    }
}
