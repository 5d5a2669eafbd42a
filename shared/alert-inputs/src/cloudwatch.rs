use std::collections::BTreeMap;

use alert_routing::Said;
use jiff::Timestamp;
use jiff::fmt::strtime;
use serde::Deserialize;

use crate::{Unreadable, labels};

/// As CloudWatch writes a time: `2026-11-20T09:00:00.000+0000`.
const TIME: &str = "%Y-%m-%dT%H:%M:%S%.f%z";

/// What an alarm says.
#[derive(Debug, Clone, PartialEq)]
pub enum Alarm {
    /// It fires, or ended.
    Changed(Box<Said>),
    /// It knows too little to say whether it fires: whatever was known of it stays.
    InsufficientData,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    alarm_name: String,
    #[serde(default)]
    alarm_description: Option<String>,
    #[serde(rename = "AWSAccountId")]
    account: String,
    #[serde(default)]
    alarm_arn: Option<String>,
    #[serde(default)]
    region: String,
    new_state_value: String,
    #[serde(default)]
    new_state_reason: String,
    state_change_time: String,
    #[serde(default)]
    trigger: Trigger,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Trigger {
    namespace: Option<String>,
    metric_name: Option<String>,
    dimensions: Vec<Dimension>,
}

/// In small letters in notifications, with capitals in the API.
#[derive(Deserialize)]
struct Dimension {
    #[serde(alias = "Name")]
    name: String,
    #[serde(alias = "Value")]
    value: String,
}

/// The message of an alarm, as SNS carries it.
///
/// Source: Amazon CloudWatch User Guide, "Using Amazon CloudWatch alarms", and recorded notifications of public projects;
/// composite alarms have no trigger.
pub fn cloudwatch_alarm(message: &str) -> Result<Alarm, Unreadable> {
    let message: Message =
        serde_json::from_str(message).map_err(|error| Unreadable::Json(error.to_string()))?;
    let changed_at = time(&message.state_change_time)?;
    let ends_at = match message.new_state_value.as_str() {
        "ALARM" => None,
        "OK" => Some(changed_at),
        "INSUFFICIENT_DATA" => return Ok(Alarm::InsufficientData),
        _ => {
            return Err(Unreadable::Unknown {
                what: "NewStateValue".to_owned(),
                value: message.new_state_value,
                expected: "ALARM, OK and INSUFFICIENT_DATA are known".to_owned(),
            });
        }
    };
    Ok(Alarm::Changed(Box::new(said(message, changed_at, ends_at))))
}

fn said(message: Message, changed_at: Timestamp, ends_at: Option<Timestamp>) -> Said {
    let arn = message.alarm_arn.unwrap_or_default();
    // The name of the region in words ("US East (N. Virginia)") is no identifier; the ARN has it.
    let region = arn.split(':').nth(3).map_or(message.region, str::to_owned);
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let dimensions = message.trigger.dimensions.into_iter();
    let dimensions =
        dimensions.map(|one| (format!("dimension_{}", label_name(&one.name)), one.value));
    let own = [
        pair("alertname", message.alarm_name),
        pair("aws_account", message.account),
        pair("aws_region", region),
        pair("namespace", message.trigger.namespace.unwrap_or_default()),
        pair(
            "metric_name",
            message.trigger.metric_name.unwrap_or_default(),
        ),
    ];
    let mut annotations = BTreeMap::from([pair("summary", message.new_state_reason)]);
    annotations.extend(
        message
            .alarm_description
            .map(|text| pair("description", text)),
    );
    annotations.retain(|_, text| !text.is_empty());
    Said {
        labels: labels(dimensions.chain(own)),
        annotations,
        starts_at: ends_at.is_none().then_some(changed_at),
        ends_at,
        generator_url: String::new(),
        value: String::new(),
    }
}

fn time(text: &str) -> Result<Timestamp, Unreadable> {
    let parsed = strtime::parse(TIME, text).and_then(|time| time.to_timestamp());
    parsed
        .or_else(|_| text.parse())
        .map_err(|_| Unreadable::Unknown {
            what: "StateChangeTime".to_owned(),
            value: text.to_owned(),
            expected: "a time such as 2026-11-20T09:00:00.000+0000 is expected".to_owned(),
        })
}

/// A dimension's name as a label's.
fn label_name(name: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.chars().map(allowed).collect()
}
