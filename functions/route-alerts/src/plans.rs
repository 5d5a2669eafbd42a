//! What tenants configured: read each time, and worked out again when it is of another version.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use alert_routing::Plan;
use alertmanager_config::Config;
use anyhow::anyhow;
use ids::TenantId;
use state_table::StateTable;
use state_table::alertmanager_configs::AlertmanagerConfig;
use state_table::settings::{Settings, VersionedSettings};

/// The most tenants that are remembered; beyond it everything is forgotten, which costs work and no truth.
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
    /// Of the settings, and of the configuration.
    versions: (u64, u64),
}

/// What tenants configured, as this instance worked it out last.
#[derive(Debug, Clone, Default)]
pub struct Plans(Arc<Mutex<HashMap<TenantId, Arc<Configured>>>>);

impl Plans {
    /// What a tenant configured, as of the last confirmed change.
    pub(crate) async fn of(
        &self,
        state: &StateTable,
        tenant: &TenantId,
    ) -> anyhow::Result<Arc<Configured>> {
        let (settings, stored) =
            futures::try_join!(state.settings(tenant), state.alertmanager_config(tenant))?;
        if let Some(known) = self.known(tenant, (settings.version, stored.version)) {
            return Ok(known);
        }
        let configured = Arc::new(work_out(settings, &stored)?);
        if let Ok(mut all) = self.0.lock() {
            if all.len() >= MAX_REMEMBERED {
                all.clear();
            }
            all.insert(tenant.clone(), Arc::clone(&configured));
        }
        Ok(configured)
    }

    fn known(&self, tenant: &TenantId, versions: (u64, u64)) -> Option<Arc<Configured>> {
        let all = self.0.lock().ok()?;
        let known = all.get(tenant)?;
        (known.versions == versions).then(|| Arc::clone(known))
    }
}

fn work_out(
    settings: VersionedSettings,
    stored: &AlertmanagerConfig,
) -> anyhow::Result<Configured> {
    let parse = |text: &str| {
        Config::parse(text)
            .map_err(|problems| anyhow!("the stored configuration can't be read: {problems:?}"))
    };
    let config = stored.config.as_deref().map(parse).transpose()?;
    Ok(Configured {
        plan: settings.settings.plan(config.as_ref()),
        versions: (settings.version, stored.version),
        settings: settings.settings,
        config,
    })
}
