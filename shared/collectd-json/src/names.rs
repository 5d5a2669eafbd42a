//! Names and labels as `write_prometheus` gives them (collectd 5.12, `metric_family_name` and
//! `METRIC_ADD_LABELS` in `src/write_prometheus.c`).

use intake::{LabelSet, Limits, PointIssue, Texts, push_metric_name};

use crate::value_list::{Source, ValueList};

pub(crate) fn metric_name(
    list: &ValueList<'_>,
    source: &Source<'_>,
    limits: &Limits,
) -> Result<String, PointIssue> {
    let plugin = (list.plugin != list.kind).then_some(list.plugin.as_ref());
    let data_source = (source.name != "value").then_some(source.name);
    let total = source.is_counter.then_some("total");
    let mut name = "collectd".to_owned();
    for part in [plugin, Some(&list.kind), data_source, total]
        .into_iter()
        .flatten()
    {
        name.push('_');
        push_metric_name(part, &mut name);
    }
    if name.len() > limits.label_value_bytes {
        return Err(PointIssue::LabelValueTooLong);
    }
    Ok(name)
}

pub(crate) fn labels(
    list: &ValueList<'_>,
    texts: &mut Texts,
    limits: &Limits,
) -> Result<LabelSet, PointIssue> {
    let mut labels = LabelSet::default();
    let type_label = if list.plugin_instance.is_empty() {
        &list.plugin
    } else {
        "type"
    };
    for (name, value) in [
        (list.plugin.as_ref(), &list.plugin_instance),
        (type_label, &list.type_instance),
        ("instance", &list.host),
    ] {
        if !value.is_empty() {
            labels.add(name, value, texts, limits)?;
        }
    }
    Ok(labels)
}
