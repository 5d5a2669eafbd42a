use std::collections::BTreeMap;

use alertmanager_config::receiver::SnsConfig;
use message_templates::Texts;
use notification_content::{MAX_SNS_BYTES, sns_subject};

use crate::{MessageError, text};

/// A message to a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnsMessage {
    /// Which one.
    pub topic_arn: String,
    /// One line of ASCII; none where it is empty.
    pub subject: Option<String>,
    /// The text.
    pub message: String,
    /// Further attributes; those that are empty are left out, because SNS refuses them.
    pub attributes: BTreeMap<String, String>,
}

/// The message that says it.
///
/// # Errors
/// A template of it fails, or it leads to something else than a topic.
pub fn sns(config: &SnsConfig, texts: &Texts) -> Result<SnsMessage, MessageError> {
    if config.topic_arn.is_empty() {
        return Err(MessageError {
            field: "topic_arn".to_owned(),
            reason: "this installation publishes to topics alone; give it one".to_owned(),
        });
    }
    let subject = sns_subject(&text(texts, "subject", &config.subject)?);
    let mut message = text(texts, "message", &config.message)?;
    if message.len() > MAX_SNS_BYTES {
        message.truncate(message.floor_char_boundary(MAX_SNS_BYTES));
    }
    let mut attributes = BTreeMap::new();
    for (name, template) in &config.attributes {
        let value = text(texts, &format!("attributes.{name}"), template)?;
        if !value.is_empty() {
            attributes.insert(name.clone(), value);
        }
    }
    Ok(SnsMessage {
        topic_arn: text(texts, "topic_arn", &config.topic_arn)?,
        subject: Some(subject).filter(|subject| !subject.trim().is_empty()),
        message,
        attributes,
    })
}
