//! What clients say of alerts.

use std::collections::BTreeMap;

use alert_routing::Said;
use alertmanager_config::{NameSyntax, go_quoted};
use http_access::{Answer, HttpError};
use jiff::Timestamp;
use serde::Deserialize;

use super::{body, code, invalid, required, time, unreadable, uri};
use crate::{Deps, Request, Response, queue};

type Texts = BTreeMap<String, Option<String>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostableAlert {
    labels: Option<Texts>,
    annotations: Option<Texts>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    #[serde(rename = "generatorURL")]
    generator_url: Option<String>,
}

/// Takes those that are valid, also where others are not, and answers 200 only where all are and the queue has them.
pub async fn post(deps: &Deps, call: &Request) -> Response {
    let posted: Option<Vec<Option<PostableAlert>>> = body(call, "alerts")?;
    let posted = read(posted.unwrap_or_default())?;
    let mut said = Vec::new();
    let mut reasons = Vec::new();
    for alert in posted {
        match checked(alert) {
            Ok(alert) => said.push(alert),
            Err(reason) => reasons.push(reason),
        }
    }
    deps.queue.say(call.tenant()?, said, call.now).await?;
    if reasons.is_empty() {
        return Ok(Answer::empty(200));
    }
    Err(HttpError::bad_request(reasons.join("; ")))
}

/// Texts as they came, times read.
struct ReadAlert {
    labels: Texts,
    annotations: Texts,
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    generator_url: String,
}

fn read(posted: Vec<Option<PostableAlert>>) -> Result<Vec<ReadAlert>, HttpError> {
    let alerts: Option<Vec<PostableAlert>> = posted.into_iter().collect();
    let alerts = alerts.ok_or_else(|| unreadable("alerts", "null is no alert"))?;
    let times = |alert: &PostableAlert| {
        let starts_at = time::parse_some(alert.starts_at.as_deref())?;
        Ok((starts_at, time::parse_some(alert.ends_at.as_deref())?))
    };
    let times: Result<Vec<_>, String> = alerts.iter().map(times).collect();
    let times = times.map_err(|reason| unreadable("alerts", reason))?;
    let numbered = alerts.into_iter().zip(times).enumerate();
    numbered
        .map(|(at, (alert, (starts_at, ends_at)))| {
            let generator_url = alert.generator_url.unwrap_or_default();
            if !generator_url.is_empty() && !uri::is_request_uri(&generator_url) {
                let value = go_quoted(&generator_url);
                let message = format!("{at}.generatorURL in body must be of type uri: {value}");
                return Err(invalid(422, code::INVALID_TYPE, message));
            }
            Ok(ReadAlert {
                labels: alert
                    .labels
                    .ok_or_else(|| required(&format!("{at}.labels")))?,
                annotations: alert.annotations.unwrap_or_default(),
                starts_at,
                ends_at,
                generator_url,
            })
        })
        .collect()
}

/// Source of order and words: Prometheus' `model.Alert.Validate`, as Alertmanager calls it without empty labels.
fn checked(alert: ReadAlert) -> Result<Said, String> {
    let text = |(name, value): (String, Option<String>)| (name, value.unwrap_or_default());
    let mut labels: BTreeMap<String, String> = alert.labels.into_iter().map(text).collect();
    labels.retain(|_, value| !value.is_empty());
    let annotations: BTreeMap<String, String> = alert.annotations.into_iter().map(text).collect();
    let bad_name = |texts: &BTreeMap<String, String>| {
        let mut names = texts.keys();
        let bad = names.find(|name| !NameSyntax::Classic.allows(name))?;
        Some(format!("invalid name {}", go_quoted(bad)))
    };
    let starts_at = alert.starts_at.or(alert.ends_at);
    if alert.ends_at < starts_at && alert.ends_at.is_some() {
        return Err("start time must be before end time".to_owned());
    }
    if let Some(reason) = bad_name(&labels) {
        return Err(format!("invalid label set: {reason}"));
    }
    if labels.is_empty() {
        return Err("at least one label pair required".to_owned());
    }
    if let Some(reason) = bad_name(&annotations) {
        return Err(format!("invalid annotations: {reason}"));
    }
    let said = Said {
        labels: labels.into(),
        annotations,
        starts_at: alert.starts_at,
        ends_at: alert.ends_at,
        generator_url: alert.generator_url,
        value: String::new(),
    };
    if queue::fits(&said) {
        Ok(said)
    } else {
        Err("the alert is too large; shorten its annotations".to_owned())
    }
}
