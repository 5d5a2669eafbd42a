//! Which alerts Prometheus holds over random series (recorded by `oracle/timelines.py`) is which we hold.

#![allow(clippy::unwrap_used, reason = "a test stops where its data are wrong")]

use std::collections::{BTreeMap, BTreeSet, HashSet};

use ids::RuleFileName;
use jiff::Timestamp;
use messages::Change;
use rule_evaluation::{
    Advance, AlertingRule, Observation, Phase, RuleFile, RuleState, Scope, advance, evaluate,
    evaluate_series,
};
use serde::Deserialize;
use series::{Labels, STALE_NAN_BITS, Sample, Series, SeriesId, SeriesView};

#[derive(Deserialize)]
struct Recorded {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    number: usize,
    eval_secs: i64,
    interval_secs: i64,
    #[serde(rename = "for")]
    hold: String,
    keep_firing_for: String,
    labels: BTreeMap<String, String>,
    series: Vec<(String, Vec<String>)>,
    /// Host, severity, state, active since, first step, last step.
    alerts: Vec<(String, String, String, i64, usize, usize)>,
}

/// Host, severity, state, active since.
type Held = BTreeSet<(String, String, String, i64)>;

impl Case {
    fn rule(&self) -> AlertingRule {
        let yaml = serde_json::json!({"groups": [{"name": "g", "rules": [{
            "alert": format!("T{}", self.number),
            "expr": "m > 0",
            "for": self.hold,
            "keep_firing_for": self.keep_firing_for,
            "labels": self.labels,
        }]}]});
        let name = RuleFileName::new("f").unwrap();
        let file = RuleFile::parse(&name, &yaml.to_string()).unwrap();
        file.rules().next().unwrap().clone()
    }

    fn series(&self) -> Vec<Series> {
        let number = self.number.to_string();
        self.series
            .iter()
            .map(|(host, values)| Series {
                labels: Labels::new([("__name__", "m"), ("case", &*number), ("host", host)])
                    .unwrap(),
                samples: values
                    .iter()
                    .zip(0..)
                    .filter(|(value, _)| *value != "_")
                    .map(|(value, step)| Sample {
                        time_ms: step * self.interval_secs * 1_000,
                        value: match value.as_str() {
                            "stale" => f64::from_bits(STALE_NAN_BITS),
                            value => value.parse().unwrap(),
                        },
                    })
                    .collect(),
            })
            .collect()
    }

    fn steps(&self) -> impl Iterator<Item = (usize, Timestamp)> {
        let values = i64::try_from(self.series[0].1.len()).unwrap();
        let steps = values * self.interval_secs / self.eval_secs;
        let eval_secs = self.eval_secs;
        (0..steps).map(move |step| {
            let at = Timestamp::from_second(step * eval_secs).unwrap();
            (usize::try_from(step).unwrap(), at)
        })
    }

    fn expected(&self, step: usize) -> Held {
        self.alerts
            .iter()
            .filter(|alert| (alert.4..=alert.5).contains(&step))
            .map(|alert| (alert.0.clone(), alert.1.clone(), alert.2.clone(), alert.3))
            .collect()
    }
}

fn held(state: &RuleState) -> Held {
    state
        .alerts
        .iter()
        .map(|alert| {
            let phase = match alert.phase {
                Phase::Pending => "pending",
                Phase::Firing | Phase::KeptFiring(_) => "firing",
            };
            (
                alert.labels.value("host").to_owned(),
                alert.labels.value("severity").to_owned(),
                phase.to_owned(),
                alert.active_at.as_second(),
            )
        })
        .collect()
}

fn firing(state: &RuleState) -> BTreeSet<Labels> {
    let firing = state.alerts.iter().filter(|alert| alert.is_firing());
    firing.map(|alert| alert.labels.clone()).collect()
}

/// Advances and checks that the transitions are the difference in what fires.
fn step(
    rule: &AlertingRule,
    state: RuleState,
    observed: &[Observation],
    scope: Scope<'_>,
    at: Timestamp,
) -> RuleState {
    let Advance::Changed {
        state: next,
        transitions,
    } = advance(rule, &state, observed, scope, at).unwrap()
    else {
        return state;
    };
    assert_eq!(next.sequence, state.sequence + 1);
    let of = |change| -> BTreeSet<Labels> {
        let transitions = transitions.iter().filter(|t| t.change == change);
        transitions.map(|t| t.alert.labels.clone()).collect()
    };
    let (before, after) = (firing(&state), firing(&next));
    assert_eq!(of(Change::Fired), &after - &before);
    assert_eq!(of(Change::Resolved), &before - &after);
    assert!(transitions.iter().all(|t| t.caused_at == at));
    let json = serde_json::to_string(&next).unwrap();
    serde_json::from_str(&json).unwrap()
}

fn recorded() -> Vec<Case> {
    let recorded: Recorded = serde_json::from_str(include_str!("oracle/timelines.json")).unwrap();
    recorded.cases
}

#[test]
fn every_recorded_timeline_is_held_as_in_prometheus() {
    let cases = recorded();
    assert!(cases.len() >= 600, "{}", cases.len());
    for case in cases {
        let (rule, series) = (case.rule(), case.series());
        let mut state = RuleState::default();
        for (number, at) in case.steps() {
            let observed = evaluate(&rule, &series, at).unwrap();
            state = step(&rule, state, &observed, Scope::Everything, at);
            let (ours, theirs) = (held(&state), case.expected(number));
            assert_eq!(ours, theirs, "case {} at step {number}", case.number);
        }
    }
}

/// The same cases as they look at ingest: each flush is judged alone, sample by sample.
#[test]
fn a_timeline_judged_series_by_series_is_held_as_in_prometheus() {
    let mut judged = 0;
    for case in recorded() {
        // A gap tells nothing at ingest; only a sweep would see it.
        let has_gaps = case
            .series
            .iter()
            .any(|(_, sent)| sent.contains(&"_".to_owned()));
        if has_gaps || case.eval_secs != case.interval_secs {
            continue;
        }
        judged += 1;
        let (rule, series) = (case.rule(), case.series());
        let mut state = RuleState::default();
        for (number, at) in case.steps() {
            for one in &series {
                let labels: Vec<(&str, &str)> = one.labels.iter().collect();
                let view = SeriesView {
                    id: one.id(),
                    labels: &labels,
                    samples: &one.samples,
                };
                let observed = evaluate_series(&rule, &view, one.samples[number]).unwrap();
                let subjects: HashSet<SeriesId> = [one.id()].into();
                let observed: Vec<Observation> = observed.into_iter().collect();
                state = step(&rule, state, &observed, Scope::Subjects(&subjects), at);
            }
            let (ours, theirs) = (held(&state), case.expected(number));
            assert_eq!(ours, theirs, "case {} at step {number}", case.number);
        }
    }
    assert!(judged >= 200, "{judged}");
}
