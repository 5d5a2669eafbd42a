use crate::html::html;
use crate::language::Language;
use crate::notice::{Notice, cut};
use crate::text::text;
use crate::words::Words;

/// The most characters of a subject.
pub const MAX_SUBJECT_CHARS: usize = 180;
/// The most characters of an SNS subject, which must be ASCII.
pub const MAX_SNS_SUBJECT_CHARS: usize = 99;
/// The largest SNS message, in bytes, with room for its envelope.
pub const MAX_SNS_BYTES: usize = 200 * 1024;

/// A mail as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailContent {
    /// One line.
    pub subject: String,
    /// The whole message without markup.
    pub text: String,
    /// The same with markup; everything that came from outside is escaped.
    pub html: String,
}

/// A message to a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnsContent {
    /// One line of ASCII.
    pub subject: String,
    /// The message.
    pub text: String,
}

/// Subject, text and HTML of a mail.
#[must_use]
pub fn mail(notice: &Notice<'_>, language: Language) -> MailContent {
    MailContent {
        subject: subject(notice, language),
        text: text(notice, language),
        html: html(notice, language),
    }
}

/// Subject and text of a message to a topic. The subject is in English, because SNS takes ASCII only.
#[must_use]
pub fn sns(notice: &Notice<'_>, language: Language) -> SnsContent {
    let mut message = text(notice, language);
    if message.len() > MAX_SNS_BYTES {
        cut(&mut message, MAX_SNS_BYTES / 4);
    }
    SnsContent {
        subject: sns_subject(&subject(notice, Language::English)),
        text: message,
    }
}

/// A text as SNS takes it for a subject: one line of ASCII.
#[must_use]
pub fn sns_subject(text: &str) -> String {
    one_line(text)
        .chars()
        .map(|c| if c.is_ascii() { c } else { '?' })
        .take(MAX_SNS_SUBJECT_CHARS)
        .collect()
}

/// `[FIRING] HighLoad web-1 (critical)`, or `[FIRING:3] HighLoad` for several alerts.
fn subject(notice: &Notice<'_>, language: Language) -> String {
    let status = Words::of(language).status(notice.status());
    let (first, several) = match notice.alerts {
        [] => return format!("[{status}]"),
        [first] => (first, false),
        [first, ..] => (first, true),
    };
    let labels = &first.alert.labels;
    let mut subject = if several {
        format!("[{status}:{}] {}", notice.alerts.len(), first.name())
    } else {
        format!("[{status}] {} {}", first.name(), labels.value("instance"))
    };
    let severity = labels.value("severity");
    if !several && !severity.is_empty() {
        subject.push_str(&format!(" ({severity})"));
    }
    let mut line = one_line(&subject);
    cut(&mut line, MAX_SUBJECT_CHARS);
    line
}

/// No line break and no control character survives, so that a label can't add a header.
#[must_use]
pub fn one_line(text: &str) -> String {
    let cleaned: String = text
        .chars()
        .map(|c| {
            if c.is_control() || is_separator(c) {
                ' '
            } else {
                c
            }
        })
        .collect();
    cleaned.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Unicode's own line breaks and the marks that turn text around.
pub(crate) const fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
