//! What is sent to a receiver that is configured as Alertmanager's are? Pure.
//!
//! [`Channel::find`] is the part of a configuration that a notification names; [`slack`], [`pagerduty`], [`mail`] and
//! [`sns`] make of it and the notification's texts what goes out. [`check`] says before a configuration is taken which
//! of its texts can't be followed.

mod channel;
mod check;
mod mail;
mod pagerduty;
mod slack;
mod sns;

use message_templates::{RenderError, Texts};

pub use channel::Channel;
pub use check::check;
pub use mail::{Mail, mail};
pub use pagerduty::{Event, pagerduty};
pub use slack::slack;
pub use sns::{SnsMessage, sns};

/// A text of a receiver could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {reason}")]
pub struct MessageError {
    /// Of the receiver's configuration.
    pub field: String,
    /// Why.
    pub reason: String,
}

fn failed(field: &str, reason: &RenderError) -> MessageError {
    MessageError {
        field: field.to_owned(),
        reason: reason.to_string(),
    }
}

/// Writes the text of a field.
fn text(texts: &Texts, field: &str, template: &str) -> Result<String, MessageError> {
    texts
        .text(template)
        .map_err(|reason| failed(field, &reason))
}

/// The first `max_chars` characters, the last of which says that there were more.
fn shortened(text: String, max_chars: usize) -> String {
    if text.chars().count() <= max_chars {
        return text;
    }
    let kept = text.chars().take(max_chars - 1);
    kept.chain(['…']).collect()
}
