//! Which of the tenant's rules changed state through this flush?
//!
//! The stored samples are the watermark: before anything changes, the store is asked whether it knows
//! newer samples than the flush brought. A flush that changes nothing asks and writes nothing.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::Arc;

use jiff::Timestamp;
use rule_evaluation::{
    Advance, AdvanceError, AlertingRule, Observation, RuleSet, Scope, advance, evaluate,
    evaluate_series,
};
use rule_transitions::{DecisionError, Outcome, TransitionOutbox};
use samples_table::{LoadError, LoadLimits, SamplesTable, Wanted};
use series::{Series, SeriesId};
use state_table::TableError;
use state_table::rule_states::StoredRuleState;

use crate::complaints;
use crate::flush::{Flush, newest};

/// How far ahead of arrival a sample may be that is newer than this flush's.
const NEWEST_AHEAD_MS: i64 = 10 * 60 * 1000;
/// What may be read to find out what is newer; more is taken for "everything is".
const NEWER_LIMITS: LoadLimits = LoadLimits {
    max_samples: 200_000,
};

/// Where rules' states and samples are.
#[derive(Debug)]
pub struct Judge {
    /// States and transitions.
    pub outbox: TransitionOutbox,
    /// What is stored already.
    pub samples: SamplesTable,
}

/// Why a flush could not be judged; it must come again.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// The state table could not answer.
    #[error(transparent)]
    State(#[from] TableError),
    /// The samples table could not answer.
    #[error(transparent)]
    Samples(#[from] LoadError),
}

/// What one rule says of a flush.
struct Finding<'r> {
    rule: &'r AlertingRule,
    at: Timestamp,
    observed: Vec<Observation>,
    /// Series that were looked at, with the time of their newest sample here.
    subjects: HashMap<SeriesId, i64>,
}

impl Judge {
    /// Judges a stored flush; how many alerts began to fire or ended. `now_valid` reads the rules anew,
    /// and is asked only before something changes.
    pub async fn judge(
        &self,
        flush: &Flush<'_>,
        rules: &RuleSet,
        states: Vec<StoredRuleState>,
        now_valid: impl AsyncFnOnce() -> Result<Arc<RuleSet>, TableError>,
    ) -> Result<usize, JudgeError> {
        let mut known: HashMap<String, StoredRuleState> = states
            .into_iter()
            .map(|state| (state.rule_id.clone(), state))
            .collect();
        let mut changing = Vec::new();
        for finding in findings(flush, rules) {
            let rule_id = finding.rule.id.as_str();
            let state = known
                .remove(rule_id)
                .unwrap_or_else(|| StoredRuleState::empty(&flush.declared.sender, rule_id));
            if would_change(flush, &finding, &state) {
                changing.push((finding, state));
            }
        }
        let mut transitions = 0;
        if !changing.is_empty() {
            // What was removed some seconds ago has been ended by the schedule and must not begin again.
            let valid = now_valid().await?;
            changing.retain(|(finding, _)| valid.all().any(|rule| rule.id == finding.rule.id));
            let newer = self.newer(flush, &changing).await?;
            for (finding, state) in changing {
                transitions += self.apply(flush, finding, state, &newer).await?;
            }
        }
        Ok(transitions)
    }

    async fn apply(
        &self,
        flush: &Flush<'_>,
        mut finding: Finding<'_>,
        state: StoredRuleState,
        newer: &Newer,
    ) -> Result<usize, JudgeError> {
        if newer.supersedes(flush, &mut finding) {
            return Ok(0);
        }
        let subjects = finding.subjects.keys().copied().collect();
        let decided = self
            .outbox
            .decide(flush.tenant, state, flush.arrived_at, |state| {
                Ok::<_, Infallible>(advance_or_log(flush, &finding, &subjects, state))
            })
            .await;
        match decided {
            Ok(Outcome::Committed { transitions }) => Ok(transitions),
            Ok(Outcome::Unchanged | Outcome::LostRaces) => Ok(0),
            Err(DecisionError::Table(error)) => Err(error.into()),
            Err(DecisionError::Rule(never)) => match never {},
        }
    }

    async fn newer(
        &self,
        flush: &Flush<'_>,
        changing: &[(Finding<'_>, StoredRuleState)],
    ) -> Result<Newer, JudgeError> {
        let ids: HashSet<SeriesId> = changing
            .iter()
            .flat_map(|(finding, _)| finding.subjects.keys().copied())
            .collect();
        // Each series has a watermark of its own, which may lie behind that of the whole flush.
        let from_ms = changing
            .iter()
            .flat_map(|(finding, _)| {
                let of_series = finding.subjects.values().copied();
                of_series.chain([finding.at.as_millisecond()])
            })
            .min();
        let complete = flush.declared.host.is_some();
        let wanted = Wanted {
            tenant: flush.tenant,
            senders: std::slice::from_ref(&flush.declared.sender),
            from_ms: from_ms.unwrap_or_default().saturating_add(1),
            to_ms: flush.arrived_at.as_millisecond() + NEWEST_AHEAD_MS,
            keep: &|labels| complete || ids.contains(&labels.series_id()),
        };
        match self.samples.load(&wanted, NEWER_LIMITS).await {
            Ok(loaded) => Ok(Newer::of(&loaded.series)),
            Err(LoadError::TooManySamples { .. }) => Ok(Newer::Everything),
            Err(error) => Err(error.into()),
        }
    }
}

/// What the store knows that is newer than a flush.
enum Newer {
    Everything,
    Series(HashMap<SeriesId, i64>),
}

impl Newer {
    fn of(series: &[Series]) -> Self {
        let times = series
            .iter()
            .filter_map(|series| Some((series.id(), series.samples.last()?.time_ms)));
        Self::Series(times.collect())
    }

    /// Whether nothing of `finding` counts any more; what still counts is left in it.
    fn supersedes(&self, flush: &Flush<'_>, finding: &mut Finding<'_>) -> bool {
        let Self::Series(newer) = self else {
            return true;
        };
        if flush.declared.host.is_some() {
            let at_ms = finding.at.as_millisecond();
            return newer.values().any(|time_ms| *time_ms > at_ms);
        }
        finding
            .subjects
            .retain(|id, here_ms| newer.get(id).is_none_or(|time_ms| time_ms <= here_ms));
        let subjects = &finding.subjects;
        finding
            .observed
            .retain(|seen| seen.subject.is_some_and(|id| subjects.contains_key(&id)));
        subjects.is_empty()
    }
}

fn findings<'r>(flush: &Flush<'_>, rules: &'r RuleSet) -> Vec<Finding<'r>> {
    let mut findings = series_findings(flush, rules);
    if let (Some(_), Some(newest_ms)) = (&flush.declared.host, flush.newest_ms()) {
        let at = Timestamp::from_millisecond(newest_ms).unwrap_or(flush.arrived_at);
        findings.iter_mut().for_each(|finding| finding.at = at);
        findings.extend(host_findings(flush, rules, at));
        findings.extend(unseen(&findings, rules, at));
    }
    findings
}

fn series_findings<'r>(flush: &Flush<'_>, rules: &'r RuleSet) -> Vec<Finding<'r>> {
    let mut by_rule: HashMap<&str, Finding<'r>> = HashMap::new();
    let judged = match rules.has_series_rules() {
        true => flush.series,
        false => &[],
    };
    for series in judged {
        let Some(sample) = newest(series) else {
            continue;
        };
        let at = Timestamp::from_millisecond(sample.time_ms).unwrap_or(flush.arrived_at);
        for rule in rules.series_rules_for(series.labels) {
            let finding = by_rule
                .entry(rule.id.as_str())
                .or_insert_with(|| Finding::new(rule, at));
            finding.at = finding.at.max(at);
            finding.subjects.insert(series.id, sample.time_ms);
            match evaluate_series(rule, series, sample) {
                Ok(observation) => finding.observed.extend(observation),
                Err(error) => log_error(flush, rule, &error),
            }
        }
    }
    by_rule.into_values().collect()
}

fn host_findings<'r>(flush: &Flush<'_>, rules: &'r RuleSet, at: Timestamp) -> Vec<Finding<'r>> {
    let wanted = |series: &&series::SeriesView<'_>| {
        rules.host_rules().iter().any(|rule| {
            rule.expression()
                .is_some_and(|expression| expression.selects(series.labels))
        })
    };
    let series: Vec<Series> = flush
        .series
        .iter()
        .filter(wanted)
        .map(series::SeriesView::to_series)
        .collect();
    rules
        .host_rules()
        .iter()
        .filter_map(|rule| match evaluate(rule, &series, at) {
            Ok(observed) => Some(Finding {
                observed,
                ..Finding::new(rule, at)
            }),
            Err(error) => {
                log_error(flush, rule, &error);
                None
            }
        })
        .collect()
}

/// Rules about single series of which a complete flush holds none: that there is none is evidence.
fn unseen<'r>(seen: &[Finding<'r>], rules: &'r RuleSet, at: Timestamp) -> Vec<Finding<'r>> {
    rules
        .series_rules()
        .iter()
        .filter(|rule| !seen.iter().any(|finding| finding.rule.id == rule.id))
        .map(|rule| Finding::new(rule, at))
        .collect()
}

impl<'r> Finding<'r> {
    fn new(rule: &'r AlertingRule, at: Timestamp) -> Self {
        Self {
            rule,
            at,
            observed: Vec::new(),
            subjects: HashMap::new(),
        }
    }
}

fn would_change(flush: &Flush<'_>, finding: &Finding<'_>, known: &StoredRuleState) -> bool {
    if finding.observed.is_empty() && known.state.alerts.is_empty() {
        return false;
    }
    let subjects = finding.subjects.keys().copied().collect();
    advance_or_log(flush, finding, &subjects, &known.state) != Advance::Unchanged
}

/// An evaluation that can't be taken changes nothing; the rule's author reads why in the log.
fn advance_or_log(
    flush: &Flush<'_>,
    finding: &Finding<'_>,
    subjects: &HashSet<SeriesId>,
    state: &rule_evaluation::RuleState,
) -> Advance {
    let scope = match flush.declared.host {
        Some(_) => Scope::Everything,
        None => Scope::Subjects(subjects),
    };
    let advanced: Result<Advance, AdvanceError> =
        advance(finding.rule, state, &finding.observed, scope, finding.at);
    advanced.unwrap_or_else(|error| {
        log_error(flush, finding.rule, &error);
        Advance::Unchanged
    })
}

fn log_error(flush: &Flush<'_>, rule: &AlertingRule, error: &dyn std::error::Error) {
    if complaints::is_due(flush.tenant, &rule.id, flush.arrived_at) {
        tracing::warn!(tenant = %flush.tenant, sender = %flush.declared.sender, rule = rule.name, %error, "a rule can't be judged");
    }
}
