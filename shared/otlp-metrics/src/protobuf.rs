//! An `ExportMetricsServiceRequest` in protobuf. Field numbers are those of opentelemetry-proto 1.x; fields
//! that nothing here asks for are stepped over, known or not.

mod attributes;
mod point;

use std::borrow::Cow;

use crate::Refusal;
use crate::model::{Kind, Metric, Temporality};
use crate::translation::Translation;
use crate::wire::{Field, Message};

/// Hands each data point of the body to `translation`.
pub(crate) fn read(body: &[u8], translation: &mut Translation<'_>) -> Result<(), Refusal> {
    each(Message::new(body), 1, |field| {
        resource_metrics(field.message()?, translation)
    })
}

/// All fields of one number. Fields may come in any order, so that a message is gone through once for
/// what stands above its list, and once for the list.
fn each<'b>(
    mut message: Message<'b>,
    number: u32,
    mut apply: impl FnMut(Field<'b>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    while let Some(field) = message.next()? {
        if field.number == number {
            apply(field)?;
        }
    }
    Ok(())
}

fn resource_metrics(
    message: Message<'_>,
    translation: &mut Translation<'_>,
) -> Result<(), Refusal> {
    let mut attributes = translation.no_resource_attributes();
    each(message, 1, |resource| {
        each(resource.message()?, 1, |attribute| {
            attributes.push(attributes::attribute(attribute.message()?, translation)?);
            Ok(())
        })
    })?;
    translation.begin_resource(attributes);
    each(message, 2, |scope| {
        scope_metrics(scope.message()?, translation)
    })?;
    translation.end_resource()
}

fn scope_metrics(message: Message<'_>, translation: &mut Translation<'_>) -> Result<(), Refusal> {
    let (mut name, mut version) = ("", "");
    let mut attributes = translation.no_attributes();
    each(message, 1, |scope| {
        let mut scope = scope.message()?;
        while let Some(field) = scope.next()? {
            match field.number {
                1 => name = field.text()?,
                2 => version = field.text()?,
                3 => attributes.push(attributes::attribute(field.message()?, translation)?),
                _ => {}
            }
        }
        Ok(())
    })?;
    translation.begin_scope(name, version, attributes);
    each(message, 2, |field| metric(field.message()?, translation))
}

fn metric<'b>(mut message: Message<'b>, translation: &mut Translation<'_>) -> Result<(), Refusal> {
    let (mut name, mut description, mut unit) = ("", "", "");
    // A message may come in several parts, which count as one; of several kinds the last one counts. A body can
    // have a part in two bytes, so that what is kept is where the first of them stands.
    let (mut number, mut data) = (0, message);
    let mut before = message;
    while let Some(field) = message.next()? {
        match field.number {
            1 => name = field.text()?,
            2 => description = field.text()?,
            3 => unit = field.text()?,
            kind @ (5 | 7 | 9 | 10 | 11) => {
                field.message()?;
                if number != kind {
                    (number, data) = (kind, before);
                }
            }
            _ => {}
        }
        before = message;
    }
    let (mut temporality, mut is_monotonic) = (0, false);
    each(data, number, |part| {
        let mut part = part.message()?;
        while let Some(field) = part.next()? {
            match field.number {
                2 if matches!(number, 7 | 9 | 10) => temporality = field.varint()?,
                3 if number == 7 => is_monotonic = field.varint()? != 0,
                _ => {}
            }
        }
        Ok(())
    })?;
    let temporality = Temporality::of_number(i64::try_from(temporality).unwrap_or_default());
    let (kind, temporality) = match number {
        5 => (Kind::Gauge, Temporality::Cumulative),
        7 => (Kind::Sum { is_monotonic }, temporality),
        9 => (Kind::Histogram, temporality),
        10 => (Kind::ExponentialHistogram, temporality),
        11 => (Kind::Summary, Temporality::Cumulative),
        _ => return Ok(()),
    };
    translation.begin_metric(&Metric {
        name: Cow::Borrowed(name),
        description: Cow::Borrowed(description),
        unit: Cow::Borrowed(unit),
        kind,
        temporality,
    });
    each(data, number, |part| {
        each(part.message()?, 1, |field| {
            let point = point::point(field.message()?, kind, translation)?;
            translation.point(point)
        })
    })
}
