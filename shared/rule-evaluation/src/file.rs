//! A Prometheus alerting-rule file: read in full, or refused with every reason at once.

mod fields;
mod group;

use std::collections::HashMap;

use ids::RuleFileName;
use serde::Serialize;

use crate::AlertingRule;
use fields::Fields;
use prometheus_notation::yaml::{self, Kind};

const MAX_BYTES: usize = 256 * 1024;

/// The rules that were put under one name.
#[derive(Debug, Clone)]
pub struct RuleFile {
    /// Under which it was put.
    pub name: RuleFileName,
    /// In the order of the file.
    pub groups: Vec<RuleGroup>,
}

/// Rules that are listed together.
#[derive(Debug, Clone)]
pub struct RuleGroup {
    /// Unique within its file.
    pub name: String,
    /// How often it asks to be evaluated, where it says so.
    pub interval_ms: Option<u64>,
    /// The most alerts each rule may have; 0 where it does not say.
    pub limit: usize,
    /// In the order of the file.
    pub rules: Vec<AlertingRule>,
}

/// One reason why a file was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct RuleError {
    /// Counted from 1.
    pub line: usize,
    /// The rule's name, where the reason lies within a rule that has one.
    pub rule: Option<String>,
    /// What is wrong and what to change.
    pub message: String,
}

/// The reasons found so far.
#[derive(Default)]
struct Problems {
    rule: Option<String>,
    found: Vec<RuleError>,
}

impl Problems {
    fn add(&mut self, line: usize, message: impl Into<String>) {
        self.found.push(RuleError {
            line,
            rule: self.rule.clone(),
            message: message.into(),
        });
    }
}

impl RuleFile {
    /// Reads a file, unchanged as Prometheus takes it. What Prometheus would refuse, and what can't be
    /// evaluated here, is refused, each with its line.
    pub fn parse(name: &RuleFileName, yaml: &str) -> Result<Self, Vec<RuleError>> {
        let mut problems = Problems::default();
        let groups = read_groups(name, yaml, &mut problems);
        if problems.found.is_empty() {
            Ok(Self {
                name: name.clone(),
                groups,
            })
        } else {
            problems.found.sort_by_key(|problem| problem.line);
            Err(problems.found)
        }
    }

    /// Every rule, in the order of the file.
    pub fn rules(&self) -> impl Iterator<Item = &AlertingRule> {
        self.groups.iter().flat_map(|group| &group.rules)
    }
}

fn read_groups(file: &RuleFileName, yaml: &str, problems: &mut Problems) -> Vec<RuleGroup> {
    if yaml.len() > MAX_BYTES {
        problems.add(1, format!("the file is longer than {MAX_BYTES} bytes"));
        return Vec::new();
    }
    let document = match yaml::parse(yaml) {
        Ok(document) => document,
        Err(error) => {
            problems.add(error.line, error.message);
            return Vec::new();
        }
    };
    let Some(document) = document.filter(|node| !matches!(node.kind, Kind::Null)) else {
        return Vec::new();
    };
    let Some(mut fields) = Fields::of(document, "the file", problems) else {
        return Vec::new();
    };
    let nodes = fields.take_list("groups", problems);
    fields.refuse_rest("in a rule file", problems);
    let mut first_lines: HashMap<String, usize> = HashMap::new();
    let mut groups = Vec::new();
    for node in nodes {
        let line = node.line;
        let Some(group) = group::read(file, node, problems) else {
            continue;
        };
        if let Some(first) = first_lines.get(&group.name) {
            let message = format!(
                "group {:?} is in this file already, in line {first}",
                group.name
            );
            problems.add(line, message);
        } else {
            first_lines.insert(group.name.clone(), line);
        }
        groups.push(group);
    }
    groups
}
