//! Which hosts report, and through whom.

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_table::{Condition, Key, Page, TableError, Written};
use ids::{HostId, SenderId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{StateTable, keys};

/// One host, from its first flush on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// Its name.
    pub host: HostId,
    /// Whose flushes speak of it.
    #[serde(default)]
    pub senders: Vec<SenderId>,
    /// When it was first spoken of.
    pub first_seen_at: Timestamp,
    /// When it left on purpose; what arrives later brings it back.
    #[serde(default)]
    pub retired_at: Option<Timestamp>,
    /// Arrival of its last flush that was far behind its own time, such as a replay's.
    #[serde(default)]
    pub late_arrival_at: Option<Timestamp>,
}

impl StateTable {
    /// Remembers that `sender` speaks of `host`; repeating it changes nothing.
    pub async fn note_host(
        &self,
        tenant: &TenantId,
        host: &HostId,
        sender: &SenderId,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let values = Condition::default()
            .text(":host", host.as_str())
            .text(":now", now.to_string())
            .text(":kind", "host")
            .number(":one", 1)
            .name("#kind", "kind")
            .value(":sender", AttributeValue::Ss(vec![sender.to_string()]));
        let update = "SET #kind = :kind, v = :one, host = :host, \
                      first_seen_at = if_not_exists(first_seen_at, :now) ADD senders :sender";
        self.table
            .update(&keys::host(tenant, host), update, values)
            .await
    }

    /// Records an arrival that the time of its samples does not show.
    pub async fn note_late_arrival(
        &self,
        tenant: &TenantId,
        host: &HostId,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        self.stamp_host(tenant, host, "late_arrival_at", now).await
    }

    /// Records that a host left on purpose; a value when it is not known.
    pub async fn retire_host(
        &self,
        tenant: &TenantId,
        host: &HostId,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        self.stamp_host(tenant, host, "retired_at", now).await
    }

    /// Forgets that a host left, because it reports again. Loses the race where it left anew.
    pub async fn bring_host_back(
        &self,
        tenant: &TenantId,
        host: &HostId,
        retired_at: Timestamp,
    ) -> Result<Written, TableError> {
        let condition = Condition::new("retired_at = :at").text(":at", retired_at.to_string());
        self.table
            .update(&keys::host(tenant, host), "REMOVE retired_at", condition)
            .await
    }

    async fn stamp_host(
        &self,
        tenant: &TenantId,
        host: &HostId,
        attribute: &str,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let condition = Condition::present()
            .name("#at", attribute)
            .text(":now", now.to_string());
        self.table
            .update(&keys::host(tenant, host), "SET #at = :now", condition)
            .await
    }

    /// Every host of a tenant.
    pub async fn hosts(&self, tenant: &TenantId) -> Result<Vec<Host>, TableError> {
        self.table.query(keys::hosts(tenant)).all().await
    }

    /// Some hosts, by name.
    pub async fn hosts_page(
        &self,
        tenant: &TenantId,
        limit: usize,
        after: Option<&HostId>,
    ) -> Result<Page<Host>, TableError> {
        let after: Option<Key> = after.map(|host| keys::host(tenant, host));
        self.table
            .query(keys::hosts(tenant))
            .limit(limit)
            .after(after)
            .page()
            .await
    }

    /// One host.
    pub async fn host(&self, tenant: &TenantId, host: &HostId) -> Result<Option<Host>, TableError> {
        self.table.get(&keys::host(tenant, host), true).await
    }
}
