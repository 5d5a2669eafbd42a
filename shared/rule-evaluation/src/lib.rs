//! Which alerts changed state? Pure.
//!
//! A [`RuleFile`] is read from a Prometheus alerting-rule file, or refused with every line that can't
//! be done. A [`RuleSet`] holds what a tenant's files ask for, split by how much data a rule must see.
//! [`evaluate`] and [`evaluate_series`] turn samples into [`Observation`]s; [`advance`] turns these and
//! the stored [`RuleState`] into the next state and the transitions that must travel. [`Thresholds`] are
//! the rules that a sender can see crossed by itself.

mod advance;
mod evaluation;
mod expression;
mod file;
mod identity;
mod prometheus_json;
mod rule;
mod rule_set;
mod state;
mod template;
mod thresholds;

pub use advance::{Advance, AdvanceError, Scope, advance, retire};
pub use evaluation::{EvaluationError, Observation, evaluate, evaluate_series};
pub use expression::{Expression, ExpressionError};
pub use file::{RuleError, RuleFile, RuleGroup};
pub use prometheus_json::{
    AlertJson, GroupJson, RuleJson, alert_json, alert_json_of, group_json, rule_json,
};
pub use promql::Locality;
pub use rule::{AlertingRule, Condition, External, MAX_ACTIVE_ALERTS, RuleId};
pub use rule_set::RuleSet;
pub use state::{ActiveAlert, Phase, RuleState, STATE_VERSION};
pub use template::{Template, TemplateData, TemplateError};
pub use thresholds::{MAX_THRESHOLDS, MatcherJson, SelectorJson, ThresholdJson, Thresholds};
