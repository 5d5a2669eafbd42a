use intake::{Label, LabelSet, Limits, Texts};

use crate::Reason;
use crate::model::Attributes;

/// Adds attributes under `prefix`. Where several keys become one name, their values are joined with
/// `;` in the order of the keys (specification, "Metric Attributes").
pub(crate) fn add(
    set: &mut LabelSet,
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
        let known = set.value(name, texts);
        let joined = known.map(|known| format!("{};{}", texts.of(known), attribute.value));
        let value = joined.as_deref().unwrap_or(&attribute.value);
        if value.len() > limits.label_value_bytes {
            return Err(Reason::LabelValueTooLong);
        }
        let value = texts.keep(value);
        set.put(Label { name, value }, texts);
    }
    Ok(())
}
