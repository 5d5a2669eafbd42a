use std::collections::BTreeMap;

use super::Problems;
use prometheus_notation::parse_duration_ms;
use prometheus_notation::yaml::{Key, Kind, Node};

/// The entries of one mapping; each is taken once, what is left over is unknown.
pub struct Fields {
    pub line: usize,
    entries: Vec<(Key, Node)>,
}

/// A text and where it stands.
pub struct Text {
    /// Where its first line of text is.
    pub line: usize,
    pub text: String,
}

impl Fields {
    pub fn of(node: Node, what: &str, problems: &mut Problems) -> Option<Self> {
        let line = node.line;
        if let Kind::Mapping(entries) = node.kind {
            return Some(Self { line, entries });
        }
        problems.add(
            line,
            format!("{what} must be a mapping, not {}", node.noun()),
        );
        None
    }

    fn take(&mut self, name: &str) -> Option<Node> {
        let at = self.entries.iter().position(|(key, _)| key.text == name)?;
        Some(self.entries.remove(at).1)
    }

    pub fn take_list(&mut self, name: &str, problems: &mut Problems) -> Vec<Node> {
        match self.take(name) {
            None => Vec::new(),
            Some(node) => match node.kind {
                Kind::Null => Vec::new(),
                Kind::Sequence(items) => items,
                Kind::Scalar { .. } | Kind::Mapping(_) => {
                    problems.add(
                        node.line,
                        format!("`{name}` must be a list, not {}", node.noun()),
                    );
                    Vec::new()
                }
            },
        }
    }

    /// A text that is neither absent nor empty.
    pub fn take_text(&mut self, name: &str, problems: &mut Problems) -> Option<Text> {
        let node = self.take(name)?;
        text_of(node, &format!("`{name}`"), problems).filter(|text| !text.text.is_empty())
    }

    pub fn take_duration_ms(&mut self, name: &str, problems: &mut Problems) -> Option<u64> {
        let node = self.take(name)?;
        if matches!(node.kind, Kind::Null) {
            return None;
        }
        let text = text_of(node, &format!("`{name}`"), problems)?;
        match parse_duration_ms(&text.text) {
            Ok(ms) => Some(ms),
            Err(reason) => {
                problems.add(text.line, format!("`{name}`: {reason}"));
                None
            }
        }
    }

    pub fn take_limit(&mut self, name: &str, problems: &mut Problems) -> usize {
        let Some(node) = self.take(name) else {
            return 0;
        };
        let limit = match &node.kind {
            Kind::Null => Some(0),
            Kind::Scalar {
                text,
                quoted: false,
            } => text.parse::<i64>().ok(),
            _ => None,
        };
        if limit.is_none() {
            problems.add(node.line, format!("`{name}` must be a whole number"));
        }
        // Prometheus takes a negative limit for none.
        usize::try_from(limit.unwrap_or(0)).unwrap_or(0)
    }

    /// Names and texts, such as labels; an absent value is an empty text.
    pub fn take_texts(&mut self, name: &str, problems: &mut Problems) -> BTreeMap<String, Text> {
        let Some(node) = self.take(name) else {
            return BTreeMap::new();
        };
        let Kind::Mapping(entries) = node.kind else {
            if !matches!(node.kind, Kind::Null) {
                problems.add(
                    node.line,
                    format!("`{name}` must be a mapping, not {}", node.noun()),
                );
            }
            return BTreeMap::new();
        };
        let mut texts = BTreeMap::new();
        for (key, value) in entries {
            let what = format!("{:?} in `{name}`", key.text);
            if let Some(text) = text_of(value, &what, problems) {
                texts.insert(key.text, text);
            }
        }
        texts
    }

    /// Unknown fields are refused, as Prometheus does, because they are mostly misspelt.
    pub fn refuse_rest(self, place: &str, problems: &mut Problems) {
        for (key, _) in self.entries {
            problems.add(key.line, format!("field `{}` is unknown {place}", key.text));
        }
    }
}

fn text_of(node: Node, what: &str, problems: &mut Problems) -> Option<Text> {
    let noun = node.noun();
    match node.kind {
        Kind::Null => Some(Text {
            line: node.line,
            text: String::new(),
        }),
        Kind::Scalar { text, .. } => Some(Text {
            line: node.line,
            text,
        }),
        Kind::Sequence(_) | Kind::Mapping(_) => {
            problems.add(node.line, format!("{what} must be a text, not {noun}"));
            None
        }
    }
}
