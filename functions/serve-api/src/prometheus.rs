//! Rules and alerts in the words of Prometheus' HTTP API.

use std::collections::{BTreeMap, HashMap};

use http_access::{Answer, HttpError};
use rule_evaluation::{
    ActiveAlert, AlertJson, AlertingRule, GroupJson, RuleFile, RuleGroup, alert_json, group_json,
    rule_json,
};
use serde_json::{Value, json};
use series::Labels;
use state_table::rule_states::StoredRuleState;

use crate::{Deps, Request, Response};

/// Rules that need the schedule are evaluated so often; the others with every flush.
const SCHEDULE_MS: u64 = 60_000;

pub async fn rules(deps: &Deps, call: &Request) -> Response {
    let wanted = call.query();
    match wanted.text("type") {
        None | Some("" | "alert") => {}
        Some("record") => return success(&json!({"groups": []})),
        Some(other) => {
            let detail = format!("type {other:?} is neither \"alert\" nor \"record\"");
            return Err(HttpError::bad_request(detail));
        }
    }
    let tenant = call.tenant()?;
    let files = deps.state.rule_files(tenant).await?;
    let active = alerts_by_rule(deps.state.rule_states(tenant).await?);
    let mut groups = Vec::new();
    for stored in files {
        let yaml = stored.yaml.unwrap_or_default();
        match RuleFile::parse(&stored.name, &yaml) {
            Ok(file) => groups.extend(
                file.groups
                    .iter()
                    .map(|group| shown_group(stored.name.as_str(), group, &active)),
            ),
            // It was taken by a version that could evaluate it; this one can't.
            Err(errors) => {
                let first = errors.first().map(ToString::to_string);
                tracing::error!(%tenant, file = %stored.name, error = first, "a stored rule file is not read");
            }
        }
    }
    groups.push(shown_group("", &builtin(), &active));
    success(&json!({"groups": groups}))
}

pub async fn alerts(deps: &Deps, call: &Request) -> Response {
    let active = alerts_by_rule(deps.state.rule_states(call.tenant()?).await?);
    let mut alerts: Vec<ActiveAlert> = active.into_values().flatten().collect();
    alerts.sort_by(|a, b| (a.active_at, &a.labels).cmp(&(b.active_at, &b.labels)));
    let alerts: Vec<AlertJson> = alerts.iter().map(alert_json).collect();
    success(&json!({"alerts": alerts}))
}

fn success(data: &Value) -> Response {
    Answer::json(200, &json!({"status": "success", "data": data}))
}

/// The rules that every tenant has.
fn builtin() -> RuleGroup {
    RuleGroup {
        name: "builtin".to_owned(),
        interval_ms: None,
        limit: 0,
        rules: vec![host_silence::rule()],
    }
}

/// Active alerts of each rule. Where several senders report the same one, it is one: the firing one
/// before the pending, then the older.
fn alerts_by_rule(states: Vec<StoredRuleState>) -> HashMap<String, Vec<ActiveAlert>> {
    let mut rules: HashMap<String, BTreeMap<Labels, ActiveAlert>> = HashMap::new();
    for stored in states {
        let alerts = rules.entry(stored.rule_id).or_default();
        for alert in stored.state.alerts {
            let rank = |alert: &ActiveAlert| (!alert.is_firing(), alert.active_at);
            let known = alerts.get(&alert.labels);
            if known.is_none_or(|known| rank(&alert) < rank(known)) {
                alerts.insert(alert.labels.clone(), alert);
            }
        }
    }
    rules
        .into_iter()
        .map(|(rule, alerts)| (rule, alerts.into_values().collect()))
        .collect()
}

fn shown_group(
    file: &str,
    group: &RuleGroup,
    active: &HashMap<String, Vec<ActiveAlert>>,
) -> GroupJson {
    let shown_rule = |rule: &AlertingRule| {
        let alerts = active.get(rule.id.as_str()).map_or(&[][..], Vec::as_slice);
        rule_json(
            rule,
            alerts.iter().map(alert_json).collect(),
            None,
            None,
            0.0,
        )
    };
    let rules = group.rules.iter().map(shown_rule).collect();
    group_json(file, group, rules, SCHEDULE_MS, None)
}
