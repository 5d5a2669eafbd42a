//! Which tenants are there?

use access::Token;
use dynamo_table::{Condition, ItemBuilder, Page, TableError, Write, Written};
use ids::TenantId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::audit::{Actor, AuditEvent, first_audit_writes};
use crate::settings::{Settings, VersionedSettings, audited, settings_item};
use crate::tokens::{StoredToken, token_write};
use crate::{StateTable, keys};

/// One tenant, as the registry knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its name, the first part of every key.
    pub tenant: TenantId,
    /// How people call it.
    pub display_name: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// A tenant with what it begins with.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// What the registry will say.
    pub tenant: Tenant,
    /// What is set from the start.
    pub settings: Settings,
    /// By which its first admin is let in.
    pub first_admin: StoredToken,
}

impl StateTable {
    /// Registers a tenant with its settings and first admin token, all or nothing, and records it in
    /// the trail of the one who did it and as the first entry of the new one. Loses the race where the
    /// name is taken.
    pub async fn create_tenant(
        &self,
        new: &NewTenant,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let name = &new.tenant.tenant;
        let event = AuditEvent {
            action: "tenant.create",
            subject: format!("tenant/{name}"),
            before: None,
            after: Some(json!({
                "tenant": new.tenant, "settings": audited(&new.settings),
                "first_admin": new.first_admin.audited(),
            })),
        };
        let registered = ItemBuilder::new(&keys::tenant(name), "tenant", 1, &new.tenant)?.build();
        let settings = VersionedSettings {
            version: 1,
            settings: new.settings.clone(),
        };
        let absent = Some(Condition::absent());
        let mut writes = vec![
            Write::Put(registered, absent.clone()),
            Write::Put(settings_item(name, &settings)?, absent.clone()),
            token_write(name, &new.first_admin, absent)?,
        ];
        writes.extend(first_audit_writes(name, by, &event, now)?);
        self.commit_audited(&by.tenant, by, &event, writes, now)
            .await
    }

    /// A tenant by name.
    pub async fn tenant(&self, name: &TenantId) -> Result<Option<Tenant>, TableError> {
        self.table.get(&keys::tenant(name), true).await
    }

    /// Every tenant: what a schedule goes through.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, TableError> {
        self.table.query(keys::tenants()).consistent().all().await
    }

    /// Some tenants, by name.
    pub async fn tenants_page(
        &self,
        limit: usize,
        after: Option<&TenantId>,
    ) -> Result<Page<Tenant>, TableError> {
        self.table
            .query(keys::tenants())
            .limit(limit)
            .after(after.map(keys::tenant))
            .page()
            .await
    }
}

impl Tenant {
    /// The first admin's token in its stored form.
    #[must_use]
    pub fn first_admin(&self, token: &Token, holder: access::Holder) -> StoredToken {
        StoredToken::new(token, access::Role::Admin, holder, None, self.created_at)
    }
}
