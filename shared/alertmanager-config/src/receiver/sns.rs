use std::collections::BTreeMap;

use serde::Serialize;

use crate::fields::Fields;
use crate::secret::HasSecrets;
use crate::value::{Empty, Value};
use crate::{Global, HttpConfig, Secret, http_client};

/// A message of SNS to a topic, an endpoint or a telephone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnsConfig {
    /// Whether it is told that alerts are over; `true` where it does not say.
    pub send_resolved: bool,
    /// How the request is made.
    pub http_config: HttpConfig,
    /// Another endpoint of SNS; a template.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_url: String,
    /// With which rights.
    pub sigv4: Sigv4,
    /// The topic; a template.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub topic_arn: String,
    /// Or the telephone; a template.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phone_number: String,
    /// Or the endpoint of a device; a template.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target_arn: String,
    /// Of mails; a template.
    pub subject: String,
    /// The text; a template.
    pub message: String,
    /// Further attributes; templates.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// Rights on AWS.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Sigv4 {
    /// Where the topic is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// A key's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub access_key: String,
    /// The key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<Secret>,
    /// A role to take on.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub role_arn: String,
}

pub(super) fn read(fields: &mut Fields<'_>, global: &Global) -> SnsConfig {
    let config = SnsConfig {
        send_resolved: fields.flag("send_resolved", true),
        http_config: http_client::take(fields, &global.http_config),
        api_url: fields.text("api_url"),
        sigv4: fields
            .take_some("sigv4")
            .and_then(sigv4)
            .unwrap_or_default(),
        topic_arn: fields.text("topic_arn"),
        phone_number: fields.text("phone_number"),
        target_arn: fields.text("target_arn"),
        subject: fields.text_or("subject", "{{ template \"sns.default.subject\" . }}"),
        message: fields.text_or("message", "{{ template \"sns.default.message\" . }}"),
        attributes: fields.text_map("attributes"),
    };
    let targets = [&config.topic_arn, &config.phone_number, &config.target_arn];
    if targets.iter().filter(|target| !target.is_empty()).count() != 1 {
        fields
            .refuse("must provide either a Target ARN, Topic ARN, or Phone Number for SNS config");
    }
    config
}

fn sigv4(value: Value<'_>) -> Option<Sigv4> {
    let mut fields = value.fields()?;
    let sigv4 = Sigv4 {
        region: fields.text("region"),
        access_key: fields.text("access_key"),
        secret_key: fields.secret("secret_key"),
        role_arn: fields.text("role_arn"),
    };
    fields.refuse_field(
        "profile",
        Empty::Text,
        "there are no credentials in files here; remove it",
    );
    if sigv4.access_key.is_empty() != sigv4.secret_key.is_none() {
        let reason =
            "must provide a AWS SigV4 Access key and Secret Key if credentials are specified";
        fields.refuse(reason);
    }
    fields.finish();
    Some(sigv4)
}

impl HasSecrets for SnsConfig {
    fn visit_secrets(&mut self, path: &str, visit: &mut dyn FnMut(String, &mut Secret)) {
        let http = format!("{path}.http_config");
        self.http_config.visit_secrets(&http, visit);
        let key = format!("{path}.sigv4.secret_key");
        self.sigv4.secret_key.visit_secrets(&key, visit);
    }
}
