use alertmanager_config::receiver::{SlackAction, SlackConfig, SlackConfirmation};
use message_templates::Texts;
use serde::Serialize;

use crate::{MessageError, shortened, text};

/// Slack cuts longer ones by itself, and less kindly.
const MAX_TITLE_CHARS: usize = 1024;
/// Which parts are Slack's markdown where the configuration does not say.
const MARKDOWN_IN: [&str; 3] = ["fallback", "pretext", "text"];

/// Source: Slack, "Reference: Secondary message attachments", and Alertmanager's order and defaults.
#[derive(Serialize)]
struct Message {
    #[serde(skip_serializing_if = "String::is_empty")]
    channel: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    username: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    icon_emoji: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    icon_url: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    link_names: bool,
    attachments: [Attachment; 1],
}

#[derive(Serialize)]
struct Attachment {
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    title_link: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pretext: String,
    text: String,
    fallback: String,
    callback_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<Action>,
    #[serde(skip_serializing_if = "String::is_empty")]
    image_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    thumb_url: String,
    footer: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    color: String,
    mrkdwn_in: Vec<String>,
}

#[derive(Serialize)]
struct Field {
    title: String,
    value: String,
    short: bool,
}

#[derive(Serialize)]
struct Action {
    #[serde(rename = "type")]
    kind: String,
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    style: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirm: Option<Confirmation>,
}

#[derive(Serialize)]
struct Confirmation {
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    ok_text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    dismiss_text: String,
}

/// The JSON for Slack's incoming webhook.
///
/// # Errors
/// A template of it fails.
pub fn slack(config: &SlackConfig, texts: &Texts) -> Result<Vec<u8>, MessageError> {
    let write = |field: &str, template: &str| text(texts, field, template);
    let attachment = Attachment {
        title: shortened(write("title", &config.title)?, MAX_TITLE_CHARS),
        title_link: write("title_link", &config.title_link)?,
        pretext: write("pretext", &config.pretext)?,
        text: write("text", &config.text)?,
        fallback: write("fallback", &config.fallback)?,
        callback_id: write("callback_id", &config.callback_id)?,
        fields: fields(config, texts)?,
        actions: actions(config, texts)?,
        image_url: write("image_url", &config.image_url)?,
        thumb_url: write("thumb_url", &config.thumb_url)?,
        footer: write("footer", &config.footer)?,
        color: write("color", &config.color)?,
        mrkdwn_in: if config.mrkdwn_in.is_empty() {
            MARKDOWN_IN.map(str::to_owned).to_vec()
        } else {
            config.mrkdwn_in.clone()
        },
    };
    let message = Message {
        channel: write("channel", &config.channel)?,
        username: write("username", &config.username)?,
        icon_emoji: write("icon_emoji", &config.icon_emoji)?,
        icon_url: write("icon_url", &config.icon_url)?,
        link_names: config.link_names,
        attachments: [attachment],
    };
    serde_json::to_vec(&message).map_err(|error| MessageError {
        field: "text".to_owned(),
        reason: error.to_string(),
    })
}

fn fields(config: &SlackConfig, texts: &Texts) -> Result<Vec<Field>, MessageError> {
    let fields = config.fields.iter();
    let field = |field: &alertmanager_config::receiver::SlackField| {
        Ok(Field {
            title: text(texts, "fields.title", &field.title)?,
            value: text(texts, "fields.value", &field.value)?,
            short: field.short.unwrap_or(config.short_fields),
        })
    };
    fields.map(field).collect()
}

fn actions(config: &SlackConfig, texts: &Texts) -> Result<Vec<Action>, MessageError> {
    let action = |action: &SlackAction| {
        let write =
            |field: &str, template: &str| text(texts, &format!("actions.{field}"), template);
        let confirm = action.confirm.as_ref();
        Ok(Action {
            kind: write("type", &action.kind)?,
            text: write("text", &action.text)?,
            url: write("url", &action.url)?,
            style: write("style", &action.style)?,
            name: write("name", &action.name)?,
            value: write("value", &action.value)?,
            confirm: confirm
                .map(|confirm| confirmation(confirm, texts))
                .transpose()?,
        })
    };
    config.actions.iter().map(action).collect()
}

fn confirmation(confirm: &SlackConfirmation, texts: &Texts) -> Result<Confirmation, MessageError> {
    let write =
        |field: &str, template: &str| text(texts, &format!("actions.confirm.{field}"), template);
    Ok(Confirmation {
        text: write("text", &confirm.text)?,
        title: write("title", &confirm.title)?,
        ok_text: write("ok_text", &confirm.ok_text)?,
        dismiss_text: write("dismiss_text", &confirm.dismiss_text)?,
    })
}
