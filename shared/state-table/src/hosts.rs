//! Which hosts report, and through whom.

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_table::{Condition, Item, ItemBuilder, Key, Page, TableError, Write, Written};
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<Timestamp>,
    /// Arrival of its last flush that was far behind its own time, such as a replay's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_arrival_at: Option<Timestamp>,
}

impl StateTable {
    /// Remembers that `sender` speaks of `host`; repeating it changes nothing and costs one small read.
    /// Beyond `max_hosts` of a tenant a new one loses the race.
    pub async fn note_host(
        &self,
        tenant: &TenantId,
        host: &HostId,
        sender: &SenderId,
        max_hosts: u32,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let key = keys::host(tenant, host);
        let known = self.table.get::<Host>(&key, false).await?;
        match known {
            Some(known) if known.senders.contains(sender) => Ok(Written::Yes),
            Some(_) => self.add_sender(&key, sender).await,
            None => {
                let item = first_seen(&key, host, sender, now)?;
                let counted = Write::Update(
                    keys::host_count(tenant),
                    "ADD hosts :one".to_owned(),
                    Condition::new("attribute_not_exists(hosts) OR hosts < :max")
                        .number(":one", 1)
                        .number(":max", max_hosts),
                );
                let writes = vec![Write::Put(item, Some(Condition::absent())), counted];
                match self.table.transact(writes).await? {
                    Written::Yes => Ok(Written::Yes),
                    // Known since, or one too many.
                    Written::LostRace => self.add_sender(&key, sender).await,
                }
            }
        }
    }

    async fn add_sender(&self, key: &Key, sender: &SenderId) -> Result<Written, TableError> {
        let sender = AttributeValue::Ss(vec![sender.to_string()]);
        let condition = Condition::present().value(":sender", sender);
        self.table
            .update(key, "ADD senders :sender", condition)
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

fn first_seen(
    key: &Key,
    host: &HostId,
    sender: &SenderId,
    now: Timestamp,
) -> Result<Item, TableError> {
    let entry = Host {
        host: host.clone(),
        senders: Vec::new(),
        first_seen_at: now,
        retired_at: None,
        late_arrival_at: None,
    };
    let mut item = ItemBuilder::new(key, "host", 1, &entry)?.build();
    let senders = AttributeValue::Ss(vec![sender.to_string()]);
    item.insert("senders".to_owned(), senders);
    Ok(item)
}
