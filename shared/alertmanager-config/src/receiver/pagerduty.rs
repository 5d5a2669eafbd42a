use std::collections::BTreeMap;

use serde::Serialize;

use crate::fields::Fields;
use crate::secret::HasSecrets;
use crate::value::Value;
use crate::{Duration, Global, HttpConfig, Secret, http_client};

/// An event of PagerDuty: version 2 with a routing key, version 1 with a service key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PagerdutyConfig {
    /// Whether it is told that alerts are over; `true` where it does not say.
    pub send_resolved: bool,
    /// How the request is made.
    pub http_config: HttpConfig,
    /// Of an integration of the kind Prometheus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_key: Option<Secret>,
    /// Of an integration of the kind Events API v2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing_key: Option<Secret>,
    /// Where to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Who sends; a template, as all that follow.
    pub client: String,
    /// Where the sender is.
    pub client_url: String,
    /// What happened.
    pub description: String,
    /// Further facts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
    /// Pictures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<PagerdutyImage>,
    /// Links.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<PagerdutyLink>,
    /// What is affected; the client where it is not given.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// How bad it is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub severity: String,
    /// What kind of event.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub class: String,
    /// Which part is affected.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub component: String,
    /// Which group of parts.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// How long a request may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}

/// A picture of an event; each is a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PagerdutyImage {
    /// Its address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub src: String,
    /// What stands for it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub alt: String,
    /// Where it leads.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub href: String,
}

/// A link of an event; both are templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PagerdutyLink {
    /// Its address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub href: String,
    /// What it says.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
}

const DETAILS: [(&str, &str); 4] = [
    (
        "firing",
        "{{ template \"pagerduty.default.instances\" .Alerts.Firing }}",
    ),
    (
        "resolved",
        "{{ template \"pagerduty.default.instances\" .Alerts.Resolved }}",
    ),
    ("num_firing", "{{ .Alerts.Firing | len }}"),
    ("num_resolved", "{{ .Alerts.Resolved | len }}"),
];

pub(super) fn read(fields: &mut Fields<'_>, global: &Global) -> PagerdutyConfig {
    let in_file = fields.refuse_file("service_key_file", "service_key")
        | fields.refuse_file("routing_key_file", "routing_key");
    let client = fields.text_or("client", "{{ template \"pagerduty.default.client\" . }}");
    let source = fields.text("source");
    let mut details = fields.text_map("details");
    for (name, text) in DETAILS {
        let name = name.to_owned();
        details.entry(name).or_insert_with(|| text.to_owned());
    }
    let config = PagerdutyConfig {
        send_resolved: fields.flag("send_resolved", true),
        http_config: http_client::take(fields, &global.http_config),
        service_key: fields.secret("service_key"),
        routing_key: fields.secret("routing_key"),
        url: fields.url("url").or_else(|| global.pagerduty_url.clone()),
        client_url: fields.text_or(
            "client_url",
            "{{ template \"pagerduty.default.clientURL\" . }}",
        ),
        description: fields.text_or(
            "description",
            "{{ template \"pagerduty.default.description\" .}}",
        ),
        details,
        images: parts(fields.list("images"), |fields| PagerdutyImage {
            src: fields.text("src"),
            alt: fields.text("alt"),
            href: fields.text("href"),
        }),
        links: parts(fields.list("links"), |fields| PagerdutyLink {
            href: fields.text("href"),
            text: fields.text("text"),
        }),
        source: super::or_global(source, &client),
        client,
        severity: fields.text("severity"),
        class: fields.text("class"),
        component: fields.text("component"),
        group: fields.text("group"),
        timeout: fields.duration("timeout"),
    };
    if config.service_key.is_none() && config.routing_key.is_none() && !in_file {
        fields.refuse("missing service or routing key in PagerDuty config; give it `routing_key`");
    }
    if config.url.is_none() {
        fields.refuse("no PagerDuty URL set; give `global.pagerduty_url`, or `url` here");
    }
    config
}

fn parts<'r, T>(items: Vec<Value<'r>>, read: impl Fn(&mut Fields<'r>) -> T) -> Vec<T> {
    let mut found = Vec::new();
    for mut fields in items.into_iter().filter_map(Value::fields) {
        found.push(read(&mut fields));
        fields.finish();
    }
    found
}

impl HasSecrets for PagerdutyConfig {
    fn visit_secrets(&mut self, path: &str, visit: &mut dyn FnMut(String, &mut Secret)) {
        let below = |name: &str| format!("{path}.{name}");
        self.http_config.visit_secrets(&below("http_config"), visit);
        self.service_key.visit_secrets(&below("service_key"), visit);
        self.routing_key.visit_secrets(&below("routing_key"), visit);
    }
}
