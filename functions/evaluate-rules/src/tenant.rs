use std::convert::Infallible;

use anyhow::Context;
use ids::{SenderId, TenantId};
use jiff::Timestamp;
use rule_evaluation::{
    Advance, AlertingRule, Observation, RuleState, Scope, advance, evaluate as evaluate_rule,
    retire,
};
use rule_transitions::{DecisionError, TransitionOutbox};
use samples_table::{LoadLimits, Wanted};
use series::{Labels, Series};
use state_table::rule_states::StoredRuleState;

use crate::Deps;
use crate::plan::{Over, Task, plan};

/// Prometheus' look-back: a series without a sample for so long has ended.
const LOOKBACK_MS: u64 = 5 * 60 * 1000;
/// What one tick may hold of one tenant.
const LIMITS: LoadLimits = LoadLimits {
    max_samples: 5_000_000,
};

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
    let tasks = plan(&rules, !mixed.is_empty(), states);
    let all = samples(deps, tenant, &tasks, &Over::Everybody, &senders, now).await?;
    let of_mixed = samples(deps, tenant, &tasks, &Over::MixedSenders, &mixed, now).await?;
    for task in tasks {
        match task {
            Task::Retire { known } => {
                apply(&deps.outbox, tenant, known, now, |state| retire(state, now)).await?;
            }
            Task::Evaluate { rule, over, known } => {
                let own;
                let series = match &over {
                    Over::Everybody => &all,
                    Over::MixedSenders => &of_mixed,
                    Over::Sender(sender) => {
                        let wanted = std::slice::from_ref(sender);
                        own = load(deps, tenant, wanted, &[rule], now).await?;
                        &own
                    }
                };
                judge(deps, tenant, rule, series, known, now).await?;
            }
        }
    }
    Ok(())
}

/// The samples of all tasks over `over`, read once.
async fn samples(
    deps: &Deps,
    tenant: &TenantId,
    tasks: &[Task<'_>],
    over: &Over,
    senders: &[SenderId],
    now: Timestamp,
) -> anyhow::Result<Vec<Series>> {
    let rules: Vec<&AlertingRule> = tasks
        .iter()
        .filter_map(|task| match task {
            Task::Evaluate {
                rule, over: its, ..
            } if its == over => Some(*rule),
            _ => None,
        })
        .collect();
    if rules.is_empty() {
        Ok(Vec::new())
    } else {
        load(deps, tenant, senders, &rules, now).await
    }
}

async fn load(
    deps: &Deps,
    tenant: &TenantId,
    senders: &[SenderId],
    rules: &[&AlertingRule],
    now: Timestamp,
) -> anyhow::Result<Vec<Series>> {
    let expressions = || rules.iter().filter_map(|rule| rule.expression());
    let lookback_ms = expressions()
        .map(|e| e.lookback_ms())
        .max()
        .unwrap_or_default();
    let from_ms = now.as_millisecond() - i64::try_from(lookback_ms.max(LOOKBACK_MS))?;
    let keep = |labels: &Labels| {
        let pairs: Vec<(&str, &str)> = labels.iter().collect();
        expressions().any(|expression| expression.selects(&pairs))
    };
    let to_ms = now.as_millisecond();
    let wanted = Wanted {
        tenant,
        senders,
        from_ms,
        to_ms,
        keep: &keep,
    };
    Ok(deps
        .samples
        .load(&wanted, LIMITS)
        .await
        .context("reading samples")?
        .series)
}

async fn judge(
    deps: &Deps,
    tenant: &TenantId,
    rule: &AlertingRule,
    series: &[Series],
    known: StoredRuleState,
    now: Timestamp,
) -> anyhow::Result<()> {
    let observed = match observations(rule, series, &known, now) {
        Ok(observed) => observed,
        Err(error) => {
            tracing::warn!(%tenant, rule = rule.name, %error, "a rule can't be evaluated");
            return Ok(());
        }
    };
    apply(&deps.outbox, tenant, known, now, |state| {
        advance(rule, state, &observed, Scope::Everything, now).unwrap_or_else(|error| {
            tracing::warn!(%tenant, rule = rule.name, %error, "a rule can't be judged");
            Advance::Unchanged
        })
    })
    .await
}

/// Alerts that were begun for one series go on being about that series.
fn observations(
    rule: &AlertingRule,
    series: &[Series],
    known: &StoredRuleState,
    now: Timestamp,
) -> Result<Vec<Observation>, rule_evaluation::EvaluationError> {
    let mut observed = evaluate_rule(rule, series, now)?;
    let with_subjects = known
        .state
        .alerts
        .iter()
        .any(|alert| alert.subject.is_some());
    if with_subjects {
        observed = Vec::new();
        for one in series {
            let subject = Some(one.id());
            let found = evaluate_rule(rule, std::slice::from_ref(one), now)?;
            observed.extend(found.into_iter().map(|o| Observation { subject, ..o }));
        }
    }
    Ok(observed)
}

async fn apply(
    outbox: &TransitionOutbox,
    tenant: &TenantId,
    known: StoredRuleState,
    now: Timestamp,
    decide: impl Fn(&RuleState) -> Advance,
) -> anyhow::Result<()> {
    let decided = outbox
        .decide(tenant, known, now, |state| {
            Ok::<_, Infallible>(decide(state))
        })
        .await;
    match decided {
        Ok(_) => Ok(()),
        Err(DecisionError::Table(error)) => Err(error).context("storing a decision"),
        Err(DecisionError::Rule(never)) => match never {},
    }
}
