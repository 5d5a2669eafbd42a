//! The state machine of Prometheus' `rules/alerting.go`, told in event time.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use messages::{Alert, Change, Transition};
use series::{Labels, SeriesId};

use crate::identity::{annotations, by_alert_labels};
use crate::state::EndedAlert;
use crate::{ActiveAlert, AlertingRule, Observation, Phase, RuleState};

/// What the state may weigh, so that it stays well below one item of the state table (400 KB).
const STATE_MAX_BYTES: usize = 340_000;

/// For which stored alerts the lack of an observation is evidence.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// For all: everything the rule could see was looked at.
    Everything,
    /// For alerts whose subject is one of these series: only they were looked at.
    Subjects(&'a HashSet<SeriesId>),
}

/// What one evaluation did to the state.
#[derive(Debug, Clone, PartialEq)]
pub enum Advance {
    /// Nothing that must be written; a changed value alone is nothing.
    Unchanged,
    /// A new state, to be committed together with its transitions.
    Changed {
        /// Its sequence is one above the former.
        state: RuleState,
        /// What receivers must learn, sorted by labels; empty where an alert only went pending or back.
        transitions: Vec<Transition>,
    },
}

/// Why an evaluation was not taken; the state stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdvanceError {
    /// Two results became one alert.
    #[error("two results have the same labels after the rule's labels are applied: {0}")]
    DuplicateLabels(Labels),
    /// More alerts than the rule may keep.
    #[error("exceeded the limit of {limit} alerts with {count}")]
    TooManyAlerts {
        /// What is allowed.
        limit: usize,
        /// What there would be.
        count: usize,
    },
    /// The alerts' labels and annotations are too long together.
    #[error(
        "{count} alerts with {size_bytes} bytes of labels and annotations exceed {max_bytes} bytes"
    )]
    TooLarge {
        /// How many alerts there would be.
        count: usize,
        /// What they would weigh.
        size_bytes: usize,
        /// What they may weigh.
        max_bytes: usize,
    },
}

/// Judges what was `observed` of `rule` at `at`, the event time.
///
/// An alert that changed after `at` stays as it is, so that late and repeated evaluations are harmless.
/// Evaluations that changed nothing leave no trace in the state: before late samples are judged, the
/// caller must ask the stored ones whether newer ones are known.
pub fn advance(
    rule: &AlertingRule,
    state: &RuleState,
    observed: &[Observation],
    scope: Scope<'_>,
    at: Timestamp,
) -> Result<Advance, AdvanceError> {
    let at = whole_ms(at);
    let mut observed = by_alert_labels(rule, observed)?;
    let mut step = Step::new(rule, at);
    for alert in &state.alerts {
        let observation = observed.remove(&alert.labels);
        if alert.changed_at > at {
            step.keep(alert.clone());
        } else if let Some(observation) = observation {
            step.observe(alert, observation, scope);
        } else if is_judged(alert, scope) {
            step.miss(alert);
        } else {
            step.keep(alert.clone());
        }
    }
    for (labels, observation) in observed {
        if !state.has_ended_after(&labels, at) {
            step.begin(labels, observation);
        }
    }
    step.finish(state)
}

/// Ends all alerts, because their rule was deleted or their source will never send again.
#[must_use]
pub fn retire(state: &RuleState, at: Timestamp) -> Advance {
    if state.alerts.is_empty() {
        return Advance::Unchanged;
    }
    let at = whole_ms(at);
    let transitions = state
        .alerts
        .iter()
        .filter(|alert| alert.is_firing())
        .map(|alert| transition(alert, Change::Resolved, at))
        .collect();
    let ended = state
        .alerts
        .iter()
        .map(|alert| EndedAlert::of(alert, at))
        .collect();
    Advance::Changed {
        state: state.next(Vec::new(), ended, at),
        transitions,
    }
}

/// One evaluation in the making.
struct Step<'a> {
    rule: &'a AlertingRule,
    at: Timestamp,
    changed: bool,
    alerts: Vec<ActiveAlert>,
    ended: Vec<EndedAlert>,
    transitions: Vec<Transition>,
}

impl<'a> Step<'a> {
    const fn new(rule: &'a AlertingRule, at: Timestamp) -> Self {
        Self {
            rule,
            at,
            changed: false,
            alerts: Vec::new(),
            ended: Vec::new(),
            transitions: Vec::new(),
        }
    }

    fn keep(&mut self, alert: ActiveAlert) {
        self.alerts.push(alert);
    }

    /// The condition of a known alert holds.
    fn observe(&mut self, known: &ActiveAlert, observation: &Observation, scope: Scope<'_>) {
        let mut alert = known.clone();
        match known.phase {
            Phase::Pending if self.held_since(known.active_at, self.rule.for_ms) => {
                self.fire(&mut alert, observation);
            }
            Phase::KeptFiring(_) => {
                alert.phase = Phase::Firing;
                self.refresh(&mut alert, observation);
            }
            Phase::Pending | Phase::Firing => {}
        }
        // Two series that give one alert in turn are told apart only by the first one's absence.
        if known.subject != observation.subject && is_judged(known, scope) {
            alert.subject = observation.subject;
            alert.changed_at = self.at;
            self.changed = true;
        }
        self.keep(alert);
    }

    /// The condition of a known alert does not hold.
    fn miss(&mut self, known: &ActiveAlert) {
        let since = match known.phase {
            Phase::Pending => return self.end(known),
            Phase::Firing => self.at,
            Phase::KeptFiring(since) => since,
        };
        if self.held_since(since, self.rule.keep_firing_for_ms) {
            self.transitions
                .push(transition(known, Change::Resolved, self.at));
            return self.end(known);
        }
        let mut alert = known.clone();
        if known.phase == Phase::Firing {
            alert.phase = Phase::KeptFiring(since);
            alert.changed_at = self.at;
            self.changed = true;
        }
        self.keep(alert);
    }

    fn begin(&mut self, labels: Labels, observation: &Observation) {
        let mut alert = ActiveAlert {
            labels,
            annotations: BTreeMap::new(),
            value: observation.value,
            phase: Phase::Pending,
            active_at: self.at,
            changed_at: self.at,
            subject: observation.subject,
        };
        if self.rule.for_ms == 0 {
            self.fire(&mut alert, observation);
        } else {
            self.refresh(&mut alert, observation);
        }
        self.keep(alert);
    }

    fn fire(&mut self, alert: &mut ActiveAlert, observation: &Observation) {
        alert.phase = Phase::Firing;
        self.refresh(alert, observation);
        self.transitions
            .push(transition(alert, Change::Fired, self.at));
    }

    fn refresh(&mut self, alert: &mut ActiveAlert, observation: &Observation) {
        alert.annotations = annotations(self.rule, observation);
        alert.value = observation.value;
        alert.changed_at = self.at;
        self.changed = true;
    }

    fn end(&mut self, alert: &ActiveAlert) {
        self.ended.push(EndedAlert::of(alert, self.at));
        self.changed = true;
    }

    fn held_since(&self, since: Timestamp, needed_ms: u64) -> bool {
        let held_ms = self.at.as_millisecond() - since.as_millisecond();
        held_ms >= i64::try_from(needed_ms).unwrap_or(i64::MAX)
    }

    fn finish(mut self, former: &RuleState) -> Result<Advance, AdvanceError> {
        if !self.changed {
            return Ok(Advance::Unchanged);
        }
        let count = self.alerts.len();
        let grew = count > former.alerts.len();
        if grew && count > self.rule.max_active {
            return Err(AdvanceError::TooManyAlerts {
                limit: self.rule.max_active,
                count,
            });
        }
        let size_bytes = self.alerts.iter().map(weight).sum();
        if grew && size_bytes > STATE_MAX_BYTES {
            return Err(AdvanceError::TooLarge {
                count,
                size_bytes,
                max_bytes: STATE_MAX_BYTES,
            });
        }
        self.alerts.sort_by(|a, b| a.labels.cmp(&b.labels));
        self.transitions
            .sort_by(|a, b| a.alert.labels.cmp(&b.alert.labels));
        Ok(Advance::Changed {
            state: former.next(self.alerts, self.ended, self.at),
            transitions: self.transitions,
        })
    }
}

fn whole_ms(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

fn is_judged(alert: &ActiveAlert, scope: Scope<'_>) -> bool {
    match scope {
        Scope::Everything => true,
        Scope::Subjects(subjects) => alert.subject.is_some_and(|id| subjects.contains(&id)),
    }
}

fn transition(alert: &ActiveAlert, change: Change, at: Timestamp) -> Transition {
    Transition {
        change,
        alert: Alert {
            labels: alert.labels.clone(),
            annotations: alert.annotations.clone(),
            value: alert.value,
            starts_at: alert.active_at,
            ends_at: (change == Change::Resolved).then_some(at),
        },
        caused_at: at,
    }
}

fn weight(alert: &ActiveAlert) -> usize {
    const FIXED: usize = 150;
    let labels: usize = alert
        .labels
        .iter()
        .map(|(n, v)| n.len() + v.len() + 6)
        .sum();
    let annotations: usize = alert
        .annotations
        .iter()
        .map(|(n, v)| n.len() + v.len() + 6)
        .sum();
    FIXED + labels + annotations
}
