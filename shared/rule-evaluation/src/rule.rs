use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use ids::RuleFileName;
use serde::{Deserialize, Serialize};
use series::SeriesId;

use crate::{Expression, Template};

/// The most alerts one rule may keep pending or firing for one source.
pub const MAX_ACTIVE_ALERTS: usize = 1_000;

/// Identity of a rule within its tenant: stays when the expression, the durations or the annotations
/// change, so that its alerts go on, as they do when Prometheus reloads its files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(Arc<str>);

impl RuleId {
    /// Of the `nth` rule (from 0) of a group with this name and these label templates.
    pub(crate) fn of_rule(
        file: &RuleFileName,
        group: &str,
        name: &str,
        labels: &BTreeMap<String, Template>,
        nth: usize,
    ) -> Self {
        let nth = nth.to_string();
        let fixed = [("", file.as_str()), ("", group), ("", name), ("", &nth)];
        let labels = labels.iter().map(|(n, t)| (n.as_str(), t.text()));
        Self(
            SeriesId::of(fixed.into_iter().chain(labels))
                .to_string()
                .into(),
        )
    }

    /// Of the rule `name` that every tenant has.
    #[must_use]
    pub fn builtin(name: &str) -> Self {
        Self(format!("builtin.{name}").into())
    }

    /// As text without `#`, for keys.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What templates see of the installation as `$externalLabels` and `$externalURL`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct External {
    /// Labels that tell installations apart.
    pub labels: BTreeMap<String, String>,
    /// Where people reach this installation.
    pub url: String,
}

/// When a rule's alerts are active.
#[derive(Debug, Clone)]
pub enum Condition {
    /// While the expression has a result.
    Expression(Expression),
    /// While another decision says so, which this text describes to people.
    Decided(String),
}

/// One alerting rule, ready to be evaluated.
#[derive(Debug, Clone)]
pub struct AlertingRule {
    /// Its identity within the tenant.
    pub id: RuleId,
    /// The file it came in; none for a built-in rule.
    pub file: Option<RuleFileName>,
    /// The group it stands in.
    pub group: String,
    /// The label `alertname` of its alerts.
    pub name: String,
    /// How often the group asks to be evaluated, where it says so.
    pub interval_ms: Option<u64>,
    /// When its alerts are active.
    pub condition: Condition,
    /// How long an alert stays pending before it fires (`for`).
    pub for_ms: u64,
    /// How long an alert goes on firing after its condition ended (`keep_firing_for`).
    pub keep_firing_for_ms: u64,
    /// Labels added to, or put over, the series' labels.
    pub labels: BTreeMap<String, Template>,
    /// Texts for people.
    pub annotations: BTreeMap<String, Template>,
    /// The most alerts it may keep per source: the group's `limit`, at most [`MAX_ACTIVE_ALERTS`].
    pub max_active: usize,
    /// What its templates see of the installation.
    pub external: Arc<External>,
}

impl AlertingRule {
    /// A rule that comes with the product: its condition is decided elsewhere, as `description` says.
    /// A text that is no template stands as it is.
    #[must_use]
    pub fn builtin(
        name: &str,
        description: &str,
        labels: &[(&str, &str)],
        annotations: &[(&str, &str)],
    ) -> Self {
        let parsed = |pairs: &[(&str, &str)]| {
            let template =
                |text: &str| Template::parse(text).unwrap_or_else(|_| Template::literal(text));
            pairs
                .iter()
                .map(|(name, text)| ((*name).to_owned(), template(text)))
                .collect::<BTreeMap<_, _>>()
        };
        Self {
            id: RuleId::builtin(name),
            file: None,
            group: "builtin".to_owned(),
            name: name.to_owned(),
            interval_ms: None,
            condition: Condition::Decided(description.to_owned()),
            for_ms: 0,
            keep_firing_for_ms: 0,
            labels: parsed(labels),
            annotations: parsed(annotations),
            max_active: MAX_ACTIVE_ALERTS,
            external: Arc::default(),
        }
    }

    /// The expression, where the rule has one.
    #[must_use]
    pub fn expression(&self) -> Option<&Expression> {
        match &self.condition {
            Condition::Expression(expression) => Some(expression),
            Condition::Decided(_) => None,
        }
    }

    /// The expression, or what stands for it, as people read it.
    #[must_use]
    pub fn query(&self) -> &str {
        match &self.condition {
            Condition::Expression(expression) => expression.text(),
            Condition::Decided(description) => description,
        }
    }
}
