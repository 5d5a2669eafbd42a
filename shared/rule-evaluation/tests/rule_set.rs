//! Which rules a sample, a flush and the schedule meet.

#![allow(clippy::unwrap_used, reason = "a test stops where its data are wrong")]

use ids::RuleFileName;
use jiff::Timestamp;
use rule_evaluation::{
    AlertingRule, EvaluationError, External, RuleFile, RuleSet, evaluate, evaluate_series,
};
use series::{Labels, STALE_NAN_BITS, Sample, Series, SeriesId, SeriesView};

const RULES: &str = r#"
groups:
- name: series
  rules:
  - {alert: Down, expr: up == 0}
  - {alert: Busy, expr: 'node_load1{job="node"} > 4'}
  - {alert: AnyJob, expr: '{job=~"no.*"} > 100'}
- name: host
  rules:
  - {alert: Full, expr: node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.1}
- name: tenant
  rules:
  - {alert: Errors, expr: 'sum(rate(errors_total[10m])) > 1'}
  - {alert: Gone, expr: absent(up)}
  - {alert: Past, expr: 'avg_over_time(up[1h] offset 1d) < 1'}
"#;

fn rules() -> RuleSet {
    let file = RuleFile::parse(&RuleFileName::new("f").unwrap(), RULES).unwrap();
    let external = External {
        url: "https://toban.example".to_owned(),
        ..External::default()
    };
    RuleSet::new([file], external)
}

fn names(rules: &[AlertingRule]) -> Vec<&str> {
    rules.iter().map(|rule| rule.name.as_str()).collect()
}

#[test]
fn rules_are_split_by_how_much_they_must_see() {
    let rules = rules();
    assert_eq!(names(rules.series_rules()), ["Down", "Busy", "AnyJob"]);
    assert_eq!(names(rules.host_rules()), ["Full"]);
    assert_eq!(names(rules.tenant_rules()), ["Errors", "Gone", "Past"]);
    assert_eq!(rules.all().count(), 7);
    assert_eq!(rules.tenant_lookback_ms(), 25 * 3_600_000);
    assert!(
        rules
            .all()
            .all(|rule| rule.external.url == "https://toban.example")
    );
}

#[test]
fn a_series_meets_only_the_rules_that_select_it() {
    let rules = rules();
    for (labels, expected) in [
        (vec![("__name__", "up"), ("job", "db")], vec!["Down"]),
        (
            vec![("__name__", "up"), ("job", "node")],
            vec!["Down", "AnyJob"],
        ),
        (
            vec![("__name__", "node_load1"), ("job", "node")],
            vec!["Busy", "AnyJob"],
        ),
        (vec![("__name__", "node_load1"), ("job", "db")], vec![]),
        (vec![("__name__", "other")], vec![]),
        (vec![], vec![]),
    ] {
        let found: Vec<&str> = rules
            .series_rules_for(&labels)
            .map(|rule| rule.name.as_str())
            .collect();
        assert_eq!(found, expected, "{labels:?}");
    }
}

#[test]
fn a_sample_alone_says_what_its_series_says() {
    let rules = rules();
    let labels = [
        ("__name__", "node_load1"),
        ("instance", "a"),
        ("job", "node"),
    ];
    for value in [
        0.0,
        4.0,
        4.5,
        400.0,
        f64::NAN,
        f64::from_bits(STALE_NAN_BITS),
    ] {
        let sample = Sample {
            time_ms: 1_800_000_000_000,
            value,
        };
        let view = SeriesView {
            id: SeriesId::of(labels),
            labels: &labels,
            samples: &[sample],
        };
        let series = Series {
            labels: Labels::from_sorted(&labels),
            samples: vec![sample],
        };
        let at = Timestamp::from_millisecond(sample.time_ms).unwrap();
        for rule in rules.series_rules() {
            let alone = evaluate_series(rule, &view, sample).unwrap();
            assert!(alone.iter().all(|found| found.subject == Some(view.id)));
            let mut whole = evaluate(rule, std::slice::from_ref(&series), at).unwrap();
            whole
                .iter_mut()
                .for_each(|found| found.subject = Some(view.id));
            assert_eq!(
                alone.into_iter().collect::<Vec<_>>(),
                whole,
                "{} of {value}",
                rule.name
            );
        }
    }
}

#[test]
fn a_join_that_matches_many_to_many_is_an_error_not_an_alert() {
    let rules = rules();
    let series = |name: &str, device: &str| Series {
        labels: Labels::new([("__name__", name), ("device", device)]).unwrap(),
        samples: vec![Sample {
            time_ms: 0,
            value: 1.0,
        }],
    };
    let yaml = "groups: [{name: g, rules: [{alert: A, expr: a / on (x) b > 0}]}]";
    let file = RuleFile::parse(&RuleFileName::new("f").unwrap(), yaml).unwrap();
    let all = [
        series("a", "1"),
        series("a", "2"),
        series("b", "1"),
        series("b", "2"),
    ];
    let error = evaluate(file.rules().next().unwrap(), &all, Timestamp::UNIX_EPOCH);
    assert!(
        matches!(error, Err(EvaluationError::Expression(_))),
        "{error:?}"
    );
    let full = evaluate(&rules.host_rules()[0], &all, Timestamp::UNIX_EPOCH);
    assert_eq!(full, Ok(Vec::new()));
}
