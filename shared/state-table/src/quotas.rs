//! What may a tenant send, and what does it use?

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_table::{Condition, Item, ItemBuilder, TableError, Write, Written};
use ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use quotas::{Quotas, Usage, WINDOW_SECS};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::audit::{Actor, AuditEvent};
use crate::{Key, StateTable, keys};

/// How long a counter stays after its time.
const COUNTER_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// An item takes 400 KB with everything beside it.
const PART_BYTES: usize = 350_000;

/// Quotas and how often they were changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VersionedQuotas {
    /// Rises by one with each change; 0 where nothing was ever set.
    pub version: u64,
    /// What is set.
    pub quotas: Quotas,
}

/// What a tenant may send, and what it used when that was measured last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// What it may send.
    pub allowed: VersionedQuotas,
    /// What it uses; none where nothing was measured yet.
    pub usage: Option<Usage>,
}

impl StateTable {
    /// A tenant's quotas and usage, in one small read.
    pub async fn standing(&self, tenant: &TenantId) -> Result<Standing, TableError> {
        let mut standing = Standing::default();
        for item in self.table.query(keys::quotas(tenant)).items().await? {
            let sk = item.get("sk").and_then(|sk| sk.as_s().ok());
            match sk.map(String::as_str) {
                Some(keys::QUOTAS) => standing.allowed = read(item)?,
                Some(keys::USAGE) => standing.usage = Some(read(item)?),
                _ => {}
            }
        }
        Ok(standing)
    }

    /// A tenant's quotas, as of the last confirmed change.
    pub async fn quotas(&self, tenant: &TenantId) -> Result<VersionedQuotas, TableError> {
        let found = self.table.get(&keys::quota(tenant), true).await?;
        Ok(found.unwrap_or_default())
    }

    /// Replaces a tenant's quotas, and records it in the trail of the one who did it: an operator of operators.
    /// Loses the race where they are not of version `before.version` any more.
    pub async fn put_quotas(
        &self,
        tenant: &TenantId,
        before: &VersionedQuotas,
        quotas: Quotas,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let after = VersionedQuotas {
            version: before.version + 1,
            quotas,
        };
        let event = AuditEvent {
            action: "quotas.put",
            subject: format!("quotas/{tenant}"),
            before: Some(json!(before.quotas)),
            after: Some(json!(after.quotas)),
        };
        let unchanged = if before.version == 0 {
            Condition::absent()
        } else {
            Condition::new("#version = :version")
                .name("#version", "version")
                .number(":version", before.version)
        };
        let item = ItemBuilder::new(&keys::quota(tenant), "quotas", 1, &after)?.build();
        let write = Write::Put(item, Some(unchanged));
        self.commit_audited(&by.tenant, by, &event, vec![write], now)
            .await
    }

    /// Replaces what is known of a tenant's use, unless something newer is.
    pub async fn put_usage(&self, tenant: &TenantId, usage: &Usage) -> Result<Written, TableError> {
        let item = ItemBuilder::new(&keys::usage(tenant), "usage", 1, usage)?.build();
        let newer = Condition::new("attribute_not_exists(pk) OR measured_at < :at")
            .text(":at", usage.measured_at.to_string());
        self.table.put(item, Some(newer)).await
    }

    /// Counts `points` of a window where that makes no more than `most`, or where they are its first.
    pub async fn lease_points(
        &self,
        tenant: &TenantId,
        window: i64,
        points: u64,
        most: u64,
    ) -> Result<Written, TableError> {
        let ends = (window + 1).saturating_mul(WINDOW_SECS.cast_signed());
        let key = keys::leased_points(tenant, window);
        self.lease(&key, points, most, ends).await
    }

    /// Counts new `series` since a measurement where that makes no more than the `room` that it left.
    pub async fn lease_series(
        &self,
        tenant: &TenantId,
        measurement: i64,
        series: u64,
        room: u64,
    ) -> Result<Written, TableError> {
        let key = keys::leased_series(tenant, measurement);
        self.lease(&key, series, room, measurement).await
    }

    async fn lease(
        &self,
        key: &Key,
        count: u64,
        most: u64,
        ends: i64,
    ) -> Result<Written, TableError> {
        // Where the whole is less than this lease, only the first part of the condition can hold.
        let room = i128::from(most) - i128::from(count);
        let fits = Condition::new("attribute_not_exists(pk) OR used <= :room")
            .number(":room", room)
            .number(":count", count)
            .number(":expires", ends.saturating_add(COUNTER_LIFE.as_secs()));
        self.table
            .update(key, "ADD used :count SET expires_at = :expires", fits)
            .await
    }

    /// Stores which series are established, and returns in how many parts.
    pub async fn put_established(
        &self,
        tenant: &TenantId,
        measurement: i64,
        bytes: &[u8],
    ) -> Result<u32, TableError> {
        let mut parts = 0;
        for part in bytes.chunks(PART_BYTES) {
            let key = keys::established_part(tenant, measurement, parts);
            let of = json!({"measurement": measurement});
            let mut item = ItemBuilder::new(&key, "established", 1, &of)?.build();
            item.insert("d".to_owned(), AttributeValue::B(part.to_vec().into()));
            self.table.put(item, None).await?;
            parts += 1;
        }
        Ok(parts)
    }

    /// Which series were established when use was measured; none where that was overwritten since.
    pub async fn established(
        &self,
        tenant: &TenantId,
        measurement: i64,
        parts: u32,
    ) -> Result<Option<Vec<u8>>, TableError> {
        if parts == 0 {
            return Ok(None);
        }
        let items = self
            .table
            .query(keys::established(tenant))
            .prefix(keys::established_prefix(measurement))
            .limit(parts as usize)
            .items()
            .await?;
        let measured = AttributeValue::N(measurement.to_string());
        let mut bytes = Vec::new();
        let mut found = 0;
        for item in &items {
            if item.get("measurement") != Some(&measured) {
                return Ok(None);
            }
            if let Some(part) = item.get("d").and_then(|part| part.as_b().ok()) {
                bytes.extend_from_slice(part.as_ref());
                found += 1;
            }
        }
        Ok((found == parts).then_some(bytes))
    }
}

fn read<T: DeserializeOwned>(item: Item) -> Result<T, TableError> {
    Ok(serde_dynamo::from_item(item)?)
}
