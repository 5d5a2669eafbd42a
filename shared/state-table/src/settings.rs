//! What does a tenant want? Receivers, patience, language.

use std::collections::BTreeMap;
use std::fmt;

use address_guard::AllowList;
use alert_inputs::Mapping;
use alert_routing::{Occurrences, Plan, Way};
use alertmanager_config::matcher::parse_matchers;
use alertmanager_config::{Config, Matcher, MatcherError, NameSyntax};
use dynamo_table::{Condition, Item, ItemBuilder, TableError, Write, Written};
use ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::audit::{Actor, AuditEvent};
use crate::{StateTable, keys};

/// Everything a tenant may set. What is left out has its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Who is told of alerts that nothing routes elsewhere.
    pub default_receivers: Vec<Receiver>,
    /// For how long a host may not report before that is an alert.
    pub host_silence_grace_secs: u32,
    /// Networks outside the public internet that receivers may be in.
    pub outbound_allow_list: AllowList,
    /// Of mails and pages, where nobody said otherwise.
    pub language: Language,
    /// What an `alertmanager.yml` has no words for.
    pub alerting: Alerting,
    /// Signs every webhook, so that its receiver can tell who sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_signing_secret: Option<SigningSecret>,
}

/// How alerts are told, beyond what an `alertmanager.yml` can say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Alerting {
    /// So long before a silence ends, receivers of alerts that still fire are told.
    pub silence_notice_secs: Option<u32>,
    /// Alerts that are told only when they fired several times.
    pub occurrences: Vec<OccurrenceRule>,
    /// How alerts are taken from events, by the name in `POST /api/v1/inputs/events/<name>`.
    pub events: BTreeMap<String, Mapping>,
}

/// Alerts that are told only when they fired several times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OccurrenceRule {
    /// All must accept an alert; each as Alertmanager writes it, `severity="warning"`.
    pub matchers: Vec<String>,
    /// So many times,
    pub count: u32,
    /// within so long.
    pub within_secs: u32,
}

impl OccurrenceRule {
    /// The rule as decisions ask it.
    pub fn read(&self) -> Result<Occurrences, MatcherError> {
        let matchers = self.matchers.iter();
        let matchers = matchers.map(|one| parse_matchers(one, NameSyntax::Utf8));
        let matchers: Vec<Vec<Matcher>> = matchers.collect::<Result<_, _>>()?;
        Ok(Occurrences {
            matchers: matchers.concat(),
            count: usize::try_from(self.count).unwrap_or(usize::MAX),
            within: SignedDuration::from_secs(self.within_secs.into()),
        })
    }
}

/// What stands for a secret that is not shown.
const HIDDEN: &str = "<secret>";

/// A key that both sides of a webhook know. It is stored as it is, and never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SigningSecret(String);

impl SigningSecret {
    /// Stands for the one that is stored.
    #[must_use]
    pub fn hidden() -> Self {
        Self(HIDDEN.to_owned())
    }

    /// Whether it only stands for the one that is stored.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.0 == HIDDEN
    }

    /// The secret itself, for the one who signs.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_receivers: Vec::new(),
            // Four of the agent's flushes, and what a restart takes.
            host_silence_grace_secs: 120,
            outbound_allow_list: AllowList::default(),
            language: Language::En,
            alerting: Alerting::default(),
            webhook_signing_secret: None,
        }
    }
}

impl Settings {
    /// How alerts are told. What can't be read was refused when it was set.
    #[must_use]
    pub fn plan(&self, config: Option<&Config>) -> Plan {
        let mut plan = match config {
            Some(config) => Plan::of(config),
            None => Plan::unrouted(&self.ways()),
        };
        let notice = self.alerting.silence_notice_secs;
        plan.silence_notice = notice.map(|secs| SignedDuration::from_secs(secs.into()));
        let rules = self.alerting.occurrences.iter();
        plan.occurrences = rules.filter_map(|rule| rule.read().ok()).collect();
        plan
    }

    /// The receivers and the way to each, for a plan without a configuration.
    fn ways(&self) -> Vec<(String, Way)> {
        let way = |receiver: &Receiver| Way {
            integration: receiver.name.clone(),
            sends_resolved: true,
        };
        let receivers = self.default_receivers.iter();
        receivers
            .map(|receiver| (receiver.name.clone(), way(receiver)))
            .collect()
    }
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receiver {
    /// How people call it; unique within the tenant.
    pub name: String,
    /// How it is reached.
    #[serde(flatten)]
    pub kind: ReceiverKind,
}

/// How a receiver is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ReceiverKind {
    /// POST in Alertmanager's webhook format.
    Webhook {
        /// Where to; may contain a secret.
        url: String,
    },
    /// A mail.
    Mail {
        /// Address.
        to: String,
        /// Its language.
        language: Language,
    },
    /// A message to an SNS topic.
    Sns {
        /// Which one.
        topic_arn: String,
    },
}

/// A language that texts for people exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

/// Settings and how often they were changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VersionedSettings {
    /// Rises by one with each change; 0 where nothing was ever set.
    pub version: u64,
    /// What is set.
    pub settings: Settings,
}

impl StateTable {
    /// A tenant's settings, as of the last confirmed change.
    pub async fn settings(&self, tenant: &TenantId) -> Result<VersionedSettings, TableError> {
        let found = self.table.get(&keys::settings(tenant), true).await?;
        Ok(found.unwrap_or_default())
    }

    /// Replaces settings of version `before.version`. Loses the race where they are of another by now.
    pub async fn put_settings(
        &self,
        tenant: &TenantId,
        before: &VersionedSettings,
        settings: &Settings,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let after = VersionedSettings {
            version: before.version + 1,
            settings: settings.clone(),
        };
        let event = AuditEvent {
            action: "settings.put",
            subject: "settings/settings".to_owned(),
            before: Some(audited(&before.settings)),
            after: Some(audited(settings)),
        };
        let unchanged = if before.version == 0 {
            Condition::absent()
        } else {
            Condition::new("#version = :version")
                .name("#version", "version")
                .number(":version", before.version)
        };
        let write = Write::Put(settings_item(tenant, &after)?, Some(unchanged));
        self.commit_audited(tenant, by, &event, vec![write], now)
            .await
    }
}

pub(crate) fn settings_item(
    tenant: &TenantId,
    settings: &VersionedSettings,
) -> Result<Item, TableError> {
    Ok(ItemBuilder::new(&keys::settings(tenant), "settings", 1, settings)?.build())
}

/// As the audit trail shows them: of a webhook's address only where it leads, and of secrets a fingerprint by
/// which a change can be seen.
pub(crate) fn audited(settings: &Settings) -> Value {
    let mut hidden = settings.clone();
    if let Some(secret) = &mut hidden.webhook_signing_secret {
        let fingerprint = hex::encode(&Sha256::digest(secret.0.as_bytes())[..6]);
        *secret = SigningSecret(format!("{HIDDEN} (fingerprint {fingerprint})"));
    }
    for receiver in &mut hidden.default_receivers {
        if let ReceiverKind::Webhook { url } = &mut receiver.kind {
            *url = hidden_url(url);
        }
    }
    json!(hidden)
}

/// Scheme and host, and a fingerprint of the whole.
#[must_use]
pub fn hidden_url(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let fingerprint = hex::encode(&Sha256::digest(url.as_bytes())[..6]);
    format!("{scheme}://{host}/… (fingerprint {fingerprint})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(url: &str) -> Settings {
        Settings {
            default_receivers: vec![Receiver {
                name: "ops".to_owned(),
                kind: ReceiverKind::Webhook {
                    url: url.to_owned(),
                },
            }],
            ..Settings::default()
        }
    }

    #[test]
    fn settings_have_the_json_that_is_documented() {
        let settings = Settings {
            default_receivers: vec![
                Receiver {
                    name: "mail".to_owned(),
                    kind: ReceiverKind::Mail {
                        to: "a@example.org".to_owned(),
                        language: Language::Ja,
                    },
                },
                Receiver {
                    name: "topic".to_owned(),
                    kind: ReceiverKind::Sns {
                        topic_arn: "arn:aws:sns:a:1:t".to_owned(),
                    },
                },
            ],
            ..webhook("")
        };
        let value = serde_json::to_value(&settings).unwrap();
        assert_eq!(value["default_receivers"][0]["kind"], "mail");
        assert_eq!(value["default_receivers"][0]["language"], "ja");
        assert_eq!(
            value["default_receivers"][1]["topic_arn"],
            "arn:aws:sns:a:1:t"
        );
        assert_eq!(serde_json::from_value::<Settings>(value).unwrap(), settings);
        assert_eq!(
            serde_json::from_str::<Settings>("{}").unwrap(),
            Settings::default()
        );
        assert!(serde_json::from_str::<Settings>("{\"langauge\":\"ja\"}").is_err());
    }

    #[test]
    fn the_trail_shows_that_a_webhook_changed_but_not_its_secret() {
        let one = audited(&webhook("https://user:pw@hooks.example/T0/secret-1?k=1")).to_string();
        let two = audited(&webhook("https://user:pw@hooks.example/T0/secret-2?k=1")).to_string();
        assert_ne!(one, two);
        assert!(one.contains("https://hooks.example/"));
        for hidden in ["secret", "pw", "T0", "k=1"] {
            assert!(!one.contains(hidden), "{one}");
        }
    }
}
