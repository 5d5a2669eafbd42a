//! Which rules a sender is told of.

#![allow(clippy::unwrap_used, reason = "a test stops where its data are wrong")]

use ids::RuleFileName;
use rule_evaluation::{External, MAX_THRESHOLDS, RuleFile, RuleSet};
use serde_json::json;

fn rules(expressions: impl IntoIterator<Item = String>) -> RuleSet {
    let rule = |(at, expr): (usize, String)| json!({"alert": format!("A{at}"), "expr": expr});
    let rules: Vec<_> = expressions.into_iter().enumerate().map(rule).collect();
    let yaml = json!({"groups": [{"name": "g", "rules": rules}]}).to_string();
    let file = RuleFile::parse(&RuleFileName::new("f").unwrap(), &yaml).unwrap();
    RuleSet::new([file], External::default())
}

#[test]
fn only_simple_thresholds_are_listed_each_once_and_whatever_their_for() {
    let yaml = r#"
groups:
- name: g
  rules:
  - {alert: Down, expr: up == 0, for: 5m}
  - {alert: DownToo, expr: 0 == up, labels: {severity: page}}
  - {alert: Full, expr: 'node_filesystem_avail_bytes{mountpoint=~"/|/data",fstype!="tmpfs"} / node_filesystem_size_bytes < 0.1'}
  - {alert: Rate, expr: 'rate(errors_total[5m]) > 1'}
  - {alert: Gone, expr: absent(up)}
  - {alert: Any, expr: '{job="node"} > 7'}
"#;
    let file = RuleFile::parse(&RuleFileName::new("f").unwrap(), yaml).unwrap();
    let listed = RuleSet::new([file], External::default()).thresholds();
    assert_eq!(
        serde_json::to_value(listed).unwrap(),
        json!({
            "thresholds": [
                {"metric": "up", "matchers": [], "op": "==", "value": 0.0},
                {"metric": "node_filesystem_avail_bytes", "matchers": [
                    {"name": "mountpoint", "op": "=~", "value": "/|/data"},
                    {"name": "fstype", "op": "!=", "value": "tmpfs"},
                 ], "divided_by": {"metric": "node_filesystem_size_bytes", "matchers": []},
                 "op": "<", "value": 0.1},
            ],
            "left_out": 0,
        })
    );
}

#[test]
fn a_tenant_without_rules_has_a_list_that_is_empty() {
    let listed = serde_json::to_value(rules([]).thresholds()).unwrap();
    assert_eq!(listed, json!({"thresholds": [], "left_out": 0}));
}

#[test]
fn what_is_beyond_the_bound_is_counted() {
    let many = (0..MAX_THRESHOLDS + 3).map(|n| format!("m > {n}"));
    let listed = rules(many).thresholds();
    assert_eq!(
        (listed.thresholds.len(), listed.left_out),
        (MAX_THRESHOLDS, 3)
    );
    assert_eq!(listed.thresholds[499].value, 499.0);
}

/// The agent reads 512 KB at most, and what is cut is no list any more.
#[test]
fn no_rule_makes_the_list_longer_than_the_agent_reads() {
    let text = |n: usize| "\\u0001".repeat(n);
    for expressions in [
        (0..60)
            .map(|n| format!("m{{a=\"{}\"}} > {n}", text(500)))
            .collect::<Vec<_>>(),
        (0..150)
            .map(|n| format!("m{{a=\"{}\"}} > {n}", "x".repeat(1_500)))
            .collect(),
        vec![
            "up == 0".to_owned(),
            format!("m{{a=\"{}\"}} > 1", text(20_000)),
        ],
        (0..60)
            .map(|n| format!("m{{{}}} > {n}", "a=\"\",".repeat(100)))
            .collect(),
    ] {
        let given = expressions.len();
        let listed = rules(expressions).thresholds();
        assert_eq!(listed.thresholds.len() + listed.left_out, given);
        let bytes = serde_json::to_vec(&listed).unwrap().len();
        assert!(bytes < 512 * 1024, "{bytes}");
        assert!(!listed.thresholds.is_empty());
    }
}
