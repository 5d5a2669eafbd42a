//! What has to be looked at in one tick?

use ids::SenderId;
use rule_evaluation::{AlertingRule, Locality, RuleSet};
use state_table::rule_states::StoredRuleState;

/// One rule to be judged from one source of samples.
#[derive(Debug, Clone)]
pub enum Task<'r> {
    /// Evaluate `rule` over the samples of `over`.
    Evaluate {
        /// The rule.
        rule: &'r AlertingRule,
        /// Whose samples.
        over: Over,
        /// What it said last.
        known: StoredRuleState,
    },
    /// End the alerts of a rule that is gone, or does not look at this sender any more.
    Retire {
        /// What it said last.
        known: StoredRuleState,
    },
}

/// Whose samples a rule is evaluated over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Over {
    /// Every sender's.
    Everybody,
    /// Those of senders that mix hosts.
    MixedSenders,
    /// One sender's.
    Sender(SenderId),
}

/// All tasks of one tenant. States of built-in rules belong to other functions.
#[must_use]
pub fn plan<'r>(
    rules: &'r RuleSet,
    has_mixed_senders: bool,
    states: Vec<StoredRuleState>,
) -> Vec<Task<'r>> {
    let whole_tenant = SenderId::whole_tenant();
    let (of_tenant, of_senders): (Vec<_>, Vec<_>) = states
        .into_iter()
        .filter(|known| !known.rule_id.starts_with("builtin."))
        .partition(|known| known.sender == whole_tenant);
    let mut tasks = of_senders
        .into_iter()
        .filter(|known| !known.state.alerts.is_empty())
        .map(|known| again(rules, known))
        .collect::<Vec<_>>();
    let scheduled = |rule: &AlertingRule| match locality(rule) {
        Some(Locality::Tenant) => Some(Over::Everybody),
        Some(Locality::Host) if has_mixed_senders => Some(Over::MixedSenders),
        _ => None,
    };
    let mut of_tenant: Vec<_> = of_tenant;
    for rule in rules.all() {
        let Some(over) = scheduled(rule) else {
            continue;
        };
        let at = of_tenant
            .iter()
            .position(|known| known.rule_id == rule.id.as_str());
        let known = at.map_or_else(
            || StoredRuleState::empty(&whole_tenant, rule.id.as_str()),
            |at| of_tenant.swap_remove(at),
        );
        tasks.push(Task::Evaluate { rule, over, known });
    }
    let left = of_tenant
        .into_iter()
        .filter(|known| !known.state.alerts.is_empty());
    tasks.extend(left.map(|known| Task::Retire { known }));
    tasks
}

/// Active alerts that were begun inline: judged again over their own sender's samples.
fn again(rules: &RuleSet, known: StoredRuleState) -> Task<'_> {
    let rule = rules.all().find(|rule| rule.id.as_str() == known.rule_id);
    match rule.and_then(|rule| Some((rule, locality(rule)?))) {
        Some((rule, Locality::Series)) => inline(rule, known),
        Some((rule, Locality::Host)) if known.sender.is_complete() => inline(rule, known),
        _ => Task::Retire { known },
    }
}

fn inline(rule: &AlertingRule, known: StoredRuleState) -> Task<'_> {
    Task::Evaluate {
        rule,
        over: Over::Sender(known.sender.clone()),
        known,
    }
}

pub(crate) fn locality(rule: &AlertingRule) -> Option<Locality> {
    rule.expression().map(rule_evaluation::Expression::locality)
}
