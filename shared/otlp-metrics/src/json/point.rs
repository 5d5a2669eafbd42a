use serde::Deserialize;
use serde_json::value::RawValue;

use super::attributes::attribute;
use super::number::Lenient;
use super::{each, malformed, numbers, object, optional};
use crate::Refusal;
use crate::model::{Buckets, Kind, Point, Value};
use crate::translation::Translation;

/// The fields of every kind of data point: their names never mean two things.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RawPoint<'b> {
    #[serde(borrow)]
    attributes: Option<&'b RawValue>,
    #[serde(borrow)]
    exemplars: Option<&'b RawValue>,
    time_unix_nano: Lenient<u64>,
    flags: Lenient<u32>,
    as_double: Option<Lenient<f64>>,
    as_int: Option<Lenient<i64>>,
    count: Lenient<u64>,
    sum: Option<Lenient<f64>>,
    #[serde(borrow)]
    bucket_counts: Option<&'b RawValue>,
    #[serde(borrow)]
    explicit_bounds: Option<&'b RawValue>,
    scale: Lenient<i32>,
    zero_count: Lenient<u64>,
    zero_threshold: Lenient<f64>,
    #[serde(borrow)]
    positive: Option<&'b RawValue>,
    #[serde(borrow)]
    negative: Option<&'b RawValue>,
    #[serde(borrow)]
    quantile_values: Option<&'b RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RawBuckets<'b> {
    offset: Lenient<i32>,
    #[serde(borrow)]
    bucket_counts: Option<&'b RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawQuantile {
    quantile: Lenient<f64>,
    value: Lenient<f64>,
}

pub(super) fn point<'b>(
    raw: &'b RawValue,
    kind: Kind,
    translation: &Translation<'_>,
) -> Result<Point<'b>, Refusal> {
    let point: RawPoint<'b> = object(raw)?;
    let mut attributes = translation.no_attributes();
    each(point.attributes, &mut |raw| {
        attributes.push(attribute(raw, translation)?);
        Ok(())
    })?;
    let mut exemplars = 0;
    each(point.exemplars, &mut |_| {
        exemplars += 1;
        Ok(())
    })?;
    Ok(Point {
        attributes,
        time_ns: point.time_unix_nano.0,
        flags: point.flags.0,
        exemplars,
        value: value(&point, kind, translation.most_buckets())?,
    })
}

fn value(point: &RawPoint<'_>, kind: Kind, limit: usize) -> Result<Value, Refusal> {
    let mut value = Value::empty(kind, limit);
    let sum = point.sum.map(|sum| sum.0);
    match &mut value {
        Value::Number(number) => {
            let whole = point.as_int.map(|number| number.0 as f64);
            *number = point.as_double.map(|number| number.0).or(whole);
        }
        Value::Histogram(histogram) => {
            histogram.count = point.count.0;
            histogram.sum = sum;
            numbers(point.bucket_counts, |count| histogram.counts.push(count))?;
            numbers(point.explicit_bounds, |bound| histogram.bounds.push(bound))?;
        }
        Value::Exponential(histogram) => {
            histogram.count = point.count.0;
            histogram.sum = sum;
            histogram.scale = point.scale.0;
            histogram.zero_count = point.zero_count.0;
            histogram.zero_threshold = point.zero_threshold.0;
            buckets(point.positive, &mut histogram.positive)?;
            buckets(point.negative, &mut histogram.negative)?;
        }
        Value::Summary(summary) => {
            summary.count = point.count.0;
            summary.sum = sum.unwrap_or_default();
            each(point.quantile_values, &mut |raw| {
                let pair: RawQuantile = serde_json::from_str(raw.get()).map_err(malformed)?;
                summary.quantiles.push((pair.quantile.0, pair.value.0));
                Ok(())
            })?;
        }
    }
    Ok(value)
}

fn buckets(raw: Option<&RawValue>, buckets: &mut Buckets) -> Result<(), Refusal> {
    let message: RawBuckets<'_> = optional(raw)?;
    buckets.offset = message.offset.0;
    numbers(message.bucket_counts, |count| buckets.counts.push(count))
}
