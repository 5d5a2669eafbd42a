//! Which routes an alert takes, why, and into which group it comes.

#![allow(clippy::unwrap_used, reason = "a test stops where its data are wrong")]

use alertmanager_config::{Config, Duration, RoutingTree, group_key};
use series::Labels;

const TEXT: &str = r#"
route:
  receiver: all
  group_by: [alertname, cluster]
  group_wait: 10s
  routes:
  - matchers: [severity="page"]
    receiver: pager
    group_by: ['...']
    continue: true
    mute_time_intervals: [nights]
    routes:
    - match: {team: db}
      match_re: {env: prod|staging}
      receiver: db
      group_by: [team]
      repeat_interval: 1h
    - matchers: [team="web"]
      group_interval: 1m
  - matchers: [severity=~"page|ticket"]
    receiver: tickets
  - matchers: [severity="page"]
    receiver: never
receivers: [{name: all}, {name: pager}, {name: db}, {name: tickets}, {name: never}]
time_intervals: [{name: nights}]
"#;

fn tree() -> RoutingTree {
    Config::parse(TEXT).unwrap().routing_tree()
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::new(pairs.iter().copied()).unwrap()
}

fn receivers(pairs: &[(&str, &str)]) -> Vec<String> {
    let tree = tree();
    let matches = tree.matches(&labels(pairs));
    matches
        .iter()
        .map(|node| node.options.receiver.clone())
        .collect()
}

#[test]
fn the_deepest_nodes_that_match_get_the_alert_and_continue_leads_on() {
    assert_eq!(receivers(&[]), ["all"]);
    assert_eq!(receivers(&[("severity", "page")]), ["pager", "tickets"]);
    assert_eq!(receivers(&[("severity", "ticket")]), ["tickets"]);
    let db = [("severity", "page"), ("team", "db")];
    assert_eq!(receivers(&db), ["pager", "tickets"]);
    let db = [("severity", "page"), ("team", "db"), ("env", "prod")];
    assert_eq!(receivers(&db), ["db", "tickets"]);
    let web = [("severity", "page"), ("team", "web")];
    assert_eq!(receivers(&web), ["pager", "tickets"]);
}

#[test]
fn options_are_inherited_but_for_the_times() {
    let tree = tree();
    let [root, pager, db, web, ..] = tree.nodes() else {
        panic!("nodes are missing");
    };
    assert_eq!(root.options.group_interval, Duration::from_secs(300));
    assert_eq!(root.options.repeat_interval, Duration::from_secs(14_400));
    assert!(pager.options.group_by_all);
    assert_eq!(pager.options.mute_time_intervals, ["nights"]);
    assert_eq!(pager.options.group_wait, Duration::from_secs(10));
    assert!(!db.options.group_by_all);
    assert!(db.options.mute_time_intervals.is_empty());
    assert_eq!(db.options.repeat_interval, Duration::from_secs(3_600));
    assert!(web.options.group_by_all);
    assert_eq!(web.options.receiver, "pager");
    assert_eq!(web.options.group_interval, Duration::from_secs(60));
}

#[test]
fn keys_are_alertmanagers() {
    let tree = tree();
    let keys: Vec<&str> = tree.nodes().iter().map(|node| node.key.as_str()).collect();
    let db = r#"{}/{severity="page"}/{env=~"^(?:prod|staging)$",team="db"}"#;
    let expected = [
        "{}",
        r#"{}/{severity="page"}"#,
        db,
        r#"{}/{severity="page"}/{team="web"}"#,
        r#"{}/{severity=~"page|ticket"}"#,
        r#"{}/{severity="page"}"#,
    ];
    assert_eq!(keys, expected);
    let ids: Vec<&str> = tree.nodes().iter().map(|node| node.id.as_str()).collect();
    assert_eq!(ids[0], "{}");
    assert_eq!(ids[1], r#"{}/{severity="page"}/0"#);
    assert_eq!(ids[5], r#"{}/{severity="page"}/2"#);

    let alert = labels(&[("alertname", "X"), ("cluster", "a\"b"), ("host", "h")]);
    let root = &tree.nodes()[0];
    assert_eq!(
        root.group_key(&alert),
        r#"{}:{alertname="X", cluster="a\"b"}"#
    );
    let all = tree.nodes()[1].group_key(&alert);
    assert_eq!(
        all,
        r#"{}/{severity="page"}:{alertname="X", cluster="a\"b", host="h"}"#
    );
    assert_eq!(group_key("{}", &Labels::default()), "{}:{}");
}

#[test]
fn every_step_says_what_was_asked_and_why_not() {
    let tree = tree();
    let alert = labels(&[("severity", "page"), ("team", "db")]);
    let steps = tree.explain(&alert);
    let said: Vec<_> = steps
        .iter()
        .map(|step| {
            let why = step.refused_by.map(ToString::to_string);
            (
                step.depth,
                step.node.options.receiver.as_str(),
                why,
                step.chosen,
            )
        })
        .collect();
    let refused = |why: &str| Some(why.to_owned());
    let expected = [
        (0, "all", None, false),
        (1, "pager", None, true),
        (2, "db", refused(r#"env=~"^(?:prod|staging)$""#), false),
        (2, "pager", refused(r#"team="web""#), false),
        (1, "tickets", None, true),
    ];
    assert_eq!(said, expected);
}

#[test]
fn an_inhibition_knows_its_sources_and_targets() {
    let rules = "inhibit_rules:\n- source_match: {severity: critical}\n  source_matchers: [a!=x]\n  \
                 target_match_re: {severity: w.*}\n  equal: [host]\nroute: {receiver: d}\nreceivers: [{name: d}]\n";
    let config = Config::parse(rules).unwrap();
    let rule = &config.inhibit_rules[0];
    let critical = labels(&[("severity", "critical"), ("host", "h"), ("b", "c")]);
    assert!(rule.is_source(&critical) && !rule.is_target(&critical));
    assert!(rule.is_target(&labels(&[("severity", "warning")])));
    assert!(!rule.is_source(&critical.with("a", "x")));
    assert_eq!(rule.equal_labels(&critical), labels(&[("host", "h")]));
}
