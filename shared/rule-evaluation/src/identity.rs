//! Which alert an observation stands for, and what that alert says.

use std::collections::BTreeMap;

use series::{Labels, METRIC_NAME};

use crate::{AdvanceError, AlertingRule, Observation, TemplateData};

/// Observations under the labels of the alerts they stand for.
pub fn by_alert_labels<'a>(
    rule: &AlertingRule,
    observed: &'a [Observation],
) -> Result<BTreeMap<Labels, &'a Observation>, AdvanceError> {
    let mut found = BTreeMap::new();
    for observation in observed {
        let labels = alert_labels(rule, observation);
        if found.insert(labels.clone(), observation).is_some() {
            return Err(AdvanceError::DuplicateLabels(labels));
        }
    }
    Ok(found)
}

fn alert_labels(rule: &AlertingRule, observation: &Observation) -> Labels {
    let mut labels: BTreeMap<String, String> = observation
        .labels
        .iter()
        .filter(|(name, _)| *name != METRIC_NAME)
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let data = template_data(rule, observation);
    for (name, template) in &rule.labels {
        labels.insert(name.clone(), template.expand_or_explain(&data));
    }
    labels.insert("alertname".to_owned(), rule.name.clone());
    Labels::from(labels)
}

pub fn annotations(rule: &AlertingRule, observation: &Observation) -> BTreeMap<String, String> {
    let data = template_data(rule, observation);
    rule.annotations
        .iter()
        .map(|(name, template)| (name.clone(), template.expand_or_explain(&data)))
        .collect()
}

fn template_data<'a>(rule: &'a AlertingRule, observation: &'a Observation) -> TemplateData<'a> {
    TemplateData {
        labels: &observation.labels,
        value: observation.value,
        external: &rule.external,
    }
}
