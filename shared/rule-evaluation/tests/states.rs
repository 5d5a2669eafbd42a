//! What one evaluation does to a stored state.

#![allow(clippy::unwrap_used, reason = "a test stops where its data are wrong")]

use ids::RuleFileName;
use jiff::Timestamp;
use rule_evaluation::{
    Advance, AdvanceError, AlertingRule, Observation, RuleFile, RuleState, Scope, advance,
};
use series::{Labels, SeriesId};

fn rule(of_group: &str, of_rule: &str) -> AlertingRule {
    let yaml = format!(
        "groups:\n- name: g\n  {of_group}\n  rules:\n  - alert: A\n    expr: x > 0\n    {of_rule}\n"
    );
    let file = RuleFile::parse(&RuleFileName::new("f").unwrap(), &yaml).unwrap();
    file.rules().next().unwrap().clone()
}

fn observation(host: u8) -> Observation {
    Observation {
        labels: Labels::new([("__name__", "x"), ("host", &*host.to_string())]).unwrap(),
        value: f64::from(host),
        subject: Some(SeriesId(u128::from(host))),
    }
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

/// The state after all of `evaluations`.
fn run(rule: &AlertingRule, evaluations: &[(i64, Vec<Observation>)]) -> RuleState {
    let mut state = RuleState::default();
    for (secs, observed) in evaluations {
        if let Advance::Changed { state: next, .. } =
            advance(rule, &state, observed, Scope::Everything, at(*secs)).unwrap()
        {
            state = next;
        }
    }
    state
}

#[test]
fn too_many_alerts_are_an_error_and_change_nothing() {
    let rule = rule("limit: 2", "");
    let some: Vec<Observation> = (0..3).map(observation).collect();
    let error = advance(
        &rule,
        &RuleState::default(),
        &some,
        Scope::Everything,
        at(0),
    );
    assert_eq!(
        error,
        Err(AdvanceError::TooManyAlerts { limit: 2, count: 3 })
    );
    assert!(
        advance(
            &rule,
            &RuleState::default(),
            &some[..2],
            Scope::Everything,
            at(0)
        )
        .is_ok()
    );
}

#[test]
fn two_results_that_become_one_alert_are_an_error() {
    let rule = rule("limit: 0", "");
    let mut twin = observation(1);
    twin.labels = twin.labels.with("__name__", "other");
    let both = [observation(1), twin];
    let error = advance(
        &rule,
        &RuleState::default(),
        &both,
        Scope::Everything,
        at(0),
    );
    assert!(
        matches!(error, Err(AdvanceError::DuplicateLabels(_))),
        "{error:?}"
    );
}

#[test]
fn alerts_that_would_not_fit_one_item_are_an_error() {
    let rule = rule("limit: 0", "");
    let long = "x".repeat(10_000);
    let many: Vec<Observation> = (0..40)
        .map(|host| Observation {
            labels: observation(host).labels.with("long", &long),
            ..observation(host)
        })
        .collect();
    let error = advance(
        &rule,
        &RuleState::default(),
        &many,
        Scope::Everything,
        at(0),
    );
    assert!(
        matches!(error, Err(AdvanceError::TooLarge { count: 40, .. })),
        "{error:?}"
    );
}

#[test]
fn a_state_of_a_newer_version_is_refused_not_misread() {
    let json = serde_json::to_string(&RuleState::default()).unwrap();
    assert_eq!(json, r#"{"version":1,"sequence":0,"alerts":[]}"#);
    let newer = json.replace("\"version\":1", "\"version\":2");
    let error = serde_json::from_str::<RuleState>(&newer).unwrap_err();
    assert!(error.to_string().contains("version 2"), "{error}");
}

#[test]
fn a_long_forgotten_alert_is_not_begun_by_samples_older_than_its_end() {
    let rule = rule("limit: 0", "");
    // Hours later another alert comes and goes, and the first one's end is no longer kept by itself.
    let state = run(
        &rule,
        &[
            (0, vec![observation(1)]),
            (60, vec![]),
            (20_000, vec![observation(2)]),
            (20_060, vec![]),
        ],
    );
    let late = advance(&rule, &state, &[observation(1)], Scope::Everything, at(30)).unwrap();
    assert_eq!(late, Advance::Unchanged);
    let now = advance(&rule, &state, &[observation(1)], Scope::Everything, at(61)).unwrap();
    assert!(matches!(now, Advance::Changed { .. }));
}

#[test]
fn the_rules_labels_go_over_the_series_labels_and_its_name_over_both() {
    let rule = rule(
        "",
        "labels: {alertname: other, job: '{{ $labels.job }}!', zone: '', team: a}",
    );
    let labels = [
        ("__name__", "x"),
        ("alertname", "mine"),
        ("job", "node"),
        ("zone", "1"),
    ];
    let observed = Observation {
        labels: Labels::new(labels).unwrap(),
        ..observation(1)
    };
    let state = run(&rule, &[(0, vec![observed])]);
    let expected = [("alertname", "A"), ("job", "node!"), ("team", "a")];
    assert_eq!(state.alerts[0].labels, Labels::new(expected).unwrap());
}

#[test]
fn what_is_as_old_as_an_alerts_last_change_is_still_judged() {
    let state = run(&rule("", ""), &[(0, vec![observation(1)]), (0, vec![])]);
    assert!(state.alerts.is_empty());
    assert_eq!(state.sequence, 2);
}

#[test]
fn a_changed_value_alone_is_not_written() {
    let rule = rule("", "annotations: {a: '{{ $value }}'}");
    let state = run(&rule, &[(0, vec![observation(1)])]);
    let other = Observation {
        value: 99.0,
        ..observation(1)
    };
    let next = advance(&rule, &state, &[other], Scope::Everything, at(60)).unwrap();
    assert_eq!(next, Advance::Unchanged);
}

#[test]
fn an_alert_that_flaps_does_not_make_the_state_grow() {
    let rule = rule("", "");
    let flaps = |count: i64| -> Vec<(i64, Vec<Observation>)> {
        (0..count)
            .flat_map(|n| [(n * 20, vec![observation(1)]), (n * 20 + 10, vec![])])
            .collect()
    };
    let len = |count| {
        serde_json::to_string(&run(&rule, &flaps(count)))
            .unwrap()
            .len()
    };
    assert!(len(100) < len(1) + 10, "{} {}", len(100), len(1));
}

#[test]
fn the_largest_state_fits_one_item() {
    const ITEM_MAX_BYTES: usize = 400 * 1024;
    let rule = rule("", "keep_firing_for: 5m");
    let many = |pad: usize, from: usize, count: usize| -> Vec<Observation> {
        (from..from + count)
            .map(|n| Observation {
                labels: Labels::new([("n", n.to_string()), ("pad", "x".repeat(pad))]).unwrap(),
                value: 1.0 / 3.0,
                subject: Some(SeriesId(u128::MAX)),
            })
            .collect()
    };
    let mut accepted = 0;
    for pad in [20, 100, 150, 200, 400, 3_000] {
        for count in [100, 500, 600, 700, 800, 900, 1_000] {
            let observed = many(pad, 0, count);
            let ended = vec![(0, many(10, 5_000, 500)), (400, vec![]), (800, vec![])];
            let state = run(&rule, &ended);
            let Ok(Advance::Changed { state, .. }) =
                advance(&rule, &state, &observed, Scope::Everything, at(900))
            else {
                continue;
            };
            let kept = advance(&rule, &state, &[], Scope::Everything, at(901)).unwrap();
            let Advance::Changed { state, .. } = kept else {
                panic!("every alert is kept firing now");
            };
            accepted += 1;
            let size_bytes = serde_json::to_vec(&state).unwrap().len();
            assert!(
                size_bytes < ITEM_MAX_BYTES,
                "{count} of {pad}: {size_bytes}"
            );
        }
    }
    assert!(accepted > 20, "{accepted}");
}
