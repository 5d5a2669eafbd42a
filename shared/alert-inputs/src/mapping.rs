use std::collections::BTreeMap;

use alert_routing::Said;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Unreadable, labels};

/// How an alert is taken from an event of any shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Its labels; `alertname` among them. They are its key: equal labels are the same alert.
    pub labels: BTreeMap<String, Template>,
    /// Its texts for people.
    #[serde(default)]
    pub annotations: BTreeMap<String, Template>,
    /// Where the event says whether it fires, as a JSON pointer; without it every event fires.
    #[serde(default)]
    pub status: Option<String>,
    /// What stands there when it ended; everything else fires.
    #[serde(default)]
    pub resolved: Vec<String>,
    /// Where the event says when that was, in RFC 3339; without it, when it arrives.
    #[serde(default)]
    pub time: Option<String>,
    /// Where the event has an address that shows it.
    #[serde(default)]
    pub link: Option<String>,
}

/// Text in which `{/a/b}` is what stands at the JSON pointer `/a/b` (RFC 6901); `{{` is a brace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Template(pub String);

impl Mapping {
    /// What an event says that arrived at `now`.
    pub fn read(&self, body: &[u8], now: Timestamp) -> Result<Said, Unreadable> {
        let event: Value =
            serde_json::from_slice(body).map_err(|error| Unreadable::Json(error.to_string()))?;
        let filled = |templates: &BTreeMap<String, Template>| {
            let pairs = templates.iter();
            let pairs = pairs.map(|(name, template)| (name.clone(), template.fill(&event)));
            pairs
                .filter(|(_, text)| !text.is_empty())
                .collect::<BTreeMap<_, _>>()
        };
        let labels = labels(filled(&self.labels));
        if labels.value("alertname").is_empty() {
            let template = self
                .labels
                .get("alertname")
                .map_or("", |one| one.0.as_str());
            return Err(Unreadable::Missing(format!(
                "the label alertname ({template:?} of the mapping)"
            )));
        }
        let time = self.time(&event)?;
        let has_ended = self.has_ended(&event);
        Ok(Said {
            labels,
            annotations: filled(&self.annotations),
            starts_at: time.filter(|_| !has_ended),
            ends_at: has_ended.then(|| time.unwrap_or(now)),
            generator_url: self
                .link
                .as_deref()
                .map(|at| text_at(&event, at))
                .unwrap_or_default(),
            value: String::new(),
        })
    }

    fn has_ended(&self, event: &Value) -> bool {
        let status = self.status.as_deref().map(|at| text_at(event, at));
        status.is_some_and(|status| {
            self.resolved
                .iter()
                .any(|one| one.eq_ignore_ascii_case(&status))
        })
    }

    fn time(&self, event: &Value) -> Result<Option<Timestamp>, Unreadable> {
        let Some(at) = &self.time else {
            return Ok(None);
        };
        let text = text_at(event, at);
        if text.is_empty() {
            return Ok(None);
        }
        let parsed = text.parse().map(Some);
        parsed.map_err(|_| Unreadable::Unknown {
            what: at.clone(),
            value: text,
            expected: "a time in RFC 3339 is expected".to_owned(),
        })
    }
}

impl Template {
    fn fill(&self, event: &Value) -> String {
        let mut out = String::new();
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            if let Some(brace) = after.strip_prefix('{') {
                out.push('{');
                rest = brace;
                continue;
            }
            let (pointer, after) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(&text_at(event, pointer));
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

/// A text, number or truth value as text; nothing for everything else.
fn text_at(event: &Value, pointer: &str) -> String {
    match event.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(truth)) => truth.to_string(),
        _ => String::new(),
    }
}
