//! Who is told, and how.

mod email;
mod pagerduty;
mod slack;
mod slack_parts;
mod sns;
mod webhook;

use serde::Serialize;

pub use email::EmailConfig;
pub use pagerduty::{PagerdutyConfig, PagerdutyImage, PagerdutyLink};
pub use slack::SlackConfig;
pub use slack_parts::{SlackAction, SlackConfirmation, SlackField};
pub use sns::{Sigv4, SnsConfig};
pub use webhook::WebhookConfig;

use crate::fields::Fields;
use crate::secret::HasSecrets;
use crate::value::{Empty, Value};
use crate::{Global, Secret};

/// A receiver; one without any channel takes alerts and tells nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receiver {
    /// Unique.
    pub name: String,
    /// Mails.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub email_configs: Vec<EmailConfig>,
    /// Events of PagerDuty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pagerduty_configs: Vec<PagerdutyConfig>,
    /// Messages in Slack.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slack_configs: Vec<SlackConfig>,
    /// Requests with Alertmanager's JSON.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub webhook_configs: Vec<WebhookConfig>,
    /// Messages to topics of SNS.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sns_configs: Vec<SnsConfig>,
}

/// Kinds that Alertmanager knows and we don't.
const UNSUPPORTED: [(&str, &str); 13] = [
    ("discord_configs", "Discord"),
    ("incidentio_configs", "incident.io"),
    ("jira_configs", "Jira"),
    ("mattermost_configs", "Mattermost"),
    ("msteams_configs", "Microsoft Teams"),
    ("msteamsv2_configs", "Microsoft Teams"),
    ("opsgenie_configs", "OpsGenie"),
    ("pushover_configs", "Pushover"),
    ("rocketchat_configs", "Rocket.Chat"),
    ("telegram_configs", "Telegram"),
    ("victorops_configs", "VictorOps"),
    ("webex_configs", "Webex"),
    ("wechat_configs", "WeChat"),
];

impl Receiver {
    pub(crate) const fn channels(&self) -> usize {
        self.email_configs.len()
            + self.pagerduty_configs.len()
            + self.slack_configs.len()
            + self.webhook_configs.len()
            + self.sns_configs.len()
    }
}

/// One receiver and the line of its name.
pub(crate) fn read(value: Value<'_>, global: &Global) -> Option<(usize, Receiver)> {
    let mut fields = value.fields()?;
    let line = fields.line_of("name");
    let name = fields.text("name");
    if name.is_empty() {
        fields.refuse("missing name in receiver; give it `name`");
    }
    let receiver = Receiver {
        name,
        email_configs: each(&mut fields, "email_configs", global, email::read),
        pagerduty_configs: each(&mut fields, "pagerduty_configs", global, pagerduty::read),
        slack_configs: each(&mut fields, "slack_configs", global, slack::read),
        webhook_configs: each(&mut fields, "webhook_configs", global, webhook::read),
        sns_configs: each(&mut fields, "sns_configs", global, sns::read),
    };
    for (name, product) in UNSUPPORTED {
        let reason = format!(
            "receivers can be webhook, email, slack, pagerduty and sns, not {product}; use webhook_configs"
        );
        fields.refuse_field(name, Empty::List, &reason);
    }
    fields.finish();
    Some((line, receiver))
}

fn each<T>(
    fields: &mut Fields<'_>,
    name: &str,
    global: &Global,
    read: fn(&mut Fields<'_>, &Global) -> T,
) -> Vec<T> {
    let mut found = Vec::new();
    for value in fields.list(name) {
        if let Some(mut fields) = value.fields() {
            found.push(read(&mut fields, global));
            fields.finish();
        }
    }
    found
}

/// What a channel gives where its field is empty: the global value.
fn or_global(own: String, global: &str) -> String {
    if own.is_empty() {
        global.to_owned()
    } else {
        own
    }
}

impl HasSecrets for Receiver {
    fn visit_secrets(&mut self, path: &str, visit: &mut dyn FnMut(String, &mut Secret)) {
        let below = |name: &str| format!("{path}.{name}");
        self.email_configs
            .visit_secrets(&below("email_configs"), visit);
        self.pagerduty_configs
            .visit_secrets(&below("pagerduty_configs"), visit);
        self.slack_configs
            .visit_secrets(&below("slack_configs"), visit);
        self.webhook_configs
            .visit_secrets(&below("webhook_configs"), visit);
        self.sns_configs.visit_secrets(&below("sns_configs"), visit);
    }
}
