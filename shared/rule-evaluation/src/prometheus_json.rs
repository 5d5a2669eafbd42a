//! Rules and alerts as Prometheus' HTTP API shows them (`/api/v1/rules`, `/api/v1/alerts`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use messages::Alert;
use serde::Serialize;

use crate::{ActiveAlert, AlertingRule, Phase, RuleGroup};

/// One alert.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertJson {
    /// `alertname` among them.
    pub labels: BTreeMap<String, String>,
    /// Expanded.
    pub annotations: BTreeMap<String, String>,
    /// `pending` or `firing`.
    pub state: &'static str,
    /// Since when the condition holds, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_at: Option<String>,
    /// Since when it is kept firing only by `keep_firing_for`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_firing_since: Option<String>,
    /// As Go writes it with exponent: `1e+00`.
    pub value: String,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleJson {
    /// The worst of its alerts: `inactive`, `pending` or `firing`.
    pub state: &'static str,
    /// The rule's name.
    pub name: String,
    /// Its expression.
    pub query: String,
    /// `for` in seconds.
    pub duration: f64,
    /// `keep_firing_for` in seconds.
    pub keep_firing_for: f64,
    /// As written.
    pub labels: BTreeMap<String, String>,
    /// As written.
    pub annotations: BTreeMap<String, String>,
    /// Pending and firing.
    pub alerts: Vec<AlertJson>,
    /// `ok`, `err` or `unknown`.
    pub health: &'static str,
    /// Why `health` is `err`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Seconds the last evaluation took.
    pub evaluation_time: f64,
    /// RFC 3339.
    pub last_evaluation: String,
    /// Always `alerting`.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// One group with its rules.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupJson {
    /// Unique within the file.
    pub name: String,
    /// The rule file's name.
    pub file: String,
    /// In the order of the file.
    pub rules: Vec<RuleJson>,
    /// Seconds between evaluations.
    pub interval: f64,
    /// The most alerts each rule may have; 0 where unlimited by the file.
    pub limit: usize,
    /// Seconds the last evaluation took.
    pub evaluation_time: f64,
    /// RFC 3339.
    pub last_evaluation: String,
}

/// An alert of a stored state.
#[must_use]
pub fn alert_json(alert: &ActiveAlert) -> AlertJson {
    let keep_firing_since = match alert.phase {
        Phase::KeptFiring(since) => Some(since.to_string()),
        Phase::Pending | Phase::Firing => None,
    };
    AlertJson {
        labels: alert.labels.clone().into(),
        annotations: alert.annotations.clone(),
        state: if alert.is_firing() {
            "firing"
        } else {
            "pending"
        },
        active_at: Some(alert.active_at.to_string()),
        keep_firing_since,
        value: go_exponent(alert.value),
    }
}

/// An alert as receivers know it, which fires.
#[must_use]
pub fn alert_json_of(alert: &Alert) -> AlertJson {
    AlertJson {
        labels: alert.labels.clone().into(),
        annotations: alert.annotations.clone(),
        state: "firing",
        active_at: Some(alert.starts_at.to_string()),
        keep_firing_since: None,
        value: go_exponent(alert.value),
    }
}

/// A rule with its alerts. `last_evaluation` is none where it was never evaluated.
#[must_use]
pub fn rule_json(
    rule: &AlertingRule,
    alerts: Vec<AlertJson>,
    last_error: Option<String>,
    last_evaluation: Option<Timestamp>,
    evaluation_secs: f64,
) -> RuleJson {
    let worst = ["firing", "pending"]
        .into_iter()
        .find(|state| alerts.iter().any(|alert| alert.state == *state));
    let written = |templates: &BTreeMap<String, crate::Template>| {
        templates
            .iter()
            .map(|(name, template)| (name.clone(), template.text().to_owned()))
            .collect()
    };
    RuleJson {
        state: worst.unwrap_or("inactive"),
        name: rule.name.clone(),
        query: rule.query().to_owned(),
        duration: secs(rule.for_ms),
        keep_firing_for: secs(rule.keep_firing_for_ms),
        labels: written(&rule.labels),
        annotations: written(&rule.annotations),
        alerts,
        health: match (&last_error, last_evaluation) {
            (Some(_), _) => "err",
            (None, Some(_)) => "ok",
            (None, None) => "unknown",
        },
        last_error,
        evaluation_time: evaluation_secs,
        last_evaluation: go_time(last_evaluation),
        kind: "alerting",
    }
}

/// A group around the rules rendered already; `default_interval_ms` where it does not name its own.
#[must_use]
pub fn group_json(
    file: &str,
    group: &RuleGroup,
    rules: Vec<RuleJson>,
    default_interval_ms: u64,
    last_evaluation: Option<Timestamp>,
) -> GroupJson {
    GroupJson {
        name: group.name.clone(),
        file: file.to_owned(),
        interval: secs(group.interval_ms.unwrap_or(default_interval_ms)),
        limit: group.limit,
        evaluation_time: rules.iter().map(|rule| rule.evaluation_time).sum(),
        rules,
        last_evaluation: go_time(last_evaluation),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "durations stay far below 2^53 ms"
)]
fn secs(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

/// Go writes the time that is none as its year 1.
fn go_time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), |at| at.to_string())
}

/// Go's `strconv.FormatFloat(value, 'e', -1, 64)`.
fn go_exponent(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}
