use serde::Serialize;

use crate::fields::Fields;
use crate::secret::HasSecrets;
use crate::value::{Empty, Value};
use crate::{Duration, HttpConfig, Secret, address, http_client};

/// What receivers inherit, and when an alert that is not sent again is over: `global`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Global {
    /// How long after it was last sent an alert without an end of its own is over.
    pub resolve_timeout: Duration,
    /// How requests are made.
    pub http_config: HttpConfig,
    /// Sender of mails.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub smtp_from: String,
    /// The name given to the smarthost.
    pub smtp_hello: String,
    /// `host:port`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub smtp_smarthost: String,
    /// For SMTP's CRAM-MD5, LOGIN and PLAIN.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub smtp_auth_username: String,
    /// For LOGIN and PLAIN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp_auth_password: Option<Secret>,
    /// For CRAM-MD5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp_auth_secret: Option<Secret>,
    /// For PLAIN.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub smtp_auth_identity: String,
    /// Whether mail may only go over TLS.
    pub smtp_require_tls: bool,
    /// The incoming webhook of Slack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slack_api_url: Option<Secret>,
    /// Where PagerDuty takes events; `None` where it is said to be nowhere.
    pub pagerduty_url: Option<String>,
}

impl Default for Global {
    fn default() -> Self {
        Self {
            resolve_timeout: Duration::from_secs(300),
            http_config: HttpConfig::default(),
            smtp_from: String::new(),
            smtp_hello: "localhost".to_owned(),
            smtp_smarthost: String::new(),
            smtp_auth_username: String::new(),
            smtp_auth_password: None,
            smtp_auth_secret: None,
            smtp_auth_identity: String::new(),
            smtp_require_tls: true,
            slack_api_url: None,
            pagerduty_url: Some("https://events.pagerduty.com/v2/enqueue".to_owned()),
        }
    }
}

impl HasSecrets for Global {
    fn visit_secrets(&mut self, path: &str, visit: &mut dyn FnMut(String, &mut Secret)) {
        let below = |name: &str| format!("{path}.{name}");
        self.http_config.visit_secrets(&below("http_config"), visit);
        let own = [
            ("smtp_auth_password", &mut self.smtp_auth_password),
            ("smtp_auth_secret", &mut self.smtp_auth_secret),
            ("slack_api_url", &mut self.slack_api_url),
        ];
        for (name, secret) in own {
            secret.visit_secrets(&below(name), visit);
        }
    }
}

/// Of kinds of receivers that there are not; Alertmanager shows its defaults, so they may be given.
const OTHER_URLS: [&str; 7] = [
    "opsgenie_api_url",
    "wechat_api_url",
    "victorops_api_url",
    "telegram_api_url",
    "webex_api_url",
    "rocketchat_api_url",
    "jira_api_url",
];
const OTHER_KEYS: [&str; 15] = [
    "opsgenie_api_key",
    "opsgenie_api_key_file",
    "victorops_api_key",
    "victorops_api_key_file",
    "wechat_api_secret",
    "wechat_api_secret_file",
    "wechat_api_corp_id",
    "rocketchat_token",
    "rocketchat_token_file",
    "rocketchat_token_id",
    "rocketchat_token_id_file",
    "telegram_bot_token",
    "telegram_bot_token_file",
    "slack_app_token",
    "slack_app_token_file",
];

/// Each channel inherits it.
const MAX_TEXT_BYTES: usize = 16 << 10;

pub(crate) fn read(value: Value<'_>) -> Option<Global> {
    if value.text_bytes() > MAX_TEXT_BYTES {
        value.refuse("more than 16 KiB of text in `global` is not supported");
        return None;
    }
    let mut fields = value.fields()?;
    let default = Global::default();
    let resolve_timeout = match fields.take("resolve_timeout") {
        None => default.resolve_timeout,
        Some(value) if value.is_null() => Duration::default(),
        Some(value) => value.duration().unwrap_or_default(),
    };
    let pagerduty_url = if fields.has("pagerduty_url") {
        fields.url("pagerduty_url")
    } else {
        default.pagerduty_url
    };
    let global = Global {
        resolve_timeout,
        http_config: http_client::take(&mut fields, &default.http_config),
        smtp_from: fields.text("smtp_from"),
        smtp_hello: fields.text_or("smtp_hello", &default.smtp_hello),
        smtp_smarthost: smarthost(&mut fields, "smtp_smarthost"),
        smtp_auth_username: fields.text("smtp_auth_username"),
        smtp_auth_password: fields.secret("smtp_auth_password"),
        smtp_auth_secret: fields.secret("smtp_auth_secret"),
        smtp_auth_identity: fields.text("smtp_auth_identity"),
        smtp_require_tls: fields.flag("smtp_require_tls", true),
        slack_api_url: fields.secret_url("slack_api_url"),
        pagerduty_url,
    };
    refuse_unsupported(&mut fields);
    fields.finish();
    Some(global)
}

/// `host:port` or nothing.
pub(crate) fn smarthost(fields: &mut Fields<'_>, name: &str) -> String {
    let Some(value) = fields.take(name) else {
        return String::new();
    };
    let (line, path, reading) = (value.line, value.path.clone(), value.reading);
    let text = value.text().unwrap_or_default();
    if !text.is_empty()
        && let Err(reason) = address::check_host_and_port(&text)
    {
        reading.refuse(line, &path, format!("address {text:?}: {reason}"));
    }
    text
}

fn refuse_unsupported(fields: &mut Fields<'_>) {
    fields.refuse_file("smtp_auth_password_file", "smtp_auth_password");
    fields.refuse_file("smtp_auth_secret_file", "smtp_auth_secret");
    fields.refuse_file("slack_api_url_file", "slack_api_url");
    http_client::refuse_tls(fields, "smtp_tls_config");
    for name in OTHER_URLS {
        fields.url(name);
    }
    for name in OTHER_KEYS {
        fields.refuse_field(
            name,
            Empty::Text,
            "there is no such receiver here; remove it",
        );
    }
}
