use std::fmt;

use ids::{TenantId, TokenId};
use serde::{Deserialize, Serialize};

/// What a token's holder may do. What each may is [`crate::Access`]'s to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Writes metrics, nothing else.
    Ingest,
    /// One device: its own paths, nothing else.
    Device,
    /// Reads.
    Viewer,
    /// Reads; changes rules, alerts, silences and hosts.
    Operator,
    /// The operator's, and settings, tokens, receivers and the audit trail. In the tenant `system`: tenants.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::Ingest,
        Self::Device,
        Self::Viewer,
        Self::Operator,
        Self::Admin,
    ];

    /// As written in tokens' items and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Device => "device",
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whom a token belongs to, so that "who did this" has an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "HolderText", into = "HolderText")]
pub struct Holder {
    name: String,
    kind: HolderKind,
}

/// What kind of holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HolderKind {
    /// A human being.
    Person,
    /// A program, host or device.
    Machine,
}

/// Why a holder's name was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a holder's name must have 1 to 100 printable characters")]
pub struct InvalidHolder;

impl Holder {
    /// Validates the name.
    pub fn new(name: impl Into<String>, kind: HolderKind) -> Result<Self, InvalidHolder> {
        let name = name.into();
        let length = name.chars().count();
        if length == 0 || length > 100 || name.chars().any(char::is_control) {
            return Err(InvalidHolder);
        }
        Ok(Self { name, kind })
    }

    /// The name of the person or machine.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which of the two.
    #[must_use]
    pub const fn kind(&self) -> HolderKind {
        self.kind
    }
}

#[derive(Serialize, Deserialize)]
struct HolderText {
    name: String,
    kind: HolderKind,
}

impl TryFrom<HolderText> for Holder {
    type Error = InvalidHolder;
    fn try_from(text: HolderText) -> Result<Self, InvalidHolder> {
        Self::new(text.name, text.kind)
    }
}

impl From<Holder> for HolderText {
    fn from(holder: Holder) -> Self {
        Self {
            name: holder.name,
            kind: holder.kind,
        }
    }
}

/// Who calls, after their token was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Whose data they may touch, and no other's.
    pub tenant: TenantId,
    /// Which token they showed.
    pub token: TokenId,
    /// What they may do.
    pub role: Role,
    /// Who they are.
    pub holder: Holder,
    /// Which device, for the role `device`.
    pub device: Option<String>,
}

impl Principal {
    /// Whether they operate the whole installation.
    #[must_use]
    pub fn is_system_operator(&self) -> bool {
        self.tenant.is_system() && self.role == Role::Admin
    }
}
