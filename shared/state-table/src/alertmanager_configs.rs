//! How a tenant routes its alerts: an `alertmanager.yml` without its secrets.

use dynamo_table::{Condition, ItemBuilder, TableError, Write, Written};
use ids::TenantId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::audit::{Actor, AuditEvent};
use crate::{StateTable, keys};

/// A configuration and how often it was changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AlertmanagerConfig {
    /// Rises by one with each change; 0 where there never was one.
    pub version: u64,
    /// YAML, its secrets hidden; none where the settings' receivers are told of everything.
    pub config: Option<String>,
    /// Which version of the tenant's secret in Secrets Manager holds what is hidden; none where nothing is.
    #[serde(default)]
    pub secrets_version: Option<String>,
}

impl AlertmanagerConfig {
    /// The one that follows.
    #[must_use]
    pub const fn next(&self, config: Option<String>, secrets_version: Option<String>) -> Self {
        Self {
            version: self.version + 1,
            config,
            secrets_version,
        }
    }
}

impl StateTable {
    /// A tenant's configuration, as of the last confirmed change.
    pub async fn alertmanager_config(
        &self,
        tenant: &TenantId,
    ) -> Result<AlertmanagerConfig, TableError> {
        let key = keys::alertmanager_config(tenant);
        let found = self.table.get(&key, true).await?;
        Ok(found.unwrap_or_default())
    }

    /// Replaces the configuration `before` by `after`, which is its next. Loses the race where it is of another version
    /// by now.
    pub async fn put_alertmanager_config(
        &self,
        tenant: &TenantId,
        before: &AlertmanagerConfig,
        after: &AlertmanagerConfig,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let event = AuditEvent {
            action: match after.config {
                Some(_) => "alertmanager_config.put",
                None => "alertmanager_config.delete",
            },
            subject: "alertmanager_config/config".to_owned(),
            before: audited(before),
            after: audited(after),
        };
        let unchanged = match before.version {
            0 => Condition::absent(),
            version => Condition::new("#version = :version")
                .name("#version", "version")
                .number(":version", version),
        };
        let key = keys::alertmanager_config(tenant);
        let item = ItemBuilder::new(&key, "alertmanager-config", 1, after)?.build();
        let writes = vec![Write::Put(item, Some(unchanged))];
        self.commit_audited(tenant, by, &event, writes, now).await
    }
}

/// Which version, and a fingerprint: the trail is no archive of configurations.
fn audited(config: &AlertmanagerConfig) -> Option<serde_json::Value> {
    let text = config.config.as_deref()?;
    let fingerprint = hex::encode(&Sha256::digest(text.as_bytes())[..6]);
    Some(json!({
        "version": config.version, "fingerprint": fingerprint, "secrets_version": config.secrets_version,
    }))
}
