use std::collections::BTreeMap;

use alertmanager_config::receiver::PagerdutyConfig;
use message_templates::Texts;
use notification_content::{AlertStatus, Notice};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{MessageError, shortened, text};

/// Version 1 has this address alone. Source: PagerDuty, "Events API v1".
const VERSION_1: &str = "https://events.pagerduty.com/generic/2010-04-15/create_event.json";
/// Source: PagerDuty, "PD-CEF": `summary`.
const MAX_SUMMARY_CHARS: usize = 1024;
/// Source: PagerDuty, "Send an Alert Event": the largest event, in bytes.
const MAX_EVENT_BYTES: usize = 512_000;
/// Source: PagerDuty, "PD-CEF": `severity`.
const SEVERITIES: [&str; 4] = ["critical", "error", "warning", "info"];
const DEFAULT_SEVERITY: &str = "error";

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Where it is sent.
    pub url: String,
    /// JSON.
    pub body: Vec<u8>,
    /// Of version 1, which says with 403 what version 2 says with 429.
    pub is_version_1: bool,
}

#[derive(Serialize)]
struct Version2<'a> {
    routing_key: &'a str,
    dedup_key: String,
    event_action: &'static str,
    payload: Payload,
    #[serde(skip_serializing_if = "String::is_empty")]
    client: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    client_url: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<Image>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
}

#[derive(Serialize)]
struct Payload {
    summary: String,
    source: String,
    severity: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    class: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    component: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    group: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    custom_details: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Image {
    src: String,
    alt: String,
    href: String,
}

#[derive(Serialize)]
struct Link {
    href: String,
    text: String,
}

#[derive(Serialize)]
struct Version1<'a> {
    service_key: &'a str,
    event_type: &'static str,
    incident_key: String,
    description: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    client: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    client_url: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    details: BTreeMap<String, String>,
}

/// The event that says it: version 2 with a routing key, version 1 with a service key alone.
///
/// Its key is the hash of the group's key that Alertmanager makes, so that an incident that Alertmanager opened ends
/// with an event of ours.
///
/// # Errors
/// A template of it fails.
pub fn pagerduty(
    config: &PagerdutyConfig,
    texts: &Texts,
    notice: &Notice<'_>,
) -> Result<Event, MessageError> {
    let write = |field: &str, template: &str| text(texts, field, template);
    let key = hex::encode(Sha256::digest(notice.group_key.as_bytes()));
    let action = match notice.status() {
        AlertStatus::Firing => "trigger",
        AlertStatus::Resolved => "resolve",
    };
    let summary = shortened(
        write("description", &config.description)?,
        MAX_SUMMARY_CHARS,
    );
    let details = details(config, texts)?;
    let (client, client_url) = (
        write("client", &config.client)?,
        write("client_url", &config.client_url)?,
    );
    let Some(routing_key) = &config.routing_key else {
        let service_key = config.service_key.as_ref();
        let event = Version1 {
            service_key: service_key.map_or("", |key| key.reveal()),
            event_type: action,
            incident_key: key,
            description: summary,
            client,
            client_url,
            details,
        };
        return written(VERSION_1, event, |event| &mut event.details);
    };
    let event = Version2 {
        routing_key: routing_key.reveal(),
        dedup_key: key,
        event_action: action,
        payload: Payload {
            summary,
            source: write("source", &config.source)?,
            severity: severity(&write("severity", &config.severity)?),
            class: write("class", &config.class)?,
            component: write("component", &config.component)?,
            group: write("group", &config.group)?,
            custom_details: details,
        },
        client,
        client_url,
        images: images(config, texts)?,
        links: links(config, texts)?,
    };
    let url = config.url.as_deref().unwrap_or_default();
    written(url, event, |event| &mut event.payload.custom_details)
}

/// PagerDuty refuses an event with another severity, and a page would be lost.
fn severity(said: &str) -> String {
    let said = said.trim().to_lowercase();
    let known = SEVERITIES.contains(&said.as_str());
    if known {
        said
    } else {
        DEFAULT_SEVERITY.to_owned()
    }
}

fn details(
    config: &PagerdutyConfig,
    texts: &Texts,
) -> Result<BTreeMap<String, String>, MessageError> {
    let details = config.details.iter();
    let detail = |(name, template): (&String, &String)| {
        let text = text(texts, &format!("details.{name}"), template)?;
        Ok((name.clone(), text))
    };
    details.map(detail).collect()
}

fn images(config: &PagerdutyConfig, texts: &Texts) -> Result<Vec<Image>, MessageError> {
    let mut images = Vec::new();
    for image in &config.images {
        let image = Image {
            src: text(texts, "images.src", &image.src)?,
            alt: text(texts, "images.alt", &image.alt)?,
            href: text(texts, "images.href", &image.href)?,
        };
        if !image.src.is_empty() {
            images.push(image);
        }
    }
    Ok(images)
}

fn links(config: &PagerdutyConfig, texts: &Texts) -> Result<Vec<Link>, MessageError> {
    let mut links = Vec::new();
    for link in &config.links {
        let link = Link {
            href: text(texts, "links.href", &link.href)?,
            text: text(texts, "links.text", &link.text)?,
        };
        if !link.href.is_empty() {
            links.push(link);
        }
    }
    Ok(links)
}

/// Without its details where it is too large with them.
fn written<T: Serialize>(
    url: &str,
    mut event: T,
    details: fn(&mut T) -> &mut BTreeMap<String, String>,
) -> Result<Event, MessageError> {
    let failed = |error: serde_json::Error| MessageError {
        field: "details".to_owned(),
        reason: error.to_string(),
    };
    let mut body = serde_json::to_vec(&event).map_err(failed)?;
    if body.len() > MAX_EVENT_BYTES {
        let words = "left out: the event would be larger than 512 KB";
        *details(&mut event) = BTreeMap::from([("error".to_owned(), words.to_owned())]);
        body = serde_json::to_vec(&event).map_err(failed)?;
    }
    Ok(Event {
        url: url.to_owned(),
        body,
        is_version_1: url == VERSION_1,
    })
}
