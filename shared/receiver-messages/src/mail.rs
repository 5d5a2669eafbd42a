use alertmanager_config::receiver::EmailConfig;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use message_templates::Texts;
use notification_content::{Language, Notice, one_line};

use crate::{MessageError, failed, shortened, text};

/// Alertmanager's whole mail. Ours says the same, in the tenant's language.
const DEFAULT_HTML: &str = "email.default.html";
/// Headers that the sending service or this installation writes.
const OWN_HEADERS: [&str; 15] = [
    "Auto-Submitted",
    "Bcc",
    "Cc",
    "Content-Transfer-Encoding",
    "Content-Type",
    "Date",
    "From",
    "In-Reply-To",
    "Message-Id",
    "Mime-Version",
    "References",
    "Return-Path",
    "Sender",
    "To",
    "X-Toban-Notification",
];
/// SES takes 15 headers, of which four are ours.
const MAX_HEADERS: usize = 10;
/// Source: SES, `MessageHeader`.
const MAX_HEADER_BYTES: usize = 800;
/// Source: SES, recipients of one message.
const MAX_ADDRESSES: usize = 50;
const MAX_SUBJECT_CHARS: usize = 400;

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Addresses, at least one.
    pub to: Vec<String>,
    /// Where answers go; nowhere in particular where it is empty.
    pub reply_to: Vec<String>,
    /// One line.
    pub subject: String,
    /// Without markup.
    pub text: Option<String>,
    /// With markup.
    pub html: Option<String>,
    /// Further headers, in ASCII.
    pub headers: Vec<(String, String)>,
}

/// The mail that says it. Sender, smarthost and credentials of the configuration are not used: the installation sends.
///
/// # Errors
/// A template of it fails, or nobody is left to send it to.
pub fn mail(
    config: &EmailConfig,
    texts: &Texts,
    notice: &Notice<'_>,
    language: Language,
) -> Result<Mail, MessageError> {
    let own = notification_content::mail(notice, language);
    let to = addresses(&text(texts, "to", &config.to)?);
    if to.is_empty() || to.len() > MAX_ADDRESSES {
        return Err(MessageError {
            field: "to".to_owned(),
            reason: format!(
                "it names {} addresses; 1 to {MAX_ADDRESSES} can be sent to",
                to.len()
            ),
        });
    }
    let subject = match config.headers.get("Subject") {
        Some(template) => one_line(&text(texts, "headers.Subject", template)?),
        None => own.subject,
    };
    let is_default = is_default_html(&config.html);
    let html = match config.html.as_str() {
        "" => None,
        _ if is_default => Some(own.html),
        template => {
            let html = texts.html(template);
            Some(html.map_err(|reason| failed("html", &reason))?)
        }
    };
    let written = match config.text.as_str() {
        "" if is_default || html.is_none() => Some(own.text),
        "" => None,
        template => Some(text(texts, "text", template)?),
    };
    let reply_to = match config.headers.get("Reply-To") {
        Some(template) => addresses(&text(texts, "headers.Reply-To", template)?),
        None => Vec::new(),
    };
    Ok(Mail {
        to,
        reply_to,
        subject: shortened(subject, MAX_SUBJECT_CHARS),
        text: written,
        html,
        headers: headers(config, texts)?,
    })
}

/// Whether it is nothing but the call of Alertmanager's whole mail.
pub(crate) fn is_default_html(html: &str) -> bool {
    let inside = html
        .trim()
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"));
    let mut words = inside.unwrap_or_default().split_whitespace();
    let called = [words.next(), words.next(), words.next(), words.next()];
    let quoted = format!("\"{DEFAULT_HTML}\"");
    called == [Some("template"), Some(quoted.as_str()), Some("."), None]
}

/// `a@example.org, B <b@example.org>`: the addresses alone.
fn addresses(list: &str) -> Vec<String> {
    let parts = list.split([',', ';', '\n']).map(|part| {
        let part = part.trim();
        let inner = part.rsplit_once('<').map(|(_, rest)| rest);
        inner
            .and_then(|rest| rest.strip_suffix('>'))
            .unwrap_or(part)
    });
    let is_address = |part: &&str| {
        part.contains('@') && !part.contains(|c: char| c.is_whitespace() || c.is_control())
    };
    parts.filter(is_address).map(str::to_owned).collect()
}

fn headers(config: &EmailConfig, texts: &Texts) -> Result<Vec<(String, String)>, MessageError> {
    let mut headers = Vec::new();
    for (name, template) in &config.headers {
        let is_name = name
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b':');
        let is_placed =
            OWN_HEADERS.contains(&name.as_str()) || name == "Subject" || name == "Reply-To";
        if is_placed || !is_name || headers.len() == MAX_HEADERS {
            continue;
        }
        let value = one_line(&text(texts, &format!("headers.{name}"), template)?);
        if !value.is_empty() {
            headers.push((name.clone(), in_ascii(&value)));
        }
    }
    Ok(headers)
}

/// Encoded words where it has other characters. Source: RFC 2047, 2.
fn in_ascii(value: &str) -> String {
    if value.is_ascii() {
        return value.chars().take(MAX_HEADER_BYTES).collect();
    }
    // A word has 75 characters at most, which is 45 bytes in base64.
    let mut words = Vec::new();
    let mut word = String::new();
    for c in value.chars().chain(['\0']) {
        if c == '\0' || word.len() + c.len_utf8() > 42 {
            words.push(format!("=?UTF-8?B?{}?=", STANDARD.encode(&word)));
            word.clear();
        }
        word.push(c);
    }
    words.truncate(MAX_HEADER_BYTES / 76);
    words.join(" ")
}
