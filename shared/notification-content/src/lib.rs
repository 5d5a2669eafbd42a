//! What does a receiver read? Webhook bodies and mail texts. Pure.
//!
//! A [`Notice`] is everything a receiver is told at once. Sizes are bounded, and what was left out is
//! counted in the message itself.

mod html;
mod language;
mod mail;
mod notice;

mod text;
mod webhook;
mod words;

pub use alert_routing::{Alert, NotifyReason};
pub use language::Language;
pub use mail::{
    MAX_SNS_BYTES, MAX_SNS_SUBJECT_CHARS, MAX_SUBJECT_CHARS, MailContent, SnsContent, mail,
    one_line, sns, sns_subject,
};
pub use notice::{
    AlertStatus, MAX_ANNOTATION_CHARS, MAX_ANNOTATIONS, MAX_ANNOTATIONS_BYTES, Notice,
    NotifiedAlert, OMITTED_ANNOTATION,
};
pub use webhook::{MAX_WEBHOOK_BYTES, alertmanager_fingerprint, webhook_body};
