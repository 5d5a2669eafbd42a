//! A resource's place in the labels: `job`, `instance`, and the series `target_info`.
//!
//! Sources: specification, "Resource Attributes"; `addResourceTargetInfo` in Prometheus.

use std::borrow::Cow;

use intake::{Label, LabelSet, Limits, Texts};
use series::Sample;

use crate::model::{Attribute, Attributes, Bounded};
use crate::translation::{Translation, readable};
use crate::{Reason, Refusal, attribute_labels};

const NAMESPACE: &str = "service.namespace";
const NAME: &str = "service.name";
const INSTANCE: &str = "service.instance.id";
/// What names a host. An instance is a process, whose end is no host's end.
const HOST: [&str; 2] = ["host.name", "host.id"];
const TARGET_INFO: &str = "target_info";

/// Half of PromQL's look-back, so that `target_info` is found wherever a sample of its resource is.
const TARGET_INFO_EVERY_MS: i64 = 150_000;

/// More attributes than any series may have labels, so that those that identify are found among many.
const MOST_ATTRIBUTES: usize = 1024;

/// What the body said about the resource at hand, and the times of its data points that were taken.
#[derive(Debug, Default)]
pub(crate) struct Resource {
    job: String,
    instance: String,
    host: String,
    promoted: Vec<(String, String)>,
    info: Vec<(String, String)>,
    is_cut: bool,
    times: Option<(i64, i64)>,
}

impl Resource {
    /// A data point of this time was taken.
    pub(crate) fn covers(&mut self, time_ms: i64) {
        let (first, last) = self.times.unwrap_or((time_ms, time_ms));
        self.times = Some((first.min(time_ms), last.max(time_ms)));
    }

    /// Sets what of the resource is a label of each series.
    pub(crate) fn promote(
        &self,
        labels: &mut LabelSet,
        texts: &mut Texts,
        limits: &Limits,
    ) -> Result<(), Reason> {
        for (key, value) in &self.promoted {
            if value.len() > limits.label_value_bytes {
                return Err(Reason::LabelValueTooLong);
            }
            let label = Label {
                name: texts.label_name(key),
                value: texts.keep(value),
            };
            labels.put(label, texts);
        }
        Ok(())
    }

    /// Sets `job` and `instance` where the resource says them.
    pub(crate) fn identify(
        &self,
        labels: &mut LabelSet,
        texts: &mut Texts,
        limits: &Limits,
    ) -> Result<(), Reason> {
        for (name, value) in [("job", &self.job), ("instance", &self.instance)] {
            if value.len() > limits.label_value_bytes {
                return Err(Reason::LabelValueTooLong);
            }
            if !value.is_empty() {
                labels.set(name, value, texts);
            }
        }
        Ok(())
    }
}

impl Translation<'_> {
    pub(crate) fn no_resource_attributes<'b>(&self) -> Attributes<'b> {
        Bounded::new(MOST_ATTRIBUTES)
    }

    pub(crate) fn begin_resource(&mut self, attributes: Attributes<'_>) {
        let value = |key: &str| {
            let found = attributes.items.iter().find(|a| a.key == key);
            found.map_or("", |attribute| &attribute.value)
        };
        let job = match (value(NAMESPACE), value(NAME)) {
            (_, "") => String::new(),
            ("", name) => name.to_owned(),
            (namespace, name) => format!("{namespace}/{name}"),
        };
        let first_of = |keys: &[&str]| {
            let mut values = keys.iter().map(|key| value(key));
            values.find(|value| !value.is_empty()).unwrap_or_default()
        };
        let host = first_of(&HOST).to_owned();
        // Prometheus stops at the first; a host that names no service is still somebody here.
        let instance = first_of(&[INSTANCE, HOST[0], HOST[1]]).to_owned();
        let is_info = |a: &&Attribute<'_>| ![NAMESPACE, NAME, INSTANCE].contains(&a.key.as_ref());
        let info = attributes.items.iter().filter(is_info);
        let promoted = self.conventions.promoted.iter();
        let promoted = promoted.map(|key| ((*key).to_owned(), value(key).to_owned()));
        let promoted = promoted.filter(|(_, value)| !value.is_empty()).collect();
        self.resource = Resource {
            promoted,
            job,
            instance,
            host,
            info: info
                .map(|a| (a.key.to_string(), a.value.to_string()))
                .collect(),
            is_cut: attributes.is_cut,
            times: None,
        };
    }

    /// Adds `target_info` for the time that the resource's data points cover.
    pub(crate) fn end_resource(&mut self) -> Result<(), Refusal> {
        let resource = std::mem::take(&mut self.resource);
        let Some((first_ms, last_ms)) = resource.times else {
            return Ok(());
        };
        if !resource.host.is_empty() {
            self.hosts.insert(resource.host.clone());
        }
        let is_nobody = resource.job.is_empty() && resource.instance.is_empty();
        if resource.info.is_empty() || is_nobody {
            return Ok(());
        }
        let labels = match self.target_info(&resource) {
            Ok(labels) if self.admits_target_info(&labels) => labels,
            Ok(_) => {
                let attributes = attributes_of(&resource);
                let example = || readable(TARGET_INFO, &attributes);
                self.rejected.count(Reason::ActiveSeriesQuota, 0, example);
                return Ok(());
            }
            Err(reason) => {
                let attributes = attributes_of(&resource);
                let example = || readable(TARGET_INFO, &attributes);
                self.rejected.count(reason, 0, example);
                return Ok(());
            }
        };
        let mut time_ms = first_ms;
        loop {
            let sample = Sample {
                time_ms,
                value: 1.0,
            };
            let labels = labels.labels();
            self.series
                .add(TARGET_INFO, labels, None, sample, self.limits)?;
            if time_ms >= last_ms {
                return Ok(());
            }
            time_ms = last_ms.min(time_ms.saturating_add(TARGET_INFO_EVERY_MS));
        }
    }

    fn admits_target_info(&mut self, labels: &LabelSet) -> bool {
        let Some(admission) = &self.limits.admission else {
            return true;
        };
        let id = self.series.identify(TARGET_INFO, labels.labels(), None);
        admission.admits_all(&[id])
    }

    fn target_info(&mut self, resource: &Resource) -> Result<LabelSet, Reason> {
        let mut labels = LabelSet::default();
        let texts = &mut self.series.texts;
        let mut attributes = attributes_of(resource);
        attribute_labels::add(&mut labels, &mut attributes, "", texts, self.limits)?;
        resource.identify(&mut labels, texts, self.limits)?;
        if labels.len() + 1 > self.limits.labels_per_series {
            return Err(Reason::TooManyLabels);
        }
        Ok(labels)
    }
}

fn attributes_of(resource: &Resource) -> Attributes<'_> {
    let mut attributes = Bounded::new(MOST_ATTRIBUTES);
    for (key, value) in &resource.info {
        attributes.push(Attribute {
            key: Cow::Borrowed(key),
            value: Cow::Borrowed(value),
        });
    }
    attributes.is_cut |= resource.is_cut;
    attributes
}
