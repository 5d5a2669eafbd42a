//! What tenants configured, remembered for some seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use alert_routing::Plan;
use alertmanager_config::Config;
use anyhow::anyhow;
use ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use state_table::StateTable;
use state_table::settings::Settings;

/// A change is in force everywhere after this.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(15);
/// The most tenants that are remembered; beyond it everything is forgotten, which costs reads and no truth.
const MAX_REMEMBERED: usize = 1_000;

/// What one tenant configured.
#[derive(Debug)]
pub struct Configured {
    /// Its routes.
    pub plan: Plan,
    /// Its settings.
    pub settings: Settings,
    /// Its receivers, where it has a configuration.
    pub config: Option<Config>,
    read_at: Timestamp,
}

/// What tenants configured, as this instance remembers it.
#[derive(Debug, Clone, Default)]
pub struct Plans(Arc<Mutex<HashMap<TenantId, Arc<Configured>>>>);

impl Plans {
    /// What a tenant configured.
    pub(crate) async fn of(
        &self,
        state: &StateTable,
        tenant: &TenantId,
        now: Timestamp,
    ) -> anyhow::Result<Arc<Configured>> {
        if let Some(known) = self.known(tenant, now) {
            return Ok(known);
        }
        let read = Arc::new(read(state, tenant, now).await?);
        if let Ok(mut all) = self.0.lock() {
            if all.len() >= MAX_REMEMBERED {
                all.clear();
            }
            all.insert(tenant.clone(), Arc::clone(&read));
        }
        Ok(read)
    }

    /// Reads it anew the next time.
    pub(crate) fn forget(&self, tenant: &TenantId) {
        if let Ok(mut all) = self.0.lock() {
            all.remove(tenant);
        }
    }

    fn known(&self, tenant: &TenantId, now: Timestamp) -> Option<Arc<Configured>> {
        let all = self.0.lock().ok()?;
        let known = all.get(tenant)?;
        (now.duration_since(known.read_at) < REMEMBERED).then(|| Arc::clone(known))
    }
}

async fn read(state: &StateTable, tenant: &TenantId, now: Timestamp) -> anyhow::Result<Configured> {
    let settings = state.settings(tenant).await?.settings;
    let stored = state.alertmanager_config(tenant).await?;
    let parse = |text: &str| {
        Config::parse(text)
            .map_err(|problems| anyhow!("the stored configuration can't be read: {problems:?}"))
    };
    let config = stored.config.as_deref().map(parse).transpose()?;
    Ok(Configured {
        plan: settings.plan(config.as_ref()),
        settings,
        config,
        read_at: now,
    })
}
