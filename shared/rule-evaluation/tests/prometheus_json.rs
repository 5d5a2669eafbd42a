//! Rules and alerts are shown as Prometheus shows them (recorded by `oracle/rules_api.py`).

#![allow(clippy::unwrap_used, reason = "a test stops where its data are wrong")]

use ids::RuleFileName;
use jiff::Timestamp;
use rule_evaluation::{
    Advance, AlertJson, RuleFile, RuleState, Scope, advance, alert_json, evaluate, group_json,
    rule_json,
};
use serde_json::{Value, json};

/// Whole numbers and fractions alike, and times to the millisecond, as we keep them.
fn comparable(value: Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.into_iter().map(comparable).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, comparable(value)))
            .collect(),
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(at) => json!(at.as_millisecond()),
            Err(_) => Value::String(text),
        },
        other => other,
    }
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn the_recorded_rules_and_alerts_are_shown_the_same() {
    let recorded: Value = serde_json::from_str(include_str!("oracle/rules_api.json")).unwrap();
    let yaml = recorded["file"].as_str().unwrap();
    let file = RuleFile::parse(&RuleFileName::new("rules.yml").unwrap(), yaml).unwrap();
    let mut all_alerts: Vec<AlertJson> = Vec::new();
    for (nth, group) in file.groups.iter().enumerate() {
        let theirs = &recorded["rules"]["data"]["groups"][nth];
        let mut rules = Vec::new();
        for (nth, rule) in group.rules.iter().enumerate() {
            let theirs = &theirs["rules"][nth];
            let mut alerts = Vec::new();
            if let Some(alert) = theirs["alerts"].get(0) {
                let at = time(&alert["activeAt"]);
                let observed = evaluate(rule, &[], at).unwrap();
                let none = RuleState::default();
                let Advance::Changed { state, .. } =
                    advance(rule, &none, &observed, Scope::Everything, at).unwrap()
                else {
                    panic!("{} has an alert in Prometheus", rule.name);
                };
                alerts.extend(state.alerts.iter().map(alert_json));
                all_alerts.extend(alerts.clone());
            }
            let last = time(&theirs["lastEvaluation"]);
            let took_secs = theirs["evaluationTime"].as_f64().unwrap();
            rules.push(rule_json(rule, alerts, None, Some(last), took_secs));
        }
        let last = time(&theirs["lastEvaluation"]);
        let mut ours = group_json("rules.yml", group, rules, 1_000, Some(last));
        ours.evaluation_time = theirs["evaluationTime"].as_f64().unwrap();
        let ours = serde_json::to_value(ours).unwrap();
        assert_eq!(comparable(ours), comparable(theirs.clone()));
    }
    let theirs = comparable(recorded["alerts"]["data"]["alerts"].clone());
    assert_eq!(all_alerts.len(), theirs.as_array().unwrap().len());
    for alert in all_alerts {
        let ours = comparable(serde_json::to_value(alert).unwrap());
        assert!(theirs.as_array().unwrap().contains(&ours), "{ours}");
    }
}

#[test]
fn a_rule_that_failed_or_never_ran_says_so() {
    let yaml = "groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]";
    let file = RuleFile::parse(&RuleFileName::new("f").unwrap(), yaml).unwrap();
    let rule = file.rules().next().unwrap();
    let shown = |error: Option<&str>, at| {
        let error = error.map(str::to_owned);
        serde_json::to_value(rule_json(rule, Vec::new(), error, at, 0.0)).unwrap()
    };
    let never = shown(None, None);
    assert_eq!(never["health"], "unknown");
    assert_eq!(never["lastEvaluation"], "0001-01-01T00:00:00Z");
    assert!(never.get("lastError").is_none());
    let failed = shown(Some("many-to-many"), Some(Timestamp::UNIX_EPOCH));
    assert_eq!(
        (&failed["health"], &failed["lastError"]),
        (&json!("err"), &json!("many-to-many"))
    );
}
