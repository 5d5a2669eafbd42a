use crate::model::Attributes;
use crate::series_set::{Label, Texts};
use crate::{Limits, Reason};

/// Labels by name, each name once.
#[derive(Debug, Default)]
pub(crate) struct LabelSet(Vec<Label>);

impl LabelSet {
    pub(crate) fn labels(&self) -> &[Label] {
        &self.0
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Sets a label, whatever it was before.
    pub(crate) fn set(&mut self, name: &str, value: &str, texts: &mut Texts) {
        let (name, value) = (texts.keep(name), texts.keep(value));
        self.put(Label { name, value }, texts);
    }

    pub(crate) fn set_all(&mut self, others: &Self, texts: &Texts) {
        for label in &others.0 {
            self.put(*label, texts);
        }
    }

    fn put(&mut self, label: Label, texts: &Texts) {
        match self
            .0
            .iter_mut()
            .find(|l| texts.is_same(l.name, label.name))
        {
            Some(known) => known.value = label.value,
            None => self.0.push(label),
        }
    }

    /// Adds attributes under `prefix`. Where several keys become one name, their values are joined with
    /// `;` in the order of the keys (specification, "Metric Attributes").
    pub(crate) fn add_attributes(
        &mut self,
        attributes: &mut Attributes<'_>,
        prefix: &str,
        texts: &mut Texts,
        limits: &Limits,
    ) -> Result<(), Reason> {
        if attributes.is_cut {
            return Err(Reason::TooManyLabels);
        }
        attributes.items.sort_by(|a, b| a.key.cmp(&b.key));
        for attribute in &attributes.items {
            if attribute.key.is_empty() {
                return Err(Reason::EmptyLabelName);
            }
            let name = if prefix.is_empty() {
                texts.label_name(&attribute.key)
            } else {
                texts.label_name(&format!("{prefix}{}", attribute.key))
            };
            if texts.of(name).len() > limits.label_name_bytes {
                return Err(Reason::LabelNameTooLong);
            }
            let mut labels = self.0.iter_mut();
            let known = labels.find(|l| texts.is_same(l.name, name));
            let length = match &known {
                Some(known) => texts.of(known.value).len() + 1 + attribute.value.len(),
                None => attribute.value.len(),
            };
            if length > limits.label_value_bytes {
                return Err(Reason::LabelValueTooLong);
            }
            match known {
                Some(known) => {
                    let joined = format!("{};{}", texts.of(known.value), attribute.value);
                    known.value = texts.keep(&joined);
                }
                None => {
                    let value = texts.keep(&attribute.value);
                    self.0.push(Label { name, value });
                }
            }
        }
        Ok(())
    }
}
