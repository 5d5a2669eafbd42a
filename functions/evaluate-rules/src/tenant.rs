use std::collections::BTreeMap;
use std::convert::Infallible;

use anyhow::Context;
use futures::{StreamExt, stream};
use ids::{SenderId, TenantId};
use jiff::{SignedDuration, Timestamp};
use rule_evaluation::{
    Advance, AlertingRule, Locality, Observation, RuleState, Scope, advance,
    evaluate as evaluate_rule, retire,
};
use rule_transitions::DecisionError;
use samples_table::{LoadLimits, Wanted};
use series::{Labels, Series};
use state_table::rule_states::StoredRuleState;

use crate::Deps;
use crate::plan::{Over, Task, locality, plan};

/// Prometheus' look-back: a series without a sample for so long has ended.
const LOOKBACK_MS: u64 = 5 * 60 * 1000;
/// What one tick may hold of one tenant.
const LIMITS: LoadLimits = LoadLimits {
    max_samples: 5_000_000,
};

/// A flush's newest sample may be so much older than its arrival, and its host's clock still right.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(2);
/// How many sources of samples are judged at a time.
const CONCURRENT_SOURCES: usize = 8;

/// Evaluates what is due for one tenant.
pub(crate) async fn evaluate(deps: &Deps, tenant: &TenantId, now: Timestamp) -> anyhow::Result<()> {
    let rules = deps
        .state
        .rule_set(tenant, &deps.public_url)
        .await
        .context("reading the rules")?;
    let states = deps
        .state
        .rule_states(tenant)
        .await
        .context("reading the rules' states")?;
    if rules.all().next().is_none() && states.is_empty() {
        return Ok(());
    }
    let senders: Vec<SenderId> = deps
        .state
        .senders(tenant)
        .await
        .context("reading the senders")?
        .into_iter()
        .map(|sender| sender.sender)
        .collect();
    let mixed: Vec<SenderId> = senders
        .iter()
        .filter(|sender| !sender.is_complete())
        .cloned()
        .collect();
    let mut work: BTreeMap<Option<Over>, Vec<Due<'_>>> = BTreeMap::new();
    for task in plan(&rules, !mixed.is_empty(), states) {
        let (over, due) = match task {
            Task::Retire { known } => (None, Due { rule: None, known }),
            Task::Evaluate { rule, over, known } => {
                let rule = Some(rule);
                (Some(over), Due { rule, known })
            }
        };
        work.entry(over).or_default().push(due);
    }
    let tick = Tick { deps, tenant, now };
    let failed: Vec<anyhow::Error> = stream::iter(work)
        .map(async |(over, due)| match over {
            None => tick.retire(due).await,
            Some(Over::Everybody) => tick.judge_all(&senders, now, due).await,
            Some(Over::MixedSenders) => tick.judge_all(&mixed, now, due).await,
            Some(Over::Sender(sender)) => match tick.time_of(&sender).await {
                Ok(at) => tick.judge_all(std::slice::from_ref(&sender), at, due).await,
                Err(error) => vec![error],
            },
        })
        .buffer_unordered(CONCURRENT_SOURCES)
        .flat_map(stream::iter)
        .collect()
        .await;
    let count = failed.len();
    match failed.into_iter().next() {
        None => Ok(()),
        Some(first) => Err(first.context(format!("{count} steps failed, such as"))),
    }
}

/// One rule, or none where it is gone, and what it said last.
struct Due<'r> {
    rule: Option<&'r AlertingRule>,
    known: StoredRuleState,
}

struct Tick<'a> {
    deps: &'a Deps,
    tenant: &'a TenantId,
    now: Timestamp,
}

/// What fails concerns one source; the others go on, and all failures are told together.
impl Tick<'_> {
    async fn retire(&self, due: Vec<Due<'_>>) -> Vec<anyhow::Error> {
        let mut failed = Vec::new();
        for Due { known, .. } in due {
            failed.extend(
                self.apply(known, |state| retire(state, self.now))
                    .await
                    .err(),
            );
        }
        failed
    }

    /// Judges rules over the samples of `senders` as of `at`, read once for all of them.
    async fn judge_all(
        &self,
        senders: &[SenderId],
        at: Timestamp,
        due: Vec<Due<'_>>,
    ) -> Vec<anyhow::Error> {
        let rules: Vec<&AlertingRule> = due.iter().filter_map(|due| due.rule).collect();
        let series = match self.load(senders, &rules, at).await {
            Ok(series) => series,
            Err(error) => return vec![error],
        };
        let mut failed = Vec::new();
        for Due { rule, known } in due {
            if let Some(rule) = rule {
                failed.extend(self.judge(rule, &series, known, at).await.err());
            }
        }
        failed
    }

    /// What time it is for a host whose flushes are judged in its own time: a clock that is wrong by
    /// more than the look-back must not make its samples vanish here and come back inline.
    async fn time_of(&self, sender: &SenderId) -> anyhow::Result<Timestamp> {
        if !sender.is_complete() {
            return Ok(self.now);
        }
        let newest = self.deps.samples.newest_chunk(self.tenant, sender).await?;
        let behind = newest.and_then(|chunk| {
            let newest = Timestamp::from_millisecond(chunk.newest_ms()?).ok()?;
            Some(chunk.arrived_at.duration_since(newest))
        });
        let wrong = behind.filter(|behind| behind.abs() > CLOCK_TOLERANCE);
        Ok(self.now - wrong.unwrap_or_default())
    }

    async fn load(
        &self,
        senders: &[SenderId],
        rules: &[&AlertingRule],
        at: Timestamp,
    ) -> anyhow::Result<Vec<Series>> {
        let expressions = || rules.iter().filter_map(|rule| rule.expression());
        let lookback_ms = expressions()
            .map(|e| e.lookback_ms())
            .max()
            .unwrap_or_default();
        let lookback_ms = i64::try_from(lookback_ms.max(LOOKBACK_MS))?;
        let keep = |labels: &Labels| {
            let pairs: Vec<(&str, &str)> = labels.iter().collect();
            expressions().any(|expression| expression.selects(&pairs))
        };
        let wanted = Wanted {
            tenant: self.tenant,
            senders,
            from_ms: at.as_millisecond().saturating_sub(lookback_ms),
            to_ms: at.as_millisecond(),
            keep: &keep,
        };
        let loaded = self
            .deps
            .samples
            .load(&wanted, LIMITS)
            .await
            .context("reading samples")?;
        if loaded.unreadable > 0 {
            let count = u64::try_from(loaded.unreadable)?;
            lambda_support::put_metric(self.now, "evaluate-rules", "ChunksUnreadable", count);
        }
        Ok(loaded.series)
    }

    async fn judge(
        &self,
        rule: &AlertingRule,
        series: &[Series],
        known: StoredRuleState,
        at: Timestamp,
    ) -> anyhow::Result<()> {
        let tenant = self.tenant;
        let observed = match observations(rule, series, &known, at) {
            Ok(observed) => observed,
            Err(error) => {
                tracing::warn!(%tenant, rule = rule.name, %error, "a rule can't be evaluated");
                return Ok(());
            }
        };
        self.apply(known, |state| {
            advance(rule, state, &observed, Scope::Everything, at).unwrap_or_else(|error| {
                tracing::warn!(%tenant, rule = rule.name, %error, "a rule can't be judged");
                Advance::Unchanged
            })
        })
        .await
    }

    async fn apply(
        &self,
        known: StoredRuleState,
        decide: impl Fn(&RuleState) -> Advance,
    ) -> anyhow::Result<()> {
        let decided = self
            .deps
            .outbox
            .decide(self.tenant, known, self.now, |state| {
                Ok::<_, Infallible>(decide(state))
            })
            .await;
        match decided {
            Ok(_) => Ok(()),
            Err(DecisionError::Table(error)) => Err(error).context("storing a decision"),
            Err(DecisionError::Rule(never)) => match never {},
        }
    }
}

/// Alerts that were begun for one series go on being about that series.
fn observations(
    rule: &AlertingRule,
    series: &[Series],
    known: &StoredRuleState,
    at: Timestamp,
) -> Result<Vec<Observation>, rule_evaluation::EvaluationError> {
    let mut observed = evaluate_rule(rule, series, at)?;
    // A rule that was about single series may look at whole hosts since it was edited.
    let with_subjects = locality(rule) == Some(Locality::Series)
        && known
            .state
            .alerts
            .iter()
            .any(|alert| alert.subject.is_some());
    if with_subjects {
        observed = Vec::new();
        for one in series {
            let subject = Some(one.id());
            let found = evaluate_rule(rule, std::slice::from_ref(one), at)?;
            observed.extend(found.into_iter().map(|o| Observation { subject, ..o }));
        }
    }
    Ok(observed)
}
