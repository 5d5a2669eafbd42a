use std::collections::HashMap;
use std::sync::Arc;

use promql::Locality;
use series::METRIC_NAME;

use crate::{AlertingRule, External, RuleFile};

/// All rules of one tenant, compiled once and kept by the caller for some seconds.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    series_rules: Vec<AlertingRule>,
    host_rules: Vec<AlertingRule>,
    tenant_rules: Vec<AlertingRule>,
    by_metric: HashMap<String, Vec<usize>>,
    of_any_metric: Vec<usize>,
    tenant_lookback_ms: u64,
}

impl RuleSet {
    /// Sorts the rules of `files` by how much data each must see.
    #[must_use]
    pub fn new(files: impl IntoIterator<Item = RuleFile>, external: External) -> Self {
        let external = Arc::new(external);
        let mut set = Self::default();
        let groups = files.into_iter().flat_map(|file| file.groups);
        for mut rule in groups.flat_map(|group| group.rules) {
            rule.external = Arc::clone(&external);
            set.add(rule);
        }
        set
    }

    fn add(&mut self, rule: AlertingRule) {
        let Some(expression) = rule.expression() else {
            return;
        };
        match expression.locality() {
            Locality::Series => {
                let at = self.series_rules.len();
                match expression.metric_names() {
                    None => self.of_any_metric.push(at),
                    Some(metrics) => {
                        for metric in metrics {
                            let rules = self.by_metric.entry(metric.to_owned()).or_default();
                            rules.push(at);
                        }
                    }
                }
                self.series_rules.push(rule);
            }
            Locality::Host => self.host_rules.push(rule),
            Locality::Tenant => {
                self.tenant_lookback_ms = self.tenant_lookback_ms.max(expression.lookback_ms());
                self.tenant_rules.push(rule);
            }
        }
    }

    /// Rules that look at one series at a time, from any sender.
    #[must_use]
    pub fn series_rules(&self) -> &[AlertingRule] {
        &self.series_rules
    }

    /// The [`RuleSet::series_rules`] that may select a series with these sorted labels. Finding them
    /// costs one look-up by the metric's name where no rule does without one.
    pub fn series_rules_for<'r, 'l>(
        &'r self,
        labels: &'l [(&'l str, &'l str)],
    ) -> impl Iterator<Item = &'r AlertingRule> + use<'r, 'l> {
        let metric = labels
            .iter()
            .find(|(name, _)| *name == METRIC_NAME)
            .map_or("", |(_, value)| value);
        let named = self.by_metric.get(metric).map_or(&[][..], Vec::as_slice);
        named
            .iter()
            .chain(&self.of_any_metric)
            .filter_map(|at| self.series_rules.get(*at))
            .filter(move |rule| rule.expression().is_some_and(|e| e.selects(labels)))
    }

    /// Whether any rule looks at one series at a time.
    #[must_use]
    pub fn has_series_rules(&self) -> bool {
        !self.series_rules.is_empty()
    }

    /// Rules that look at one host at a time: evaluate them on a complete flush of a host only.
    #[must_use]
    pub fn host_rules(&self) -> &[AlertingRule] {
        &self.host_rules
    }

    /// Rules that need the tenant's stored samples, on the minute schedule.
    #[must_use]
    pub fn tenant_rules(&self) -> &[AlertingRule] {
        &self.tenant_rules
    }

    /// How far back [`RuleSet::tenant_rules`] look, in milliseconds.
    #[must_use]
    pub const fn tenant_lookback_ms(&self) -> u64 {
        self.tenant_lookback_ms
    }

    /// Every rule: of series, of hosts, of the tenant.
    pub fn all(&self) -> impl Iterator<Item = &AlertingRule> {
        self.series_rules
            .iter()
            .chain(&self.host_rules)
            .chain(&self.tenant_rules)
    }
}
