//! The alerts that fire, with what keeps each back.

use alert_routing::{Alert, NO_END, StoredAlert, Suppressors};
use alertmanager_config::RouteNode;
use http_access::HttpError;
use jiff::Timestamp;
use notification_content::alertmanager_fingerprint;
use serde_json::{Value, json};
use series::Labels;

use super::time;
use crate::configured::Configured;
use crate::{Deps, Request};

/// What keeps an alert back, wherever it is routed.
pub struct Suppressed {
    /// Alertmanager's fingerprint of a cause that fires.
    pub inhibited_by: Option<String>,
    /// By id.
    pub silenced_by: Vec<String>,
}

impl Suppressed {
    pub fn is_any(&self) -> bool {
        self.inhibited_by.is_some() || !self.silenced_by.is_empty()
    }
}

/// Everything that is known of a tenant's alerts.
pub struct View {
    configured: Configured,
    alerts: Vec<StoredAlert>,
    silences: Vec<alert_routing::Silence>,
    now: Timestamp,
}

impl View {
    pub async fn read(deps: &Deps, call: &Request) -> Result<Self, HttpError> {
        let tenant = call.tenant()?;
        let mut alerts = deps.state.firing_alerts(tenant).await?;
        alerts.retain(|stored| !stored.alert.is_resolved(call.now));
        Ok(Self {
            configured: Configured::read(deps, tenant).await?,
            alerts,
            silences: deps.state.silences(tenant).await?,
            now: call.now,
        })
    }

    /// Each alert with what keeps it back, by Alertmanager's fingerprint.
    pub fn alerts(&self) -> Vec<(&Alert, Suppressed)> {
        let firing = self.alerts.iter().map(|stored| &stored.alert.labels);
        let (plan, silences) = (&self.configured.plan, self.silences.clone());
        let suppressors = Suppressors::among(plan, silences, firing, self.now);
        let mut all: Vec<_> = self
            .alerts
            .iter()
            .map(|stored| {
                let labels = &stored.alert.labels;
                let suppressed = Suppressed {
                    inhibited_by: suppressors.inhibitor(labels).map(fingerprint),
                    silenced_by: suppressors.silencers(labels),
                };
                (&stored.alert, suppressed)
            })
            .collect();
        all.sort_by_cached_key(|(alert, _)| alertmanager_fingerprint(&alert.labels));
        all
    }

    /// The routes that an alert comes to, in the order of the tree.
    pub fn routes(&self, labels: &Labels) -> Vec<&RouteNode> {
        let mut routes = self.configured.plan.tree().matches(labels);
        routes.retain(|node| !node.options.receiver.is_empty());
        routes
    }

    /// An alert as the API has it.
    pub fn shown(&self, alert: &Alert, suppressed: &Suppressed, receivers: &[&str]) -> Value {
        let plan = &self.configured.plan;
        // Of one of our own rules: it ends then, unless it is said again.
        let by_timeout = || self.now.checked_add(plan.resolve_timeout).unwrap_or(NO_END);
        let ends_at = if alert.ends_at == NO_END {
            by_timeout()
        } else {
            alert.ends_at
        };
        let state = if suppressed.is_any() {
            "suppressed"
        } else {
            "active"
        };
        let receivers = receivers.iter().map(|name| json!({"name": name}));
        let mut shown = json!({
            "annotations": alert.annotations, "labels": alert.labels,
            "startsAt": time::shown(alert.starts_at), "endsAt": time::shown(ends_at),
            "updatedAt": time::shown(alert.updated_at), "fingerprint": fingerprint(&alert.labels),
            "receivers": receivers.collect::<Vec<_>>(),
            "status": {
                "state": state, "silencedBy": suppressed.silenced_by,
                "inhibitedBy": suppressed.inhibited_by.iter().collect::<Vec<_>>(),
            },
        });
        if !alert.generator_url.is_empty() {
            shown["generatorURL"] = json!(alert.generator_url);
        }
        shown
    }
}

fn fingerprint(labels: &Labels) -> String {
    format!("{:016x}", alertmanager_fingerprint(labels))
}
