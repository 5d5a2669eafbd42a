//! The names that everything else is keyed by. Pure.
//!
//! Each is validated when it is made, so that whoever holds one can build keys from it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a name was refused; the text says what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Empty, or longer than allowed.
    #[error("{what} must have 1 to {max_len} bytes")]
    Length {
        /// Which kind of name.
        what: &'static str,
        /// The most bytes it may have in UTF-8: keys are limited in bytes.
        max_len: usize,
    },
    /// A character outside the allowed set.
    #[error("{what} may contain {allowed} only")]
    Character {
        /// Which kind of name.
        what: &'static str,
        /// The allowed characters, in words.
        allowed: &'static str,
    },
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max_len:literal, $allowed:literal, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Validates `text`.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                if text.is_empty() || text.len() > $max_len {
                    return Err(InvalidId::Length { what: $what, max_len: $max_len });
                }
                let accepts: fn(char) -> bool = $accepts;
                if !text.chars().all(accepts) {
                    return Err(InvalidId::Character { what: $what, allowed: $allowed });
                }
                Ok(Self(text))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

const fn is_lower_alnum_dash(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

name_type!(
    /// A tenant: the first part of every key.
    TenantId, "a tenant name", 32, "a-z, 0-9 and '-'", is_lower_alnum_dash
);

impl TenantId {
    /// The tenant of the operators of this installation; holds the registry of tenants.
    #[must_use]
    pub fn system() -> Self {
        Self("system".to_owned())
    }

    /// Whether this is [`TenantId::system`].
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.0 == "system"
    }
}

name_type!(
    /// The public part of a token, by which it is listed and revoked.
    TokenId, "a token id", 32, "a-z and 0-9", |c| c.is_ascii_lowercase() || c.is_ascii_digit()
);

name_type!(
    /// A host: the label `instance` without its port, or what the agent says.
    HostId, "a host name", 255, "printable characters other than '#'",
    |c| !c.is_control() && c != '#'
);

impl HostId {
    /// The host of a label `instance`: what stands before its port.
    pub fn of_instance(instance: &str) -> Result<Self, InvalidId> {
        let host = match instance.rsplit_once(':') {
            Some((host, port)) if is_port(port) && is_whole_address(host) => host,
            _ => instance,
        };
        Self::new(host)
    }
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a `:` that follows can't be part of an IPv6 address.
fn is_whole_address(host: &str) -> bool {
    !host.contains(':') || (host.starts_with('[') && host.ends_with(']'))
}

name_type!(
    /// Whoever sends flushes: `host.<host>` for a complete flush of one host, `token.<id>` for others.
    SenderId, "a sender", 270, "printable characters other than '#'",
    |c| !c.is_control() && c != '#'
);

impl SenderId {
    /// The sender of complete flushes of `host`.
    #[must_use]
    pub fn of_host(host: &HostId) -> Self {
        Self(format!("host.{host}"))
    }

    /// The sender of everything else that comes with one token.
    #[must_use]
    pub fn of_token(token: &TokenId) -> Self {
        Self(format!("token.{token}"))
    }

    /// No sender of its own: the rules that look at all of a tenant's samples.
    #[must_use]
    pub fn whole_tenant() -> Self {
        Self("tenant".to_owned())
    }

    /// Whether each flush is one whole host.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.0.starts_with("host.")
    }
}

name_type!(
    /// The name under which a rule file was put.
    RuleFileName, "a rule file's name", 64, "a-z, A-Z, 0-9, '.', '_' and '-'",
    |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
);

name_type!(
    /// One notification of one receiver; sorts by creation time.
    NotificationId, "a notification id", 64, "a-z, 0-9 and '-'", is_lower_alnum_dash
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_break_a_key_is_refused() {
        for bad in ["", "A", "a#b", "a_b", "ü", "x\n", &"a".repeat(33)] {
            assert!(TenantId::new(bad).is_err(), "{bad:?}");
        }
        assert!(HostId::new("web-1.example:9100").is_ok());
        assert!(HostId::new("a#b").is_err());
    }

    #[test]
    fn a_host_is_its_instance_without_the_port() {
        for (instance, host) in [
            ("web-1:9100", "web-1"),
            ("web-1", "web-1"),
            ("10.0.0.1:80", "10.0.0.1"),
            ("[::1]:9100", "[::1]"),
            ("fe80::1", "fe80::1"),
            ("web:metrics", "web:metrics"),
        ] {
            assert_eq!(HostId::of_instance(instance).unwrap().as_str(), host);
        }
        assert!(HostId::of_instance("").is_err());
    }

    #[test]
    fn names_survive_json() {
        let tenant: TenantId = serde_json::from_str("\"demo\"").unwrap();
        assert_eq!(serde_json::to_string(&tenant).unwrap(), "\"demo\"");
        assert!(serde_json::from_str::<TenantId>("\"De mo\"").is_err());
    }
}
