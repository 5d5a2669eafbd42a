use serde::Serialize;

use crate::fields::Fields;
use crate::secret::HasSecrets;
use crate::{Duration, Global, HttpConfig, Secret, http_client};

/// A request with Alertmanager's JSON, version 4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhookConfig {
    /// Whether it is told that alerts are over; `true` where it does not say.
    pub send_resolved: bool,
    /// How the request is made.
    pub http_config: HttpConfig,
    /// Where to; `None` only where it was refused.
    pub url: Option<Secret>,
    /// The most alerts of one message; 0 is no limit.
    pub max_alerts: u64,
    /// How long a request may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}

pub(super) fn read(fields: &mut Fields<'_>, global: &Global) -> WebhookConfig {
    let in_file = fields.refuse_file("url_file", "url");
    let url = match fields.take_some("url") {
        Some(url) => url.secret_url(),
        None if in_file => None,
        None => {
            fields.refuse("missing URL in webhook config; give it `url`");
            None
        }
    };
    WebhookConfig {
        send_resolved: fields.flag("send_resolved", true),
        http_config: http_client::take(fields, &global.http_config),
        url,
        max_alerts: fields.count("max_alerts"),
        timeout: fields.duration("timeout"),
    }
}

impl HasSecrets for WebhookConfig {
    fn visit_secrets(&mut self, path: &str, visit: &mut dyn FnMut(String, &mut Secret)) {
        let http = format!("{path}.http_config");
        self.http_config.visit_secrets(&http, visit);
        self.url.visit_secrets(&format!("{path}.url"), visit);
    }
}
