//! Which rule files are taken: those that Prometheus takes (recorded by `oracle/files.py`), and what is
//! said about the others.

#![allow(clippy::unwrap_used, reason = "a test stops where its data are wrong")]

use std::time::{Duration, Instant};

use ids::RuleFileName;
use proptest::prelude::*;
use rule_evaluation::{RuleError, RuleFile};
use serde::Deserialize;

#[derive(Deserialize)]
struct Recorded {
    files: Vec<(String, bool)>,
}

fn parse(yaml: &str) -> Result<RuleFile, Vec<RuleError>> {
    RuleFile::parse(&RuleFileName::new("host").unwrap(), yaml)
}

/// Taken by Prometheus without sense, and refused here: rules and groups that are nothing, and limits
/// that are no plain whole numbers.
const STRICTER: [&str; 5] = [
    "groups:\n- name: g\n  rules:\n  -\n",
    "groups:\n-\n",
    "groups:\n- ~\n",
    "groups:\n- name: g\n  limit: 1.5\n",
    "groups:\n- name: g\n  limit: 0x10\n",
];

#[test]
fn every_recorded_file_is_taken_or_refused_as_by_prometheus() {
    let recorded: Recorded = serde_json::from_str(include_str!("oracle/files.json")).unwrap();
    assert!(recorded.files.len() >= 100);
    let mut different = Vec::new();
    for (yaml, taken) in recorded.files {
        let got = parse(&yaml);
        if got.is_ok() != (taken && !STRICTER.contains(&yaml.as_str())) {
            different.push(format!(
                "{yaml:?}: Prometheus takes it: {taken}; ours: {got:?}"
            ));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Line, rule and message of each refusal.
fn refusals(yaml: &str) -> Vec<(usize, Option<String>, String)> {
    let errors = parse(yaml).unwrap_err();
    let of = |error: RuleError| (error.line, error.rule, error.message);
    errors.into_iter().map(of).collect()
}

const BAD: &str = r#"groups:
- name: hosts
  intervall: 1m
  rules:
  - alert: Down
    expr: |
      up
        ==== 0
    for: 5 minutes
  - record: job:up:sum
    expr: sum by (job) (up)
  - alert: Slow
    expr: rate(x[5m]
    labels:
      "not valid": x
    annotations:
      summary: >
        {{ $labels.instance }} is slow
        {{ range query "up" }}
      description: "{{ $value | nofunction }}"
    anotations: {}
- name: hosts
  rules:
  - alert: NoExpression
  - expr: up == 0
"#;

#[test]
fn all_reasons_come_at_once_each_with_its_line() {
    let found = refusals(BAD);
    let expected = [
        (3, None, "field `intervall` is unknown in a group"),
        (8, Some("Down"), "`expr`: 2:"),
        (
            9,
            Some("Down"),
            "`for`: not a valid duration string: \"5 minutes\"",
        ),
        (
            10,
            Some("job:up:sum"),
            "recording rules (`record`) are not supported yet",
        ),
        (13, Some("Slow"), "`expr`: 1:"),
        (15, Some("Slow"), "\"not valid\" is no valid label name"),
        (
            18,
            Some("Slow"),
            "annotation \"summary\": `range` is not supported",
        ),
        (
            20,
            Some("Slow"),
            "annotation \"description\": function \"nofunction\" not defined",
        ),
        (
            21,
            Some("Slow"),
            "field `anotations` is unknown in an alerting rule",
        ),
        (
            22,
            None,
            "group \"hosts\" is in this file already, in line 2",
        ),
        (
            24,
            Some("NoExpression"),
            "a rule must have `expr`, its expression",
        ),
        (25, None, "a rule must have `alert`, its name"),
    ];
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(
            (found.0, found.1.as_deref()),
            (expected.0, expected.1),
            "{found:?}"
        );
        assert!(found.2.starts_with(expected.2), "{found:?} {expected:?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

fn of_expression(expr: &str) -> String {
    let yaml =
        serde_json::json!({"groups": [{"name": "g", "rules": [{"alert": "A", "expr": expr}]}]});
    let errors = parse(&yaml.to_string()).unwrap_err();
    errors.into_iter().map(|error| error.message).collect()
}

#[test]
fn what_gives_nothing_to_alert_on_is_refused() {
    assert!(of_expression("up[5m]").contains("a rule needs a vector or a scalar"));
    assert!(of_expression("\"text\"").contains("a rule needs a vector or a scalar"));
    assert!(of_expression("up @ 100").contains("fixed time"));
    assert!(of_expression("max_over_time((up @ 100)[5m:])").contains("fixed time"));
}

#[test]
fn a_file_that_would_exhaust_memory_or_time_is_refused_quickly() {
    let laughs: String = (1..12)
        .map(|n| {
            format!(
                "a{n}: &a{n} [{}]\n",
                vec![format!("*a{}", n - 1); 10].join(",")
            )
        })
        .collect();
    let long = "x".repeat(100_000);
    let chain: String = (1..60)
        .map(|n| format!("c{n}: &c{n} [[[[[[[[[[*c{}]]]]]]]]]]\n", n - 1))
        .collect();
    let bombs = [
        format!("a0: &a0 lol\n{laughs}"),
        format!("a: &a {long}\nb: [{}]\n", vec!["*a"; 1_000].join(",")),
        format!("c0: &c0 x\n{chain}"),
        "[".repeat(200_000),
        "{a: ".repeat(50_000),
        "- ".repeat(100_000),
        "a: &a [*a]".to_owned(),
        " ".repeat(300_000),
        format!("groups:\n{}", "- name: g\n".repeat(20_000)),
        format!(
            "{{{}}}",
            (0..20_000).map(|n| format!("k{n}: 1,")).collect::<String>()
        ),
        "? ".repeat(100_000),
        "!".repeat(200_000),
        "&a ".repeat(60_000),
    ];
    for bomb in bombs {
        let start = Instant::now();
        assert!(parse(&bomb).is_err(), "{}", &bomb[..40]);
        let took = start.elapsed();
        assert!(took < Duration::from_secs(5), "{took:?}: {}", &bomb[..40]);
    }
}

#[test]
fn a_rule_keeps_its_id_while_its_expression_and_neighbours_change() {
    let rule = |name: &str, expr: &str, extra: &str| {
        format!("  - alert: {name}\n    expr: {expr}\n{extra}")
    };
    let ids = |rules: &[String]| -> Vec<String> {
        let yaml = format!("groups:\n- name: g\n  rules:\n{}", rules.concat());
        let file = parse(&yaml).unwrap();
        file.rules().map(|rule| rule.id.to_string()).collect()
    };
    let before = ids(&[rule("A", "a > 1", ""), rule("B", "b > 1", "")]);
    let after = ids(&[
        rule("New", "n > 1", ""),
        rule("B", "b > 2", "    for: 5m\n"),
        rule("A", "a > 1", ""),
        rule("A", "a > 1", ""),
        rule("A", "a > 1", "    labels: {x: y}\n"),
    ]);
    assert_eq!((&before[0], &before[1]), (&after[2], &after[1]));
    let unique: std::collections::HashSet<_> = before.iter().chain(&after).collect();
    assert_eq!(unique.len(), 5);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_damaged_file_makes_the_reader_panic(
        at in 0..BAD.len(), cut in 0..40_usize, by in "[\\-\\[\\]{}:&*!|>'\"\\n #%@`a0$(]{0,6}",
    ) {
        let start = (0..=at).rev().find(|at| BAD.is_char_boundary(*at)).unwrap_or(0);
        let end = (start + cut..=BAD.len()).find(|at| BAD.is_char_boundary(*at)).unwrap_or(BAD.len());
        let _ = parse(&format!("{}{by}{}", &BAD[..start], &BAD[end..]));
    }
}
