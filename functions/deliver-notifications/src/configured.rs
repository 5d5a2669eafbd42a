//! The receivers that tenants configured, with their secrets, remembered for some seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use alertmanager_config::Config;
use anyhow::{Context, anyhow};
use ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use receiver_secrets::{Secrets, SecretsError};
use state_table::StateTable;
use tracing::warn;

/// A change is in force everywhere after this.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(15);
/// The most tenants that are remembered; beyond it everything is forgotten, which costs reads and no truth.
const MAX_REMEMBERED: usize = 200;

/// Why a tenant's receivers can't be had now.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// The table gives no answer.
    Table(anyhow::Error),
    /// Their secrets can't be read. In words for the tenant.
    Secrets(&'static str),
}

/// The receivers of tenants, as this instance remembers them.
#[derive(Debug, Clone)]
pub struct Receivers {
    secrets: Secrets,
    known: Arc<Mutex<HashMap<TenantId, Known>>>,
}

#[derive(Debug, Clone)]
struct Known {
    config: Option<Arc<Config>>,
    read_at: Timestamp,
}

impl Receivers {
    /// Those whose secrets are these.
    #[must_use]
    pub fn new(secrets: Secrets) -> Self {
        Self {
            secrets,
            known: Arc::default(),
        }
    }

    /// A tenant's configuration; none where it has none.
    pub(crate) async fn of(
        &self,
        state: &StateTable,
        tenant: &TenantId,
        now: Timestamp,
    ) -> Result<Option<Arc<Config>>, Unreadable> {
        if let Some(known) = self.known(tenant, now) {
            return Ok(known.config);
        }
        let config = self.read(state, tenant).await?.map(Arc::new);
        if let Ok(mut all) = self.known.lock() {
            if all.len() >= MAX_REMEMBERED {
                all.clear();
            }
            let known = Known {
                config: config.clone(),
                read_at: now,
            };
            all.insert(tenant.clone(), known);
        }
        Ok(config)
    }

    /// Reads it anew the next time.
    pub(crate) fn forget(&self, tenant: &TenantId) {
        if let Ok(mut all) = self.known.lock() {
            all.remove(tenant);
        }
    }

    fn known(&self, tenant: &TenantId, now: Timestamp) -> Option<Known> {
        let all = self.known.lock().ok()?;
        let known = all.get(tenant)?;
        (now.duration_since(known.read_at) < REMEMBERED).then(|| known.clone())
    }

    async fn read(
        &self,
        state: &StateTable,
        tenant: &TenantId,
    ) -> Result<Option<Config>, Unreadable> {
        let stored = state
            .alertmanager_config(tenant)
            .await
            .context("loading the configuration")
            .map_err(Unreadable::Table)?;
        let Some(text) = stored.config else {
            return Ok(None);
        };
        let mut config = Config::parse(&text).map_err(|problems| {
            let error = anyhow!("the stored configuration can't be read: {problems:?}");
            Unreadable::Table(error)
        })?;
        if let Some(version) = &stored.secrets_version {
            let secrets = self.secrets.read(tenant, version).await;
            let secrets = secrets.map_err(|error| {
                warn!(tenant = tenant.as_str(), %error, "secrets can't be read");
                Unreadable::Secrets(words(&error))
            })?;
            // What is missing stays hidden, and whoever needs it says so.
            let _missing = config.put_secrets(&secrets);
        }
        Ok(Some(config))
    }
}

const fn words(error: &SecretsError) -> &'static str {
    match error {
        SecretsError::Missing => {
            "the secrets of the receivers are gone; put the configuration again"
        }
        SecretsError::Unavailable(_) | SecretsError::Refused(_) => {
            "the secrets of the receivers can't be read at the moment"
        }
        SecretsError::Malformed => {
            "the secrets of the receivers can't be read; put the configuration again"
        }
    }
}
