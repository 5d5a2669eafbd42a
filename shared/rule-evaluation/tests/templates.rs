//! What Prometheus makes of templates (recorded by `oracle/templates.py`) is what we make of them.

#![allow(clippy::unwrap_used, reason = "a test stops where its data are wrong")]

use std::collections::BTreeMap;

use rule_evaluation::{External, Template, TemplateData};
use serde::Deserialize;
use series::Labels;

#[derive(Deserialize)]
struct Recorded {
    labels: BTreeMap<String, String>,
    external_labels: BTreeMap<String, String>,
    external_url: String,
    refused: Vec<String>,
    /// Template, value, text, number of the case.
    cases: Vec<(String, String, String, u32)>,
}

fn recorded() -> Recorded {
    serde_json::from_str(include_str!("oracle/templates.json")).unwrap()
}

#[test]
fn every_recorded_template_expands_as_in_prometheus() {
    let recorded = recorded();
    assert!(recorded.cases.len() > 1_000, "{}", recorded.cases.len());
    let external = External {
        labels: recorded.external_labels,
        url: recorded.external_url,
    };
    let base = Labels::new(recorded.labels).unwrap().with("__name__", "m");
    let mut different = Vec::new();
    for (text, value, expected, case) in &recorded.cases {
        let data = TemplateData {
            labels: &base.with("case", &case.to_string()),
            value: value.parse().unwrap(),
            external: &external,
        };
        let got = Template::parse(text).map_or_else(
            |error| format!("<error expanding template: refused: {error}>"),
            |template| template.expand_or_explain(&data),
        );
        let both_fail = [&got, expected]
            .iter()
            .all(|text| text.starts_with("<error expanding template:"));
        if got != *expected && !both_fail {
            different.push(format!(
                "{text} of {value}\n   ours: {got}\n theirs: {expected}"
            ));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn what_prometheus_refuses_is_refused() {
    let recorded = recorded();
    assert!(recorded.refused.len() > 15);
    for text in recorded.refused {
        assert!(Template::parse(&text).is_err(), "{text}");
    }
}
