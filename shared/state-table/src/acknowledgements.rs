//! Who works on which alert.

use alert_routing::{Acknowledgement, StoredAlert};
use dynamo_table::{TableError, Write, Written};
use ids::TenantId;
use jiff::Timestamp;
use serde_json::json;

use crate::StateTable;
use crate::alerts::{alert_item, follows};
use crate::audit::{Actor, AuditEvent};

impl StateTable {
    /// Stores that somebody works on an alert, or nobody any more. Loses the race where the alert was written since
    /// `before` was read.
    pub async fn acknowledge_alert(
        &self,
        tenant: &TenantId,
        before: &StoredAlert,
        acknowledged: Option<Acknowledgement>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let after = StoredAlert {
            acknowledged,
            revision: before.revision + 1,
            ..before.clone()
        };
        let shown = |stored: &StoredAlert| stored.acknowledged.as_ref().map(|ack| json!(ack));
        let event = AuditEvent {
            action: match after.acknowledged {
                Some(_) => "alert.acknowledge",
                None => "alert.unacknowledge",
            },
            subject: format!("alert/{}", before.alert.labels.series_id()),
            before: shown(before),
            after: shown(&after),
        };
        let follows = follows("revision", after.revision);
        let writes = vec![Write::Put(alert_item(tenant, &after, now)?, Some(follows))];
        self.commit_audited(tenant, by, &event, writes, now).await
    }
}
