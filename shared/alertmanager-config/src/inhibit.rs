use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use series::Labels;

use crate::matcher::{Matcher, all_accept};
use crate::route::{read_match, read_match_re, read_matchers};
use crate::value::{Empty, Value};

/// While an alert matches the source, those that match the target and have the same `equal` labels are mute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InhibitRule {
    /// Since Alertmanager 0.29; says what it is for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The old way.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub source_match: BTreeMap<String, String>,
    /// The old way.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub source_match_re: BTreeMap<String, String>,
    /// Conditions on the alert that mutes, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_matchers: Vec<Matcher>,
    /// The old way.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub target_match: BTreeMap<String, String>,
    /// The old way.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub target_match_re: BTreeMap<String, String>,
    /// Conditions on the alert that is muted, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub target_matchers: Vec<Matcher>,
    /// What both must have alike; a label that both lack is alike.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub equal: BTreeSet<String>,
    #[serde(skip)]
    source: Vec<Matcher>,
    #[serde(skip)]
    target: Vec<Matcher>,
}

impl InhibitRule {
    /// Whether an alert with these labels mutes others.
    #[must_use]
    pub fn is_source(&self, labels: &Labels) -> bool {
        all_accept(&self.source, labels)
    }

    /// Whether an alert with these labels can be muted.
    #[must_use]
    pub fn is_target(&self, labels: &Labels) -> bool {
        all_accept(&self.target, labels)
    }

    /// Those labels by which a source and its targets are alike.
    #[must_use]
    pub fn equal_labels(&self, labels: &Labels) -> Labels {
        labels.filtered(|name| self.equal.contains(name))
    }
}

pub(crate) fn read(value: Value<'_>) -> Option<InhibitRule> {
    let mut fields = value.fields()?;
    let (source_match, mut source) = read_match(&mut fields, "source_match");
    let (source_match_re, more) = read_match_re(&mut fields, "source_match_re");
    let source_matchers = read_matchers(&mut fields, "source_matchers");
    source.extend(more.into_iter().chain(source_matchers.iter().cloned()));
    let (target_match, mut target) = read_match(&mut fields, "target_match");
    let (target_match_re, more) = read_match_re(&mut fields, "target_match_re");
    let target_matchers = read_matchers(&mut fields, "target_matchers");
    target.extend(more.into_iter().chain(target_matchers.iter().cloned()));
    let line = fields.line_of("equal");
    let equal: BTreeSet<String> = fields.texts("equal").into_iter().collect();
    for label in &equal {
        if !fields.reading.names.allows(label) {
            let message = format!("invalid label name {label:?} in equal list");
            fields.reading.refuse(line, &fields.path, message);
        }
    }
    let name = fields.text("name");
    fields.refuse_field("sources", Empty::List, "write one rule for each source");
    fields.finish();
    Some(InhibitRule {
        name,
        source_match,
        source_match_re,
        source_matchers,
        target_match,
        target_match_re,
        target_matchers,
        equal,
        source,
        target,
    })
}
