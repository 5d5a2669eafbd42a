use std::fmt;

use serde_json::Value;

/// One request to both; `{0}` is the first id that each gave, `{1}` the second.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: &'static str,
    pub media_type: &'static str,
    /// How much time must pass before.
    pub waits_ms: u64,
    /// Statuses that differ on purpose: theirs and ours.
    pub deviation: Option<(u16, u16)>,
    pub path: String,
    pub body: String,
}

impl Asked {
    pub fn new(method: &'static str, path: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            method,
            media_type: "application/json",
            waits_ms: 0,
            deviation: None,
            path: path.into(),
            body: body.into(),
        }
    }

    /// They hang up, or say something that we say otherwise on purpose.
    pub fn deviating(mut self, theirs: u16, ours: u16) -> Self {
        self.deviation = Some((theirs, ours));
        self
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (method, path, media_type) = (self.method, &self.path, self.media_type);
        let body: String = self.body.chars().take(300).collect();
        write!(f, "{method} {path} {media_type} {body}")
    }
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// What is no JSON is a text.
    pub fn new(status: u16, text: &str) -> Self {
        let body = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        Self { status, body }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.body)
    }
}
