use std::borrow::Cow;

use super::each;
use crate::Refusal;
use crate::any_value::{DEEPEST, Scalar, push_map};
use crate::model::Attribute;
use crate::translation::Translation;
use crate::wire::{Field, Message};

/// A `KeyValue`.
pub(super) fn attribute<'b>(
    message: Message<'b>,
    translation: &Translation<'_>,
) -> Result<Attribute<'b>, Refusal> {
    let (key, value) = key_value(message)?;
    let value = match value {
        Some(value) => text(value, translation.longest_value())?,
        None => Cow::Borrowed(""),
    };
    Ok(Attribute {
        key: Cow::Borrowed(key),
        value,
    })
}

fn key_value(mut message: Message<'_>) -> Result<(&str, Option<Message<'_>>), Refusal> {
    let (mut key, mut value) = ("", None);
    while let Some(field) = message.next()? {
        match field.number {
            1 => key = field.text()?,
            2 => value = Some(field.message()?),
            _ => {}
        }
    }
    Ok((key, value))
}

/// An `AnyValue` as a label's value; what is longer than `limit` may be cut, but stays longer than it.
fn text(message: Message<'_>, limit: usize) -> Result<Cow<'_, str>, Refusal> {
    match any_value(message)? {
        Any::Scalar(scalar) => Ok(scalar.into_text()),
        nested => {
            let mut out = String::new();
            push_json(nested, limit, DEEPEST, &mut out)?;
            Ok(Cow::Owned(out))
        }
    }
}

enum Any<'b> {
    Scalar(Scalar<'b>),
    List(Field<'b>),
    Map(Field<'b>),
}

fn any_value(mut message: Message<'_>) -> Result<Any<'_>, Refusal> {
    let mut any = Any::Scalar(Scalar::Empty);
    while let Some(field) = message.next()? {
        any = match field.number {
            1 => Any::Scalar(Scalar::Text(Cow::Borrowed(field.text()?))),
            2 => Any::Scalar(Scalar::Bool(field.varint()? != 0)),
            3 => Any::Scalar(Scalar::Int(field.varint()?.cast_signed())),
            4 => Any::Scalar(Scalar::Double(field.double()?)),
            5 => Any::List(field),
            6 => Any::Map(field),
            7 => Any::Scalar(Scalar::Bytes(Cow::Borrowed(field.message()?.bytes()))),
            _ => continue,
        };
    }
    Ok(any)
}

fn push_json(
    any: Any<'_>,
    limit: usize,
    depth_left: usize,
    out: &mut String,
) -> Result<(), Refusal> {
    let deeper = |field: &Field<'_>| {
        depth_left
            .checked_sub(1)
            .ok_or_else(|| field.malformed("an attribute's value nests too deep"))
    };
    match any {
        Any::Scalar(scalar) => scalar.push_json(out),
        Any::List(field) => {
            let depth_left = deeper(&field)?;
            out.push('[');
            let start = out.len();
            each(field.message()?, 1, |item| {
                if out.len() > start {
                    out.push(',');
                }
                if out.len() <= limit {
                    push_json(any_value(item.message()?)?, limit, depth_left, out)?;
                }
                Ok(())
            })?;
            out.push(']');
        }
        Any::Map(field) => {
            let depth_left = deeper(&field)?;
            let mut length = out.len();
            let mut members = Vec::new();
            each(field.message()?, 1, |item| {
                if length <= limit {
                    let (key, value) = key_value(item.message()?)?;
                    let mut json = String::new();
                    let any = value.map_or(Ok(Any::Scalar(Scalar::Empty)), any_value)?;
                    push_json(any, limit, depth_left, &mut json)?;
                    length += key.len() + json.len() + 4;
                    members.push((Cow::Borrowed(key), json));
                }
                Ok(())
            })?;
            push_map(members, out);
        }
    }
    Ok(())
}
