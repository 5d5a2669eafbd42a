//! Which rule files did a tenant put?
//!
//! The present text of each file is one item; every text it ever had is kept beside it under its
//! version, so that the audit trail can name a version instead of carrying 256 KB twice.

use dynamo_table::{Condition, Item, ItemBuilder, TableError, Write, Written};
use ids::{RuleFileName, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::audit::{Actor, AuditEvent};
use crate::{StateTable, keys};

/// The longest text that is kept; an item may have 400 KB.
pub const MAX_YAML_BYTES: usize = 256 * 1024;

/// A rule file as it was put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRuleFile {
    /// Under which name.
    pub name: RuleFileName,
    /// Rises by one with each change of this name, removal included.
    pub version: u64,
    /// The text; none where the file was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yaml: Option<String>,
    /// When it was put or removed.
    pub changed_at: Timestamp,
}

impl StoredRuleFile {
    fn audited(&self) -> Option<Value> {
        self.yaml.as_ref().map(|yaml| {
            json!({
                "version": self.version, "size_bytes": yaml.len(),
                "sha256": hex::encode(Sha256::digest(yaml.as_bytes())),
            })
        })
    }
}

impl StateTable {
    /// One file; none where it was never put or is removed.
    pub async fn rule_file(
        &self,
        tenant: &TenantId,
        name: &RuleFileName,
    ) -> Result<Option<StoredRuleFile>, TableError> {
        Ok(self
            .rule_file_or_grave(tenant, name)
            .await?
            .filter(|file| file.yaml.is_some()))
    }

    /// Every file of a tenant, by name.
    pub async fn rule_files(&self, tenant: &TenantId) -> Result<Vec<StoredRuleFile>, TableError> {
        let mut files: Vec<StoredRuleFile> = self
            .table
            .query(keys::rule_files(tenant))
            .consistent()
            .all()
            .await?;
        files.retain(|file| file.yaml.is_some());
        Ok(files)
    }

    /// Creates or replaces a file; gives what is stored, or none where somebody else changed the same
    /// name at the same time. The same text again changes nothing.
    pub async fn put_rule_file(
        &self,
        tenant: &TenantId,
        name: &RuleFileName,
        yaml: &str,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Option<StoredRuleFile>, TableError> {
        let before = self.rule_file_or_grave(tenant, name).await?;
        if let Some(same) = before
            .as_ref()
            .filter(|file| file.yaml.as_deref() == Some(yaml))
        {
            return Ok(Some(same.clone()));
        }
        let after = next_version(name, before.as_ref(), Some(yaml), now);
        let written = self
            .replace_rule_file(tenant, "rule_file.put", before, &after, by, now)
            .await?;
        Ok(written.is_stored().then_some(after))
    }

    /// Removes a file; what it asked for ends with the next evaluation. False where there is none.
    pub async fn delete_rule_file(
        &self,
        tenant: &TenantId,
        name: &RuleFileName,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Option<Written>, TableError> {
        let Some(before) = self.rule_file(tenant, name).await? else {
            return Ok(None);
        };
        let after = next_version(name, Some(&before), None, now);
        self.replace_rule_file(tenant, "rule_file.delete", Some(before), &after, by, now)
            .await
            .map(Some)
    }

    /// A removed file stays as a grave without text, so that its versions go on where they stopped.
    async fn rule_file_or_grave(
        &self,
        tenant: &TenantId,
        name: &RuleFileName,
    ) -> Result<Option<StoredRuleFile>, TableError> {
        self.table.get(&keys::rule_file(tenant, name), true).await
    }

    async fn replace_rule_file(
        &self,
        tenant: &TenantId,
        action: &'static str,
        before: Option<StoredRuleFile>,
        after: &StoredRuleFile,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let event = AuditEvent {
            action,
            subject: format!("rule_file/{}", after.name),
            before: before.as_ref().and_then(StoredRuleFile::audited),
            after: after.audited(),
        };
        let unchanged = match &before {
            None => Condition::absent(),
            Some(before) => Condition::new("#version = :version")
                .name("#version", "version")
                .number(":version", before.version),
        };
        let past_key = keys::rule_file_past(tenant, &after.name, after.version);
        let past = ItemBuilder::new(&past_key, "rule_file_past", 1, after)?.build();
        let writes = vec![
            Write::Put(file_item(tenant, after)?, Some(unchanged)),
            Write::Put(past, Some(Condition::absent())),
        ];
        self.commit_audited(tenant, by, &event, writes, now).await
    }
}

fn next_version(
    name: &RuleFileName,
    before: Option<&StoredRuleFile>,
    yaml: Option<&str>,
    now: Timestamp,
) -> StoredRuleFile {
    StoredRuleFile {
        name: name.clone(),
        version: before.map_or(0, |file| file.version) + 1,
        yaml: yaml.map(str::to_owned),
        changed_at: now,
    }
}

fn file_item(tenant: &TenantId, file: &StoredRuleFile) -> Result<Item, TableError> {
    Ok(ItemBuilder::new(&keys::rule_file(tenant, &file.name), "rule_file", 1, file)?.build())
}
