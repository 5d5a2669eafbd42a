//! Which tokens are there, and what may their holders do?
//!
//! A token's item, as [`StoredToken`] reads it and as whoever bootstraps an installation writes it:
//!
//! | attribute | type | meaning |
//! |---|---|---|
//! | `pk` | S | `<tenant>#token` |
//! | `sk` | S | `<token id>`: 8 to 32 of a-z and 0-9 |
//! | `kind`, `v` | S, N | `token`, 1 |
//! | `id` | S | as `sk` |
//! | `role` | S | `ingest`, `device`, `viewer`, `operator` or `admin` |
//! | `secret_sha256` | S | SHA-256 of the secret's 43 characters, 64 lower-case hexadecimal digits |
//! | `holder` | M | `name` (S, 1 to 100 characters), `kind` (S, `person` or `machine`) |
//! | `created_at` | S | RFC 3339, UTC |
//! | `device` | S | which device; only with the role `device` |
//! | `rotated_at`, `revoked_at` | S | RFC 3339, once it happened |
//! | `previous` | M | `secret_sha256` and `valid_until` of the secret before, while that may still be used |
//!
//! The token itself is `tbn_<tenant>_<id>_<secret>`, its secret 32 random bytes in base64url without
//! padding. The first operator of an installation is a token of role `admin` in the tenant `system`.

use access::{Holder, Principal, Role, SecretHash, Token, TokenSecret};
use dynamo_table::{Condition, ItemBuilder, Page, TableError, Write, Written};
use ids::{TenantId, TokenId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::audit::{Actor, AuditEvent};
use crate::{StateTable, keys};

/// A token as it is kept: everything but the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredToken {
    /// Its public part.
    pub id: TokenId,
    /// What its holder may do.
    pub role: Role,
    /// Whose it is.
    pub holder: Holder,
    /// Which device, for the role `device`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last got a new secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated_at: Option<Timestamp>,
    /// Since when it opens nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    secret_sha256: SecretHash,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<PreviousSecret>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PreviousSecret {
    secret_sha256: SecretHash,
    valid_until: Timestamp,
}

/// What became of a change of one token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenChange {
    /// It is stored.
    Done(Box<StoredToken>),
    /// There is no such token, or it is revoked already.
    NotActive,
    /// Without this token nobody could administer the tenant any more.
    LastAdmin,
    /// Somebody else changed it at the same time.
    LostRace,
}

impl StoredToken {
    /// What is kept of a new token.
    #[must_use]
    pub fn new(
        token: &Token,
        role: Role,
        holder: Holder,
        device: Option<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            id: token.id.clone(),
            role,
            holder,
            device,
            created_at: now,
            rotated_at: None,
            revoked_at: None,
            secret_sha256: token.secret.hash(),
            previous: None,
        }
    }

    /// Whether it opens anything at all.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.revoked_at.is_none()
    }

    /// Whether it is not revoked and `secret` is its present one, or the one before within its overlap.
    #[must_use]
    pub fn opens_with(&self, secret: &TokenSecret, now: Timestamp) -> bool {
        let previous_opens = self.previous.as_ref().is_some_and(|previous| {
            now < previous.valid_until && previous.secret_sha256.matches(secret)
        });
        self.is_active() && (self.secret_sha256.matches(secret) || previous_opens)
    }

    /// Until when the secret before the present one may be used.
    #[must_use]
    pub fn previous_valid_until(&self) -> Option<Timestamp> {
        self.previous.as_ref().map(|previous| previous.valid_until)
    }

    /// Who calls with this token.
    #[must_use]
    pub fn principal(&self, tenant: &TenantId) -> Principal {
        Principal {
            tenant: tenant.clone(),
            token: self.id.clone(),
            role: self.role,
            holder: self.holder.clone(),
            device: self.device.clone(),
        }
    }

    fn rotated(&self, secret: &TokenSecret, overlap: SignedDuration, now: Timestamp) -> Self {
        let valid_until = now.saturating_add(overlap).unwrap_or(now);
        Self {
            rotated_at: Some(now),
            secret_sha256: secret.hash(),
            previous: (overlap > SignedDuration::ZERO).then_some(PreviousSecret {
                secret_sha256: self.secret_sha256,
                valid_until,
            }),
            ..self.clone()
        }
    }

    /// As the audit trail shows it: no hashes.
    pub(crate) fn audited(&self) -> serde_json::Value {
        json!({
            "id": self.id, "role": self.role, "holder": self.holder, "device": self.device,
            "created_at": self.created_at, "rotated_at": self.rotated_at,
            "revoked_at": self.revoked_at, "previous_valid_until": self.previous_valid_until(),
        })
    }
}

impl StateTable {
    /// One token, as of its last confirmed change.
    pub async fn token(
        &self,
        tenant: &TenantId,
        id: &TokenId,
    ) -> Result<Option<StoredToken>, TableError> {
        self.table.get(&keys::token(tenant, id), true).await
    }

    /// Some tokens, by id.
    pub async fn tokens_page(
        &self,
        tenant: &TenantId,
        limit: usize,
        after: Option<&TokenId>,
    ) -> Result<Page<StoredToken>, TableError> {
        self.table
            .query(keys::tokens(tenant))
            .limit(limit)
            .after(after.map(|id| keys::token(tenant, id)))
            .consistent()
            .page()
            .await
    }

    /// Keeps a new token. Loses the race where its id is taken.
    pub async fn create_token(
        &self,
        tenant: &TenantId,
        token: &StoredToken,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let event = AuditEvent {
            action: "token.create",
            subject: format!("token/{}", token.id),
            before: None,
            after: Some(token.audited()),
        };
        let write = token_write(tenant, token, Some(Condition::absent()))?;
        self.commit_audited(tenant, by, &event, vec![write], now)
            .await
    }

    /// Gives a token a new secret; the old one stays valid for `overlap`.
    pub async fn rotate_token(
        &self,
        tenant: &TenantId,
        id: &TokenId,
        secret: &TokenSecret,
        overlap: SignedDuration,
        by: &Actor,
        now: Timestamp,
    ) -> Result<TokenChange, TableError> {
        let Some(before) = self.active_token(tenant, id).await? else {
            return Ok(TokenChange::NotActive);
        };
        let after = before.rotated(secret, overlap, now);
        self.replace_token(tenant, "token.rotate", &before, after, by, now)
            .await
    }

    /// Ends a token. The last admin token of a tenant stays, unless two are ended at the same instant.
    pub async fn revoke_token(
        &self,
        tenant: &TenantId,
        id: &TokenId,
        by: &Actor,
        now: Timestamp,
    ) -> Result<TokenChange, TableError> {
        let Some(before) = self.active_token(tenant, id).await? else {
            return Ok(TokenChange::NotActive);
        };
        if before.role == Role::Admin && self.is_last_admin(tenant, id).await? {
            return Ok(TokenChange::LastAdmin);
        }
        let after = StoredToken {
            revoked_at: Some(now),
            previous: None,
            ..before.clone()
        };
        self.replace_token(tenant, "token.revoke", &before, after, by, now)
            .await
    }

    async fn active_token(
        &self,
        tenant: &TenantId,
        id: &TokenId,
    ) -> Result<Option<StoredToken>, TableError> {
        Ok(self.token(tenant, id).await?.filter(StoredToken::is_active))
    }

    async fn is_last_admin(&self, tenant: &TenantId, id: &TokenId) -> Result<bool, TableError> {
        let tokens: Vec<StoredToken> = self
            .table
            .query(keys::tokens(tenant))
            .consistent()
            .all()
            .await?;
        Ok(!tokens
            .iter()
            .any(|token| token.role == Role::Admin && token.is_active() && token.id != *id))
    }

    async fn replace_token(
        &self,
        tenant: &TenantId,
        action: &'static str,
        before: &StoredToken,
        after: StoredToken,
        by: &Actor,
        now: Timestamp,
    ) -> Result<TokenChange, TableError> {
        let event = AuditEvent {
            action,
            subject: format!("token/{}", after.id),
            before: Some(before.audited()),
            after: Some(after.audited()),
        };
        let unchanged =
            Condition::new("secret_sha256 = :secret AND attribute_not_exists(revoked_at)")
                .text(":secret", before.secret_sha256.to_hex());
        let write = token_write(tenant, &after, Some(unchanged))?;
        let written = self
            .commit_audited(tenant, by, &event, vec![write], now)
            .await?;
        Ok(match written {
            Written::Yes => TokenChange::Done(Box::new(after)),
            Written::LostRace => TokenChange::LostRace,
        })
    }
}

pub(crate) fn token_write(
    tenant: &TenantId,
    token: &StoredToken,
    condition: Option<Condition>,
) -> Result<Write, TableError> {
    let key = keys::token(tenant, &token.id);
    let item = ItemBuilder::new(&key, "token", 1, token)?.build();
    Ok(Write::Put(item, condition))
}
