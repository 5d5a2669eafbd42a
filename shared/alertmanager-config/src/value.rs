use std::collections::BTreeMap;

use prometheus_notation::yaml::{Kind, Node};

use crate::fields::Fields;
use crate::problem::Reading;
use crate::{Duration, Secret, address};

/// One value of the document, and the way to it. Where it is not what is asked for, a problem is noted and
/// something empty stands in.
pub(crate) struct Value<'r> {
    pub line: usize,
    pub path: String,
    pub reading: &'r Reading,
    node: Node,
}

/// What says nothing beside null: the empty text, `false`, the empty list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Empty {
    Null,
    Text,
    Flag,
    List,
}

impl<'r> Value<'r> {
    pub fn new(node: Node, path: String, reading: &'r Reading) -> Self {
        Self {
            line: node.line,
            path,
            reading,
            node,
        }
    }

    pub fn refuse(&self, message: impl Into<String>) {
        self.reading.refuse(self.line, &self.path, message);
    }

    pub const fn is_null(&self) -> bool {
        matches!(self.node.kind, Kind::Null)
    }

    /// Whether it says nothing, as a field of that kind.
    pub fn is_empty(&self, empty: Empty) -> bool {
        match &self.node.kind {
            Kind::Null => true,
            Kind::Scalar { text, quoted } => match empty {
                Empty::Text => text.is_empty(),
                Empty::Flag => !quoted && truth(text) == Some(false),
                Empty::Null | Empty::List => false,
            },
            Kind::Sequence(items) => empty == Empty::List && items.is_empty(),
            Kind::Mapping(_) => false,
        }
    }

    /// The bytes of all texts in it.
    pub fn text_bytes(&self) -> usize {
        text_bytes(&self.node)
    }

    fn refuse_kind(&self, wanted: &str) {
        self.refuse(format!("must be {wanted}, not {}", self.node.noun()));
    }

    pub fn fields(self) -> Option<Fields<'r>> {
        if matches!(self.node.kind, Kind::Mapping(_)) {
            let Kind::Mapping(entries) = self.node.kind else {
                return None;
            };
            return Some(Fields::new(self.line, self.path, self.reading, entries));
        }
        self.refuse_kind("a mapping");
        None
    }

    /// Its items; none where it is null.
    pub fn list(self) -> Vec<Self> {
        let (path, reading) = (self.path.clone(), self.reading);
        match self.node.kind {
            Kind::Null => Vec::new(),
            Kind::Sequence(items) => items
                .into_iter()
                .enumerate()
                .map(|(at, node)| Self::new(node, format!("{path}[{at}]"), reading))
                .collect(),
            Kind::Scalar { .. } | Kind::Mapping(_) => {
                self.refuse_kind("a list");
                Vec::new()
            }
        }
    }

    /// Any scalar as it is written; null is the empty text.
    pub fn text(self) -> Option<String> {
        match self.node.kind {
            Kind::Null => Some(String::new()),
            Kind::Scalar { text, .. } => Some(text),
            Kind::Sequence(_) | Kind::Mapping(_) => {
                self.refuse_kind("a text");
                None
            }
        }
    }

    /// A mapping from texts to texts, in the order of the document, each value with its place.
    pub fn texts(self) -> Vec<(String, Value<'r>)> {
        let (path, reading) = (self.path.clone(), self.reading);
        match self.node.kind {
            Kind::Null => Vec::new(),
            Kind::Mapping(entries) => entries
                .into_iter()
                .map(|(key, node)| {
                    let value = Self::new(node, format!("{path}.{}", key.text), reading);
                    (key.text, value)
                })
                .collect(),
            Kind::Scalar { .. } | Kind::Sequence(_) => {
                self.refuse_kind("a mapping");
                Vec::new()
            }
        }
    }

    pub fn text_map(self) -> BTreeMap<String, String> {
        let entries = self.texts().into_iter();
        entries
            .filter_map(|(key, value)| Some((key, value.text()?)))
            .collect()
    }

    pub fn flag(self) -> Option<bool> {
        match &self.node.kind {
            Kind::Null => Some(false),
            Kind::Scalar {
                text,
                quoted: false,
            } if truth(text).is_some() => truth(text),
            _ => {
                self.refuse("must be true or false");
                None
            }
        }
    }

    pub fn count(self) -> Option<u64> {
        match &self.node.kind {
            Kind::Null => Some(0),
            Kind::Scalar {
                text,
                quoted: false,
            } if text.parse::<u64>().is_ok() => text.parse().ok(),
            _ => {
                self.refuse("must be a whole number, 0 or more");
                None
            }
        }
    }

    pub fn duration(self) -> Option<Duration> {
        let (line, path, reading) = (self.line, self.path.clone(), self.reading);
        match self.text()?.parse() {
            Ok(duration) => Some(duration),
            Err(reason) => {
                reading.refuse(
                    line,
                    &path,
                    format!("{reason}; write it as 30s, 5m or 1h30m"),
                );
                None
            }
        }
    }

    /// An address of HTTP, which is no secret.
    pub fn url(self) -> Option<String> {
        let (line, path, reading) = (self.line, self.path.clone(), self.reading);
        let text = self.text()?;
        match address::check_url(&text) {
            Ok(()) => Some(text),
            Err(reason) => {
                reading.refuse(line, &path, reason);
                None
            }
        }
    }

    /// An address of HTTP with a secret in it, or the word that stands for one that was taken out.
    pub fn secret_url(self) -> Option<Secret> {
        let (line, path, reading) = (self.line, self.path.clone(), self.reading);
        let secret = Secret::new(self.text()?);
        if !secret.is_hidden()
            && let Err(reason) = address::check_url(secret.reveal())
        {
            reading.refuse(line, &path, reason);
            return None;
        }
        Some(secret)
    }
}

/// By a walk that the depth of a document bounds.
fn text_bytes(node: &Node) -> usize {
    match &node.kind {
        Kind::Null => 0,
        Kind::Scalar { text, .. } => text.len(),
        Kind::Sequence(items) => items.iter().map(text_bytes).sum(),
        Kind::Mapping(entries) => entries.iter().map(|(_, value)| text_bytes(value)).sum(),
    }
}

/// The words of YAML 1.1, as Alertmanager's library takes them.
fn truth(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Some(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Some(false)
        }
        _ => None,
    }
}
