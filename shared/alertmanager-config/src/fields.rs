use std::collections::BTreeMap;

use prometheus_notation::yaml::{Key, Node};

use crate::problem::Reading;
use crate::value::{Empty, Value};
use crate::{Duration, Secret};

/// The entries of one mapping; each is taken once, what is left over is unknown.
pub(crate) struct Fields<'r> {
    pub line: usize,
    pub path: String,
    pub reading: &'r Reading,
    entries: Vec<(Key, Node)>,
}

impl<'r> Fields<'r> {
    pub const fn new(
        line: usize,
        path: String,
        reading: &'r Reading,
        entries: Vec<(Key, Node)>,
    ) -> Self {
        Self {
            line,
            path,
            reading,
            entries,
        }
    }

    pub fn refuse(&self, message: impl Into<String>) {
        self.reading.refuse(self.line, &self.path, message);
    }

    fn path_to(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// Where a field is written, the whole's line where it isn't.
    pub fn line_of(&self, name: &str) -> usize {
        let found = self.entries.iter().find(|(key, _)| key.text == name);
        found.map_or(self.line, |(key, _)| key.line)
    }

    pub fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|(key, _)| key.text == name)
    }

    pub fn take(&mut self, name: &str) -> Option<Value<'r>> {
        let at = self.entries.iter().position(|(key, _)| key.text == name)?;
        let (_, node) = self.entries.remove(at);
        Some(Value::new(node, self.path_to(name), self.reading))
    }

    /// As [`Self::take`], but null is as good as absent.
    pub fn take_some(&mut self, name: &str) -> Option<Value<'r>> {
        self.take(name).filter(|value| !value.is_null())
    }

    pub fn list(&mut self, name: &str) -> Vec<Value<'r>> {
        self.take(name).map(Value::list).unwrap_or_default()
    }

    /// The empty text where it is absent.
    pub fn text(&mut self, name: &str) -> String {
        self.text_or(name, "")
    }

    /// A field that Alertmanager fills where it is absent, but not where it is empty.
    pub fn text_or(&mut self, name: &str, default: &str) -> String {
        match self.take(name) {
            None => default.to_owned(),
            Some(value) => value.text().unwrap_or_default(),
        }
    }

    pub fn texts(&mut self, name: &str) -> Vec<String> {
        let items = self.list(name).into_iter();
        items.filter_map(Value::text).collect()
    }

    pub fn text_map(&mut self, name: &str) -> BTreeMap<String, String> {
        self.take(name).map(Value::text_map).unwrap_or_default()
    }

    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.take(name) {
            None => default,
            Some(value) => value.flag().unwrap_or_default(),
        }
    }

    pub fn duration(&mut self, name: &str) -> Option<Duration> {
        self.take_some(name).and_then(Value::duration)
    }

    pub fn url(&mut self, name: &str) -> Option<String> {
        self.take_some(name).and_then(Value::url)
    }

    /// `None` where it is absent or empty.
    pub fn secret(&mut self, name: &str) -> Option<Secret> {
        let text = self.text(name);
        (!text.is_empty()).then(|| Secret::new(text))
    }

    pub fn count(&mut self, name: &str) -> u64 {
        let count = self.take(name).and_then(Value::count);
        count.unwrap_or_default()
    }

    pub fn secret_url(&mut self, name: &str) -> Option<Secret> {
        self.take_some(name).and_then(Value::secret_url)
    }

    /// Refuses a field that Alertmanager knows and we can't follow, unless it says nothing. Whether it did.
    pub fn refuse_field(&mut self, name: &str, empty: Empty, reason: &str) -> bool {
        let said = self.take(name).filter(|value| !value.is_empty(empty));
        if let Some(value) = &said {
            value.refuse(format!("`{name}` is not supported: {reason}"));
        }
        said.is_some()
    }

    /// Refuses the name of a file, and says what to give instead.
    pub fn refuse_file(&mut self, name: &str, instead: &str) -> bool {
        let reason = format!("files can't be read here; give the value itself as `{instead}`");
        self.refuse_field(name, Empty::Text, &reason)
    }

    /// Everything that is left is unknown.
    pub fn finish(self) {
        for (key, _) in &self.entries {
            let place = if self.path.is_empty() {
                "at the top".to_owned()
            } else {
                format!("in `{}`", self.path)
            };
            let message = format!("field `{}` is unknown {place}; remove it", key.text);
            self.reading
                .refuse(key.line, &self.path_to(&key.text), message);
        }
    }
}
