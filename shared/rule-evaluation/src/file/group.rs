use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ids::RuleFileName;

use super::fields::{Fields, Text};
use super::{Problems, RuleGroup};
use crate::rule::MAX_ACTIVE_ALERTS;
use crate::{AlertingRule, Condition, Expression, RuleId, Template};
use prometheus_notation::yaml::Node;

/// Reads one group; `None` where it is no mapping or has no name.
pub fn read(file: &RuleFileName, node: Node, problems: &mut Problems) -> Option<RuleGroup> {
    let mut fields = Fields::of(node, "a group", problems)?;
    let line = fields.line;
    let name = fields.take_text("name", problems);
    if name.is_none() {
        problems.add(line, "a group must have a name");
    }
    let name = name.map(|name| name.text).unwrap_or_default();
    let interval_ms = fields.take_duration_ms("interval", problems);
    let limit = fields.take_limit("limit", problems);
    let nodes = fields.take_list("rules", problems);
    fields.refuse_rest("in a group", problems);

    let mut group = RuleGroup {
        name,
        interval_ms: interval_ms.filter(|ms| *ms > 0),
        limit,
        rules: Vec::new(),
    };
    let mut twins: HashMap<String, usize> = HashMap::new();
    for node in nodes {
        let rule = read_rule(file, &group, node, &mut twins, problems);
        problems.rule = None;
        group.rules.extend(rule);
    }
    (!group.name.is_empty()).then_some(group)
}

fn read_rule(
    file: &RuleFileName,
    group: &RuleGroup,
    node: Node,
    twins: &mut HashMap<String, usize>,
    problems: &mut Problems,
) -> Option<AlertingRule> {
    let mut fields = Fields::of(node, "a rule", problems)?;
    let line = fields.line;
    let name = fields.take_text("alert", problems);
    problems.rule = name.as_ref().map(|name| name.text.clone());
    if let Some(record) = fields.take_text("record", problems) {
        let message = if name.is_some() {
            "a rule has either `record` or `alert`, not both"
        } else {
            "recording rules (`record`) are not supported yet: only alerting rules (`alert`) are"
        };
        problems.rule.get_or_insert(record.text);
        problems.add(record.line, message);
    } else if name.is_none() {
        problems.add(line, "a rule must have `alert`, its name");
    }
    let expression = read_expression(&mut fields, problems);
    let for_ms = fields.take_duration_ms("for", problems).unwrap_or(0);
    let keep_firing_for_ms = fields
        .take_duration_ms("keep_firing_for", problems)
        .unwrap_or(0);
    let labels = templates("label", fields.take_texts("labels", problems), problems);
    let annotations = fields.take_texts("annotations", problems);
    let annotations = templates("annotation", annotations, problems);
    fields.refuse_rest("in an alerting rule", problems);

    let name = name?.text;
    let key = format!(
        "{name}\0{:?}",
        labels
            .iter()
            .map(|(n, t)| (n, t.text()))
            .collect::<Vec<_>>()
    );
    let twin = twins.entry(key).or_default();
    let id = RuleId::of_rule(file, &group.name, &name, &labels, *twin);
    *twin += 1;
    let max_active = match group.limit {
        0 => MAX_ACTIVE_ALERTS,
        limit => limit.min(MAX_ACTIVE_ALERTS),
    };
    Some(AlertingRule {
        id,
        file: Some(file.clone()),
        group: group.name.clone(),
        name,
        interval_ms: group.interval_ms,
        condition: Condition::Expression(expression?),
        for_ms,
        keep_firing_for_ms,
        labels,
        annotations,
        max_active,
        external: Arc::default(),
    })
}

fn read_expression(fields: &mut Fields, problems: &mut Problems) -> Option<Expression> {
    let line = fields.line;
    let Some(text) = fields.take_text("expr", problems) else {
        problems.add(line, "a rule must have `expr`, its expression");
        return None;
    };
    match Expression::parse(&text.text) {
        Ok(expression) => Some(expression),
        Err(error) => {
            problems.add(text.line + error.line_offset, format!("`expr`: {error}"));
            None
        }
    }
}

/// Prometheus takes any text as a label's value, but only some as its name.
fn templates(
    what: &str,
    texts: BTreeMap<String, Text>,
    problems: &mut Problems,
) -> BTreeMap<String, Template> {
    let mut parsed = BTreeMap::new();
    for (name, text) in texts {
        let reserved = what == "label" && name == series::METRIC_NAME;
        if reserved || !is_label_name(&name) {
            problems.add(text.line, format!("{name:?} is no valid {what} name"));
        }
        match Template::parse(&text.text) {
            Ok(template) => {
                parsed.insert(name, template);
            }
            Err(error) => {
                let message = format!("{what} {name:?}: {error}");
                problems.add(text.line + error.line_offset, message);
            }
        }
    }
    parsed
}

fn is_label_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
