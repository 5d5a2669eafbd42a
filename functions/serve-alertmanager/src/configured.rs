//! What a tenant configured, as it is in force.

use alert_routing::Plan;
use alertmanager_config::{Config, Duration, Global, Receiver, Route};
use http_access::HttpError;
use ids::TenantId;
use state_table::alertmanager_configs::AlertmanagerConfig;
use state_table::settings::Settings;

use crate::Deps;

/// What a tenant configured.
pub(crate) struct Configured {
    /// Its routes.
    pub plan: Plan,
    settings: Settings,
    stored: AlertmanagerConfig,
    config: Option<Config>,
}

impl Configured {
    /// As it is stored now.
    pub async fn read(deps: &Deps, tenant: &TenantId) -> Result<Self, HttpError> {
        let settings = deps.state.settings(tenant).await?.settings;
        let stored = deps.state.alertmanager_config(tenant).await?;
        let config = stored.config.as_deref().map(parsed).transpose()?;
        Ok(Self {
            plan: settings.plan(config.as_ref()),
            settings,
            stored,
            config,
        })
    }

    /// Who can be told, in the order of the configuration.
    pub fn receivers(&self) -> Vec<&str> {
        match &self.config {
            Some(config) => config
                .receivers
                .iter()
                .map(|one| one.name.as_str())
                .collect(),
            None => {
                let receivers = self.settings.default_receivers.iter();
                receivers.map(|one| one.name.as_str()).collect()
            }
        }
    }

    /// As an `alertmanager.yml` that Alertmanager's tools can read.
    pub fn yaml(&self) -> Result<String, HttpError> {
        match &self.stored.config {
            Some(yaml) => Ok(yaml.clone()),
            None => unrouted(&self.receivers())
                .to_yaml()
                .map_err(HttpError::internal),
        }
    }
}

/// A configuration that was taken once.
pub(crate) fn parsed(yaml: &str) -> Result<Config, HttpError> {
    Config::parse(yaml).map_err(|problems| {
        let first = problems
            .first()
            .map(ToString::to_string)
            .unwrap_or_default();
        HttpError::internal(format!("the stored configuration can't be read: {first}"))
    })
}

/// What [`Plan::unrouted`] does, in the words of a configuration.
fn unrouted(receivers: &[&str]) -> Config {
    let mut route = Route::default();
    route.receiver = receivers.first().copied().unwrap_or("nobody").to_owned();
    route.group_by.push("...".to_owned());
    route.group_wait = Some(Duration::from_secs(0));
    route.group_interval = Some(Duration::from_secs(5));
    for receiver in receivers.iter().skip(usize::from(receivers.len() == 1)) {
        let mut to = Route::default();
        to.receiver = (*receiver).to_owned();
        to.continues = true;
        route.routes.push(to);
    }
    let names = if receivers.is_empty() {
        &["nobody"]
    } else {
        receivers
    };
    Config {
        global: Global::default(),
        route,
        inhibit_rules: Vec::new(),
        receivers: names.iter().map(|name| without_channel(name)).collect(),
        templates: Vec::new(),
        mute_time_intervals: Vec::new(),
        time_intervals: Vec::new(),
    }
}

fn without_channel(name: &str) -> Receiver {
    Receiver {
        name: name.to_owned(),
        email_configs: Vec::new(),
        pagerduty_configs: Vec::new(),
        slack_configs: Vec::new(),
        webhook_configs: Vec::new(),
        sns_configs: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_configuration_what_is_shown_can_be_read_and_says_the_same() {
        let labels = series::Labels::new([("a", "b")]).unwrap();
        for receivers in [vec![], vec!["one"], vec!["one", "two", "三"]] {
            let shown = unrouted(&receivers).to_yaml().unwrap();
            let tree = Config::parse(&shown).unwrap().routing_tree();
            let told: Vec<&str> = tree
                .matches(&labels)
                .into_iter()
                .map(|node| node.options.receiver.as_str())
                .filter(|name| *name != "nobody")
                .collect();
            assert_eq!(told, receivers);
        }
    }
}
