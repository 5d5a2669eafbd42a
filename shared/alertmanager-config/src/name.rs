use serde::{Deserialize, Serialize};

/// How matchers and label names are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameSyntax {
    /// As Alertmanager before 0.27, or with `classic-mode`.
    Classic,
    /// As Alertmanager since 0.27: any UTF-8 in quotes; what only the classic parser takes, or reads
    /// otherwise, is read by it.
    #[default]
    Utf8,
}

impl NameSyntax {
    /// Whether labels may be called so.
    #[must_use]
    pub fn allows(self, name: &str) -> bool {
        match self {
            Self::Classic => is_classic(name),
            Self::Utf8 => !name.is_empty(),
        }
    }
}

/// Letters, digits and underscores, no digit first.
pub(crate) fn is_classic(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next();
    first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
