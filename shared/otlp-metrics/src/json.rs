//! An `ExportMetricsServiceRequest` in JSON: protobuf's JSON mapping with OTLP's deviations (OTLP
//! specification, "JSON Protobuf Encoding"). Names are lowerCamelCase only, enums are numbers only, unknown
//! names are stepped over, `null` is the default.
//!
//! Lists are kept as the text they are and gone through one element at a time, so that a body of empty
//! objects takes no more memory than one of full ones.

mod attributes;
mod number;
mod point;

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::Refusal;
use crate::model::{Kind, Metric, Temporality};
use crate::translation::Translation;
use number::{Flag, Number, Text};

/// Hands each data point of the body to `translation`.
pub(crate) fn read(body: &[u8], translation: &mut Translation<'_>) -> Result<(), Refusal> {
    let body: &RawValue = serde_json::from_slice(body).map_err(malformed)?;
    let request: Request<'_> = object(body)?;
    each(request.resource_metrics, &mut |resource| {
        resource_metrics(resource, translation)
    })
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Request<'b> {
    #[serde(borrow)]
    resource_metrics: Option<&'b RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ResourceMetrics<'b> {
    #[serde(borrow)]
    resource: Option<&'b RawValue>,
    #[serde(borrow)]
    scope_metrics: Option<&'b RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Resource<'b> {
    #[serde(borrow)]
    attributes: Option<&'b RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ScopeMetrics<'b> {
    #[serde(borrow)]
    scope: Option<&'b RawValue>,
    #[serde(borrow)]
    metrics: Option<&'b RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Scope<'b> {
    #[serde(borrow)]
    name: Text<'b>,
    #[serde(borrow)]
    version: Text<'b>,
    #[serde(borrow)]
    attributes: Option<&'b RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RawMetric<'b> {
    #[serde(borrow)]
    name: Text<'b>,
    #[serde(borrow)]
    description: Text<'b>,
    #[serde(borrow)]
    unit: Text<'b>,
    #[serde(borrow)]
    gauge: Option<&'b RawValue>,
    #[serde(borrow)]
    sum: Option<&'b RawValue>,
    #[serde(borrow)]
    histogram: Option<&'b RawValue>,
    #[serde(borrow)]
    exponential_histogram: Option<&'b RawValue>,
    #[serde(borrow)]
    summary: Option<&'b RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Data<'b> {
    #[serde(borrow)]
    data_points: Option<&'b RawValue>,
    aggregation_temporality: Option<i32>,
    is_monotonic: Flag,
}

fn resource_metrics(raw: &RawValue, translation: &mut Translation<'_>) -> Result<(), Refusal> {
    let message: ResourceMetrics<'_> = object(raw)?;
    let resource: Resource<'_> = optional(message.resource)?;
    let mut attributes = translation.no_resource_attributes();
    each(resource.attributes, &mut |raw| {
        attributes.push(attributes::attribute(raw, translation)?);
        Ok(())
    })?;
    translation.begin_resource(attributes);
    each(message.scope_metrics, &mut |raw| {
        scope_metrics(raw, translation)
    })?;
    translation.end_resource()
}

fn scope_metrics(raw: &RawValue, translation: &mut Translation<'_>) -> Result<(), Refusal> {
    let message: ScopeMetrics<'_> = object(raw)?;
    let scope: Scope<'_> = optional(message.scope)?;
    let mut attributes = translation.no_attributes();
    each(scope.attributes, &mut |raw| {
        attributes.push(attributes::attribute(raw, translation)?);
        Ok(())
    })?;
    translation.begin_scope(&scope.name.0, &scope.version.0, attributes);
    each(message.metrics, &mut |raw| metric(raw, translation))
}

fn metric(raw: &RawValue, translation: &mut Translation<'_>) -> Result<(), Refusal> {
    let message: RawMetric<'_> = object(raw)?;
    let kinds = [
        (Kind::Gauge, message.gauge),
        (
            Kind::Sum {
                is_monotonic: false,
            },
            message.sum,
        ),
        (Kind::Histogram, message.histogram),
        (Kind::ExponentialHistogram, message.exponential_histogram),
        (Kind::Summary, message.summary),
    ];
    let mut given = kinds.into_iter().filter_map(|(k, raw)| Some((k, raw?)));
    let Some((kind, raw)) = given.next() else {
        return Ok(());
    };
    if given.next().is_some() {
        let what = "a metric has one of gauge, sum, histogram, exponentialHistogram, summary";
        return Err(Refusal::MalformedJson(what.to_owned()));
    }
    let data: Data<'_> = object(raw)?;
    let (kind, temporality) = match kind {
        Kind::Gauge | Kind::Summary => (kind, Temporality::Cumulative),
        _ => {
            let number = data.aggregation_temporality.unwrap_or_default();
            let kind = match kind {
                Kind::Sum { .. } => Kind::Sum {
                    is_monotonic: data.is_monotonic.0,
                },
                other => other,
            };
            (kind, Temporality::of_number(i64::from(number)))
        }
    };
    translation.begin_metric(&Metric {
        name: message.name.0,
        description: message.description.0,
        unit: message.unit.0,
        kind,
        temporality,
    });
    each(data.data_points, &mut |raw| {
        let point = point::point(raw, kind, translation)?;
        translation.point(point)
    })
}

/// Reads an object; a derived reader alone would take a list for one.
fn object<'b, T: Deserialize<'b>>(raw: &'b RawValue) -> Result<T, Refusal> {
    let text = raw.get();
    if text.starts_with('{') {
        serde_json::from_str(text).map_err(malformed)
    } else {
        let start: String = text.chars().take(20).collect();
        Err(Refusal::MalformedJson(format!(
            "an object is expected where {start:?} stands"
        )))
    }
}

fn optional<'b, T: Deserialize<'b> + Default>(raw: Option<&'b RawValue>) -> Result<T, Refusal> {
    raw.map_or_else(|| Ok(T::default()), object)
}

/// Hands each element of a list to `apply`; an absent list is an empty one.
fn each<'b>(
    list: Option<&'b RawValue>,
    apply: &mut dyn FnMut(&'b RawValue) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let Some(list) = list else {
        return Ok(());
    };
    let mut refused = None;
    let elements = Elements {
        apply,
        refused: &mut refused,
    };
    let read = elements.deserialize(&mut serde_json::Deserializer::from_str(list.get()));
    match refused {
        Some(refusal) => Err(refusal),
        None => read.map_err(malformed),
    }
}

struct Elements<'a, 'b> {
    apply: &'a mut dyn FnMut(&'b RawValue) -> Result<(), Refusal>,
    refused: &'a mut Option<Refusal>,
}

impl<'b> DeserializeSeed<'b> for Elements<'_, 'b> {
    type Value = ();

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'b> Visitor<'b> for Elements<'_, 'b> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'b>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element::<&RawValue>()? {
            if let Err(refusal) = (self.apply)(element) {
                *self.refused = Some(refusal);
                while list.next_element::<IgnoredAny>()?.is_some() {}
                break;
            }
        }
        Ok(())
    }
}

/// All numbers of a list. There, protobuf's JSON mapping has no `null`, which a careless writer makes of
/// NaN and infinity.
fn numbers<'b, T: Number>(
    list: Option<&'b RawValue>,
    mut push: impl FnMut(T),
) -> Result<(), Refusal> {
    each(list, &mut |raw: &'b RawValue| {
        if raw.get() == "null" {
            let what = "null stands in a list of numbers";
            return Err(Refusal::MalformedJson(what.to_owned()));
        }
        push(T::read(raw)?);
        Ok(())
    })
}

fn malformed(error: serde_json::Error) -> Refusal {
    Refusal::MalformedJson(error.to_string())
}
