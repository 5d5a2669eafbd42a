//! What holds of every history of evaluations.

#![allow(clippy::unwrap_used, reason = "a test stops where its data are wrong")]

use std::collections::HashSet;

use ids::RuleFileName;
use jiff::Timestamp;
use messages::{Change, Transition};
use proptest::prelude::*;
use rule_evaluation::{
    Advance, AdvanceError, AlertingRule, Observation, RuleFile, RuleState, Scope, advance, retire,
};
use series::{Labels, SeriesId};

const HOSTS: u8 = 3;

/// Seconds since the evaluation before, and which hosts the condition holds for.
type History = Vec<(u8, Vec<bool>)>;

fn history() -> impl Strategy<Value = History> {
    let hosts = prop::collection::vec(prop::bool::weighted(0.6), usize::from(HOSTS));
    prop::collection::vec((1..90_u8, hosts), 1..25)
}

fn rule(for_secs: u32, keep_secs: u32, limit: usize) -> AlertingRule {
    let yaml = format!(
        "groups:\n- name: g\n  limit: {limit}\n  rules:\n  - alert: A\n    expr: x > 0\n    \
         for: {for_secs}s\n    keep_firing_for: {keep_secs}s\n    annotations: {{a: '{{{{ $value }}}}'}}\n"
    );
    let file = RuleFile::parse(&RuleFileName::new("f").unwrap(), &yaml).unwrap();
    file.rules().next().unwrap().clone()
}

fn subject(host: u8) -> SeriesId {
    SeriesId(u128::from(host))
}

fn observation(host: u8) -> Observation {
    Observation {
        labels: Labels::new([("__name__", "x"), ("host", &*host.to_string())]).unwrap(),
        value: f64::from(host),
        subject: Some(subject(host)),
    }
}

fn observed(holds: &[bool]) -> Vec<Observation> {
    (0..)
        .zip(holds)
        .filter(|(_, holds)| **holds)
        .map(|(host, _)| observation(host))
        .collect()
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

fn evaluations(history: &History) -> Vec<(Timestamp, Vec<Observation>)> {
    let mut secs = 0;
    history
        .iter()
        .map(|(later, holds)| {
            secs += i64::from(*later);
            (at(secs), observed(holds))
        })
        .collect()
}

fn run(rule: &AlertingRule, history: &History) -> (RuleState, Vec<Transition>) {
    let mut state = RuleState::default();
    let mut all = Vec::new();
    for (at, observed) in evaluations(history) {
        if let Advance::Changed {
            state: next,
            transitions,
        } = advance(rule, &state, &observed, Scope::Everything, at).unwrap()
        {
            state = next;
            all.extend(transitions);
        }
    }
    (state, all)
}

/// When the alert of `host` changed so for the `nth` time.
fn times(transitions: &[Transition], host: u8, change: Change) -> Vec<Timestamp> {
    let host = host.to_string();
    transitions
        .iter()
        .filter(|t| t.change == change && t.alert.labels.value("host") == host)
        .map(|t| t.caused_at)
        .collect()
}

proptest! {
    #[test]
    fn evaluations_repeated_in_any_order_change_nothing(
        history in history(), for_secs in 0..200_u32, keep_secs in 0..200_u32,
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
    ) {
        let rule = rule(for_secs, keep_secs, 0);
        let (state, _) = run(&rule, &history);
        let evaluations = evaluations(&history);
        for index in order {
            let (at, observed) = &evaluations[index.index(evaluations.len())];
            let again = advance(&rule, &state, observed, Scope::Everything, *at).unwrap();
            prop_assert_eq!(again, Advance::Unchanged);
        }
    }

    #[test]
    fn what_is_older_than_an_alerts_last_change_leaves_it_alone(
        history in history(), for_secs in 0..200_u32, keep_secs in 0..200_u32,
        late_secs in 0..2_000_i64, holds in prop::collection::vec(any::<bool>(), usize::from(HOSTS)),
    ) {
        let rule = rule(for_secs, keep_secs, 0);
        let (state, _) = run(&rule, &history);
        let late = at(late_secs);
        let after = match advance(&rule, &state, &observed(&holds), Scope::Everything, late).unwrap() {
            Advance::Unchanged => state.clone(),
            Advance::Changed { state, .. } => state,
        };
        for alert in state.alerts.iter().filter(|alert| alert.changed_at > late) {
            prop_assert!(after.alerts.contains(alert));
        }
    }

    #[test]
    fn a_longer_for_never_fires_earlier(history in history(), for_secs in 0..200_u32, more in 0..200_u32) {
        let (_, short) = run(&rule(for_secs, 0, 0), &history);
        let (_, long) = run(&rule(for_secs + more, 0, 0), &history);
        for host in 0..HOSTS {
            let (short, long) = (times(&short, host, Change::Fired), times(&long, host, Change::Fired));
            prop_assert!(long.len() <= short.len());
            prop_assert!(short.first() <= long.first() || long.is_empty());
        }
    }

    #[test]
    fn a_longer_keep_firing_for_never_resolves_earlier(
        history in history(), for_secs in 0..100_u32, keep_secs in 0..200_u32, more in 0..200_u32,
    ) {
        let (_, short) = run(&rule(for_secs, keep_secs, 0), &history);
        let (_, long) = run(&rule(for_secs, keep_secs + more, 0), &history);
        for host in 0..HOSTS {
            let ends = |all: &[Transition]| times(all, host, Change::Resolved);
            prop_assert!(ends(&long).first() >= ends(&short).first() || ends(&long).is_empty());
        }
    }

    #[test]
    fn evaluations_left_out_never_bring_a_firing_nearer_while_the_condition_holds(
        gaps in prop::collection::vec((1..90_u8, any::<bool>()), 1..25), for_secs in 0..400_u32,
    ) {
        let rule = rule(for_secs, 0, 0);
        let holds = vec![true];
        let all: History = gaps.iter().map(|(later, _)| (*later, holds.clone())).collect();
        let mut some = History::new();
        let mut skipped = 0_u8;
        for (later, is_left_out) in &gaps {
            skipped = skipped.saturating_add(*later);
            if !is_left_out {
                some.push((skipped, holds.clone()));
                skipped = 0;
            }
        }
        let first = |history: &History| times(&run(&rule, history).1, 0, Change::Fired).first().copied();
        if let Some(with_gaps) = first(&some).filter(|_| gaps.iter().map(|g| u32::from(g.0)).sum::<u32>() < 255) {
            prop_assert!(first(&all).is_some_and(|fired| fired <= with_gaps));
        }
    }

    #[test]
    fn absence_says_nothing_of_series_that_were_not_looked_at(
        history in history(), for_secs in 0..100_u32, keep_secs in 0..100_u32, looked_at in 0..HOSTS,
    ) {
        let rule = rule(for_secs, keep_secs, 0);
        let (state, _) = run(&rule, &history);
        let subjects: HashSet<SeriesId> = [subject(looked_at)].into();
        let later = at(1_000_000);
        let after = match advance(&rule, &state, &[], Scope::Subjects(&subjects), later).unwrap() {
            Advance::Unchanged => state.clone(),
            Advance::Changed { state, .. } => state,
        };
        for alert in state.alerts.iter().filter(|alert| alert.subject != Some(subject(looked_at))) {
            prop_assert!(after.alerts.contains(alert));
        }
    }

    #[test]
    fn fired_and_resolved_alternate_and_retiring_ends_what_fires(
        history in history(), for_secs in 0..100_u32, keep_secs in 0..100_u32,
    ) {
        let (state, mut transitions) = run(&rule(for_secs, keep_secs, 0), &history);
        if let Advance::Changed { state: next, transitions: last } = retire(&state, at(1_000_000)) {
            prop_assert!(next.alerts.is_empty());
            transitions.extend(last);
        }
        for host in 0..HOSTS {
            let fired = times(&transitions, host, Change::Fired);
            let resolved = times(&transitions, host, Change::Resolved);
            prop_assert_eq!(fired.len(), resolved.len());
            prop_assert!(fired.iter().zip(&resolved).all(|(fired, resolved)| fired < resolved));
        }
    }

    #[test]
    fn a_stored_state_reads_back(history in history(), for_secs in 0..100_u32, keep_secs in 0..100_u32) {
        let (state, _) = run(&rule(for_secs, keep_secs, 0), &history);
        let json = serde_json::to_string(&state).unwrap();
        prop_assert_eq!(serde_json::from_str::<RuleState>(&json).unwrap(), state);
    }
}

#[test]
fn too_many_alerts_are_an_error_and_change_nothing() {
    let rule = rule(0, 0, 2);
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
    let rule = rule(0, 0, 0);
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
    let rule = rule(0, 0, 0);
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
    let rule = rule(0, 0, 0);
    let mut state = RuleState::default();
    for (secs, observed) in [(0, vec![observation(1)]), (60, vec![])] {
        if let Advance::Changed { state: next, .. } =
            advance(&rule, &state, &observed, Scope::Everything, at(secs)).unwrap()
        {
            state = next;
        }
    }
    // Hours later another alert comes and goes, and the first one's end is no longer kept by itself.
    for (secs, observed) in [(20_000, vec![observation(2)]), (20_060, vec![])] {
        if let Advance::Changed { state: next, .. } =
            advance(&rule, &state, &observed, Scope::Everything, at(secs)).unwrap()
        {
            state = next;
        }
    }
    let late = advance(&rule, &state, &[observation(1)], Scope::Everything, at(30)).unwrap();
    assert_eq!(late, Advance::Unchanged);
    let now = advance(&rule, &state, &[observation(1)], Scope::Everything, at(61)).unwrap();
    assert!(matches!(now, Advance::Changed { .. }));
}
