use serde::Serialize;

use crate::value::Value;

/// A row of the attachment's table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlackField {
    /// A template.
    pub title: String,
    /// A template.
    pub value: String,
    /// Whether it stands beside another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short: Option<bool>,
}

/// A button; it leads to an address, or has a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlackAction {
    /// Slack's kind: `button`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it says; a template.
    pub text: String,
    /// Where it leads; a template.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// How it looks.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub style: String,
    /// Its name where it leads nowhere.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its value where it leads nowhere.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// What is asked before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<SlackConfirmation>,
}

/// A question before a button acts; all are templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlackConfirmation {
    /// The question.
    pub text: String,
    /// Above it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The word for yes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ok_text: String,
    /// The word for no.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub dismiss_text: String,
}

pub(super) fn fields(items: Vec<Value<'_>>) -> Vec<SlackField> {
    let mut found = Vec::new();
    for mut fields in items.into_iter().filter_map(Value::fields) {
        let field = SlackField {
            title: fields.text("title"),
            value: fields.text("value"),
            short: fields.take_some("short").and_then(Value::flag),
        };
        if field.title.is_empty() {
            fields.refuse("missing title in Slack field configuration");
        }
        if field.value.is_empty() {
            fields.refuse("missing value in Slack field configuration");
        }
        fields.finish();
        found.push(field);
    }
    found
}

pub(super) fn actions(items: Vec<Value<'_>>) -> Vec<SlackAction> {
    items.into_iter().filter_map(action).collect()
}

fn action(value: Value<'_>) -> Option<SlackAction> {
    let mut fields = value.fields()?;
    let mut action = SlackAction {
        kind: fields.text("type"),
        text: fields.text("text"),
        url: fields.text("url"),
        style: fields.text("style"),
        name: fields.text("name"),
        value: fields.text("value"),
        confirm: fields.take_some("confirm").and_then(confirmation),
    };
    if action.kind.is_empty() {
        fields.refuse("missing type in Slack action configuration");
    }
    if action.text.is_empty() {
        fields.refuse("missing text in Slack action configuration");
    }
    if action.url.is_empty() && action.name.is_empty() {
        fields.refuse("missing name or url in Slack action configuration");
    }
    if !action.url.is_empty() {
        action.name.clear();
        action.value.clear();
        action.confirm = None;
    }
    fields.finish();
    Some(action)
}

fn confirmation(value: Value<'_>) -> Option<SlackConfirmation> {
    let mut fields = value.fields()?;
    let confirmation = SlackConfirmation {
        text: fields.text("text"),
        title: fields.text("title"),
        ok_text: fields.text("ok_text"),
        dismiss_text: fields.text("dismiss_text"),
    };
    if confirmation.text.is_empty() {
        fields.refuse("missing text in Slack confirmation configuration");
    }
    fields.finish();
    Some(confirmation)
}
