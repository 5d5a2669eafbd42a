use crate::{Label, Limits, Span, Texts};

/// Why a label can't be one of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelIssue {
    /// No name.
    EmptyName,
    /// A name longer than [`Limits::label_name_bytes`].
    NameTooLong,
    /// A value longer than [`Limits::label_value_bytes`].
    ValueTooLong,
    /// More than [`Limits::labels_per_series`], the metric's name included.
    TooMany,
}

/// Labels by name, each name once.
#[derive(Debug, Default)]
pub struct LabelSet(Vec<Label>);

impl LabelSet {
    /// The labels in the order they were set.
    #[must_use]
    pub fn labels(&self) -> &[Label] {
        &self.0
    }

    /// How many labels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Sets a label, whatever it was before.
    pub fn set(&mut self, name: &str, value: &str, texts: &mut Texts) {
        let (name, value) = (texts.keep(name), texts.keep(value));
        self.put(Label { name, value }, texts);
    }

    /// Sets all of `others`.
    pub fn set_all(&mut self, others: &Self, texts: &Texts) {
        for label in &others.0 {
            self.put(*label, texts);
        }
    }

    /// The value of the label whose name stands at `name`.
    #[must_use]
    pub fn value(&self, name: Span, texts: &Texts) -> Option<Span> {
        let mut labels = self.0.iter();
        let known = labels.find(|label| texts.is_same(label.name, name));
        known.map(|label| label.value)
    }

    /// Sets a label whose texts are kept already.
    pub fn put(&mut self, label: Label, texts: &Texts) {
        match self
            .0
            .iter_mut()
            .find(|l| texts.is_same(l.name, label.name))
        {
            Some(known) => known.value = label.value,
            None => self.0.push(label),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what a sender calls `key` as a label; of two keys that become one name the later one counts.
    pub fn add(
        &mut self,
        key: &str,
        value: &str,
        texts: &mut Texts,
        limits: &Limits,
    ) -> Result<(), LabelIssue> {
        if key.is_empty() {
            return Err(LabelIssue::EmptyName);
        }
        let name = texts.label_name(key);
        if texts.of(name).len() > limits.label_name_bytes {
            return Err(LabelIssue::NameTooLong);
        }
        if value.len() > limits.label_value_bytes {
            return Err(LabelIssue::ValueTooLong);
        }
        let value = texts.keep(value);
        self.put(Label { name, value }, texts);
        if self.len() + 1 > limits.labels_per_series {
            return Err(LabelIssue::TooMany);
        }
        Ok(())
    }
}
