use serde::Serialize;

use super::slack_parts::{self, SlackAction, SlackField};
use crate::fields::Fields;
use crate::secret::HasSecrets;
use crate::value::Empty;
use crate::{Duration, Global, HttpConfig, Secret, http_client};

/// A message with one attachment, through an incoming webhook of Slack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlackConfig {
    /// Whether it is told that alerts are over; `false` where it does not say.
    pub send_resolved: bool,
    /// How the request is made.
    pub http_config: HttpConfig,
    /// The incoming webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_url: Option<Secret>,
    /// `#channel` or `@user`; a template, as the texts that follow.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub channel: String,
    /// Who speaks.
    pub username: String,
    /// Of the attachment's bar.
    pub color: String,
    /// The attachment's title.
    pub title: String,
    /// Where the title leads.
    pub title_link: String,
    /// Above the attachment.
    pub pretext: String,
    /// The attachment's text.
    pub text: String,
    /// A table in the attachment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<SlackField>,
    /// Whether fields stand beside each other where they do not say.
    pub short_fields: bool,
    /// Below the attachment.
    pub footer: String,
    /// For clients that show no attachments.
    pub fallback: String,
    /// Identifies the buttons' handler.
    pub callback_id: String,
    /// `:name:`
    pub icon_emoji: String,
    /// The speaker's picture.
    pub icon_url: String,
    /// A picture in the attachment.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_url: String,
    /// A small one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub thumb_url: String,
    /// Whether names become links.
    pub link_names: bool,
    /// Which parts are Slack's markdown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mrkdwn_in: Vec<String>,
    /// Buttons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<SlackAction>,
    /// How long a request may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}

pub(super) fn read(fields: &mut Fields<'_>, global: &Global) -> SlackConfig {
    let in_file = fields.refuse_file("api_url_file", "api_url");
    let reason = "only incoming webhooks are; give `api_url`";
    for name in ["app_token", "app_token_file", "app_url"] {
        fields.refuse_field(name, Empty::Text, reason);
    }
    fields.refuse_field("update_message", Empty::Flag, reason);
    let http_config = http_client::take(fields, &global.http_config);
    let api_url = match fields.take_some("api_url") {
        Some(url) => url.secret_url(),
        None => {
            if global.slack_api_url.is_none() && !in_file {
                let reason = "no Slack API URL set; give `global.slack_api_url`, or `api_url` here";
                fields.refuse(reason);
            }
            global.slack_api_url.clone()
        }
    };
    let mut template = |name: &str, default: &str| {
        let default = format!("{{{{ template \"slack.default.{default}\" . }}}}");
        fields.text_or(name, &default)
    };
    SlackConfig {
        http_config,
        api_url,
        username: template("username", "username"),
        title: template("title", "title"),
        title_link: template("title_link", "titlelink"),
        pretext: template("pretext", "pretext"),
        text: template("text", "text"),
        footer: template("footer", "footer"),
        fallback: template("fallback", "fallback"),
        callback_id: template("callback_id", "callbackid"),
        icon_emoji: template("icon_emoji", "iconemoji"),
        icon_url: template("icon_url", "iconurl"),
        send_resolved: fields.flag("send_resolved", false),
        channel: fields.text("channel"),
        color: fields.text_or(
            "color",
            "{{ if eq .Status \"firing\" }}danger{{ else }}good{{ end }}",
        ),
        fields: slack_parts::fields(fields.list("fields")),
        short_fields: fields.flag("short_fields", false),
        image_url: fields.text("image_url"),
        thumb_url: fields.text("thumb_url"),
        link_names: fields.flag("link_names", false),
        mrkdwn_in: fields.texts("mrkdwn_in"),
        actions: slack_parts::actions(fields.list("actions")),
        timeout: fields.duration("timeout"),
    }
}

impl HasSecrets for SlackConfig {
    fn visit_secrets(&mut self, path: &str, visit: &mut dyn FnMut(String, &mut Secret)) {
        let http = format!("{path}.http_config");
        self.http_config.visit_secrets(&http, visit);
        self.api_url
            .visit_secrets(&format!("{path}.api_url"), visit);
    }
}
