use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::Serialize;

use super::or_global;
use crate::fields::Fields;
use crate::global::smarthost;
use crate::secret::HasSecrets;
use crate::{Global, Secret, http_client};

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmailConfig {
    /// Whether it is told that alerts are over; `false` where it does not say.
    pub send_resolved: bool,
    /// Addresses; a template.
    pub to: String,
    /// Sender; a template.
    pub from: String,
    /// The name given to the smarthost.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hello: String,
    /// `host:port`.
    pub smarthost: String,
    /// For SMTP's CRAM-MD5, LOGIN and PLAIN.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub auth_username: String,
    /// For LOGIN and PLAIN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_password: Option<Secret>,
    /// For CRAM-MD5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_secret: Option<Secret>,
    /// For PLAIN.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub auth_identity: String,
    /// Further headers under their canonical names; templates.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body in HTML; a template.
    pub html: String,
    /// The body as plain text; a template.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Whether mail may only go over TLS.
    pub require_tls: bool,
}

pub(super) fn read(fields: &mut Fields<'_>, global: &Global) -> EmailConfig {
    fields.refuse_file("auth_password_file", "auth_password");
    fields.refuse_file("auth_secret_file", "auth_secret");
    http_client::refuse_tls(fields, "tls_config");
    let require_tls = fields.take_some("require_tls");
    let require_tls = require_tls.map_or(Some(global.smtp_require_tls), |value| value.flag());
    let config = EmailConfig {
        send_resolved: fields.flag("send_resolved", false),
        to: fields.text("to"),
        from: or_global(fields.text("from"), &global.smtp_from),
        hello: or_global(fields.text("hello"), &global.smtp_hello),
        smarthost: or_global(smarthost(fields, "smarthost"), &global.smtp_smarthost),
        auth_username: or_global(fields.text("auth_username"), &global.smtp_auth_username),
        auth_password: fields
            .secret("auth_password")
            .or_else(|| global.smtp_auth_password.clone()),
        auth_secret: fields
            .secret("auth_secret")
            .or_else(|| global.smtp_auth_secret.clone()),
        auth_identity: or_global(fields.text("auth_identity"), &global.smtp_auth_identity),
        headers: headers(fields),
        html: fields.text_or("html", "{{ template \"email.default.html\" . }}"),
        text: fields.text("text"),
        require_tls: require_tls.unwrap_or(true),
    };
    for (value, reason) in [
        (
            &config.to,
            "missing to address in email config; give it `to`",
        ),
        (
            &config.smarthost,
            "no SMTP smarthost set; give `global.smtp_smarthost`, or `smarthost` here",
        ),
        (
            &config.from,
            "no SMTP from set; give `global.smtp_from`, or `from` here",
        ),
    ] {
        if value.is_empty() {
            fields.refuse(reason);
        }
    }
    config
}

fn headers(fields: &mut Fields<'_>) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    let Some(value) = fields.take("headers") else {
        return headers;
    };
    for (name, value) in value.texts() {
        let name = canonical(&name);
        match headers.entry(name) {
            Entry::Occupied(first) => {
                let name = first.key();
                value.refuse(format!("duplicate header {name:?} in email config"));
            }
            Entry::Vacant(free) => {
                free.insert(value.text().unwrap_or_default());
            }
        }
    }
    headers
}

/// `Message-Id` of `message-id`; what is no name of a header stays as it is.
fn canonical(name: &str) -> String {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if !name.chars().all(is_token) {
        return name.to_owned();
    }
    let mut upper = true;
    let letters = name.chars().map(|c| {
        let written = if upper {
            c.to_ascii_uppercase()
        } else {
            c.to_ascii_lowercase()
        };
        upper = c == '-';
        written
    });
    letters.collect()
}

impl HasSecrets for EmailConfig {
    fn visit_secrets(&mut self, path: &str, visit: &mut dyn FnMut(String, &mut Secret)) {
        self.auth_password
            .visit_secrets(&format!("{path}.auth_password"), visit);
        self.auth_secret
            .visit_secrets(&format!("{path}.auth_secret"), visit);
    }
}
