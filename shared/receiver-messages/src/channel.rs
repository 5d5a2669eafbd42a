use alertmanager_config::receiver::{
    EmailConfig, PagerdutyConfig, SlackConfig, SnsConfig, WebhookConfig,
};
use alertmanager_config::{Config, Secret};
use url::Url;

/// One way in which a receiver is told.
#[derive(Debug, Clone, Copy)]
pub enum Channel<'a> {
    /// A request with Alertmanager's JSON.
    Webhook(&'a WebhookConfig),
    /// A mail.
    Email(&'a EmailConfig),
    /// A message in Slack.
    Slack(&'a SlackConfig),
    /// An event of PagerDuty.
    Pagerduty(&'a PagerdutyConfig),
    /// A message to a topic.
    Sns(&'a SnsConfig),
}

impl<'a> Channel<'a> {
    /// The channel that `<receiver>/<kind>/<number>` names, where the configuration has it.
    #[must_use]
    pub fn find(config: &'a Config, integration: &str) -> Option<Self> {
        let mut parts = integration.rsplitn(3, '/');
        let (number, kind, name) = (parts.next()?, parts.next()?, parts.next()?);
        let at: usize = number.parse().ok()?;
        let receiver = config.receiver(name)?;
        match kind {
            "webhook" => receiver.webhook_configs.get(at).map(Self::Webhook),
            "email" => receiver.email_configs.get(at).map(Self::Email),
            "slack" => receiver.slack_configs.get(at).map(Self::Slack),
            "pagerduty" => receiver.pagerduty_configs.get(at).map(Self::Pagerduty),
            "sns" => receiver.sns_configs.get(at).map(Self::Sns),
            _ => None,
        }
    }

    /// `webhook`, `mail`, `slack`, `pagerduty` or `sns`, as notifications are listed.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Email(_) => "mail",
            Self::Slack(_) => "slack",
            Self::Pagerduty(_) => "pagerduty",
            Self::Sns(_) => "sns",
        }
    }

    /// Where it leads, as far as that is no secret: of an address scheme and host, else the address, the channel or the
    /// topic as it is configured. Empty where it is hidden.
    #[must_use]
    pub fn place(self) -> String {
        match self {
            Self::Webhook(webhook) => secret_origin(webhook.url.as_ref()),
            Self::Email(email) => email.to.clone(),
            Self::Slack(slack) if slack.channel.is_empty() => secret_origin(slack.api_url.as_ref()),
            Self::Slack(slack) => slack.channel.clone(),
            Self::Pagerduty(pager) => pager.url.as_deref().map(origin).unwrap_or_default(),
            Self::Sns(sns) => sns.topic_arn.clone(),
        }
    }
}

fn secret_origin(url: Option<&Secret>) -> String {
    let known = url.filter(|url| !url.is_hidden());
    known.map(|url| origin(url.reveal())).unwrap_or_default()
}

fn origin(url: &str) -> String {
    let Ok(url) = Url::parse(url) else {
        return String::new();
    };
    let port = url.port().map(|port| format!(":{port}"));
    format!(
        "{}://{}{}",
        url.scheme(),
        url.host_str().unwrap_or_default(),
        port.unwrap_or_default()
    )
}
