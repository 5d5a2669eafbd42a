//! What holds of every history of evaluations.

#![allow(clippy::unwrap_used, reason = "a test stops where its data are wrong")]

use std::collections::HashSet;

use ids::RuleFileName;
use jiff::Timestamp;
use messages::{Change, Transition};
use proptest::prelude::*;
use rule_evaluation::{
    Advance, AlertingRule, Observation, RuleFile, RuleState, Scope, advance, retire,
};
use series::{Labels, SeriesId};

const HOSTS: u8 = 3;

/// Seconds since the evaluation before, and which hosts the condition holds for.
type History = Vec<(u8, Vec<bool>)>;

fn history() -> impl Strategy<Value = History> {
    let hosts = prop::collection::vec(prop::bool::weighted(0.6), usize::from(HOSTS));
    prop::collection::vec((1..90_u8, hosts), 1..25)
}

fn rule(for_secs: u32, keep_secs: u32) -> AlertingRule {
    let yaml = format!(
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: x > 0\n    \
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
        let rule = rule(for_secs, keep_secs);
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
        let rule = rule(for_secs, keep_secs);
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
        let (_, short) = run(&rule(for_secs, 0), &history);
        let (_, long) = run(&rule(for_secs + more, 0), &history);
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
        let (_, short) = run(&rule(for_secs, keep_secs), &history);
        let (_, long) = run(&rule(for_secs, keep_secs + more), &history);
        for host in 0..HOSTS {
            let ends = |all: &[Transition]| times(all, host, Change::Resolved);
            prop_assert!(ends(&long).first() >= ends(&short).first() || ends(&long).is_empty());
        }
    }

    #[test]
    fn evaluations_left_out_never_bring_a_firing_nearer_while_the_condition_holds(
        gaps in prop::collection::vec((1..90_u8, any::<bool>()), 1..25), for_secs in 0..400_u32,
    ) {
        let rule = rule(for_secs, 0);
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
        let rule = rule(for_secs, keep_secs);
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
        let (state, mut transitions) = run(&rule(for_secs, keep_secs), &history);
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
        let (state, _) = run(&rule(for_secs, keep_secs), &history);
        let json = serde_json::to_string(&state).unwrap();
        prop_assert_eq!(serde_json::from_str::<RuleState>(&json).unwrap(), state);
    }
}
