use super::attributes::attribute;
use crate::Refusal;
use crate::model::{Bounded, Buckets, Exponential, Histogram, Kind, Point, Summary, Value};
use crate::translation::Translation;
use crate::wire::{Content, Field, Message};

/// Where each kind of data point has what all have.
struct Numbers {
    attributes: u32,
    exemplars: u32,
    flags: u32,
}

impl Numbers {
    fn of(kind: Kind) -> Self {
        let (attributes, exemplars, flags) = match kind {
            Kind::Gauge | Kind::Sum { .. } => (7, 5, 8),
            Kind::Histogram => (9, 8, 10),
            Kind::ExponentialHistogram => (1, 11, 10),
            // A summary has no exemplars: 0 is no field's number.
            Kind::Summary => (7, 0, 8),
        };
        Self {
            attributes,
            exemplars,
            flags,
        }
    }
}

/// Time is field 3 of every kind.
const TIME: u32 = 3;

pub(super) fn point<'b>(
    mut message: Message<'b>,
    kind: Kind,
    translation: &Translation<'_>,
) -> Result<Point<'b>, Refusal> {
    let numbers = Numbers::of(kind);
    let mut point = Point {
        attributes: translation.no_attributes(),
        time_ns: 0,
        flags: 0,
        exemplars: 0,
        value: Value::empty(kind, translation.most_buckets()),
    };
    while let Some(field) = message.next()? {
        let number = field.number;
        if number == numbers.attributes {
            let attribute = attribute(field.message()?, translation)?;
            point.attributes.push(attribute);
        } else if number == TIME {
            point.time_ns = field.fixed64()?;
        } else if number == numbers.flags {
            point.flags = field.varint()? as u32;
        } else if number == numbers.exemplars {
            point.exemplars += 1;
        } else {
            match &mut point.value {
                Value::Number(value) => number_field(&field, value)?,
                Value::Histogram(histogram) => histogram_field(&field, histogram)?,
                Value::Exponential(histogram) => exponential_field(&field, histogram)?,
                Value::Summary(summary) => summary_field(&field, summary)?,
            }
        }
    }
    Ok(point)
}

fn number_field(field: &Field<'_>, value: &mut Option<f64>) -> Result<(), Refusal> {
    match field.number {
        4 => *value = Some(field.double()?),
        6 => *value = Some(field.fixed64()?.cast_signed() as f64),
        _ => {}
    }
    Ok(())
}

fn histogram_field(field: &Field<'_>, histogram: &mut Histogram) -> Result<(), Refusal> {
    match field.number {
        4 => histogram.count = field.fixed64()?,
        5 => histogram.sum = Some(field.double()?),
        6 => numbers_of_8_bytes(field, |bits| histogram.counts.push(bits))?,
        7 => numbers_of_8_bytes(field, |bits| histogram.bounds.push(f64::from_bits(bits)))?,
        _ => {}
    }
    Ok(())
}

fn exponential_field(field: &Field<'_>, histogram: &mut Exponential) -> Result<(), Refusal> {
    match field.number {
        4 => histogram.count = field.fixed64()?,
        5 => histogram.sum = Some(field.double()?),
        6 => histogram.scale = field.signed()?,
        7 => histogram.zero_count = field.fixed64()?,
        8 => buckets(field.message()?, &mut histogram.positive)?,
        9 => buckets(field.message()?, &mut histogram.negative)?,
        14 => histogram.zero_threshold = field.double()?,
        _ => {}
    }
    Ok(())
}

fn buckets(mut message: Message<'_>, buckets: &mut Buckets) -> Result<(), Refusal> {
    while let Some(field) = message.next()? {
        match field.number {
            1 => buckets.offset = field.signed()?,
            2 => varints(&field, &mut buckets.counts)?,
            _ => {}
        }
    }
    Ok(())
}

fn summary_field(field: &Field<'_>, summary: &mut Summary) -> Result<(), Refusal> {
    match field.number {
        4 => summary.count = field.fixed64()?,
        5 => summary.sum = field.double()?,
        6 => {
            let mut message = field.message()?;
            let mut pair = (0.0, 0.0);
            while let Some(field) = message.next()? {
                match field.number {
                    1 => pair.0 = field.double()?,
                    2 => pair.1 = field.double()?,
                    _ => {}
                }
            }
            summary.quantiles.push(pair);
        }
        _ => {}
    }
    Ok(())
}

/// A list of numbers may be packed into one field or come as one field each.
fn numbers_of_8_bytes(field: &Field<'_>, mut push: impl FnMut(u64)) -> Result<(), Refusal> {
    match field.content {
        Content::Bytes(mut packed) => {
            while !packed.is_done() {
                push(packed.fixed64()?);
            }
        }
        _ => push(field.fixed64()?),
    }
    Ok(())
}

fn varints(field: &Field<'_>, numbers: &mut Bounded<u64>) -> Result<(), Refusal> {
    match field.content {
        Content::Bytes(mut packed) => {
            while !packed.is_done() {
                numbers.push(packed.varint()?);
            }
        }
        _ => numbers.push(field.varint()?),
    }
    Ok(())
}
