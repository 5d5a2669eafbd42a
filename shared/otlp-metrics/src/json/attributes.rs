use std::borrow::Cow;

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::number::{Flag, Lenient, Text};
use super::{each, object, optional};
use crate::Refusal;
use crate::any_value::{DEEPEST, Scalar, push_map};
use crate::model::Attribute;
use crate::translation::Translation;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct KeyValue<'b> {
    #[serde(borrow)]
    key: Text<'b>,
    #[serde(borrow)]
    value: Option<&'b RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct AnyValue<'b> {
    #[serde(borrow)]
    string_value: Option<Text<'b>>,
    bool_value: Option<Flag>,
    int_value: Option<Lenient<i64>>,
    double_value: Option<Lenient<f64>>,
    #[serde(borrow)]
    array_value: Option<&'b RawValue>,
    #[serde(borrow)]
    kvlist_value: Option<&'b RawValue>,
    #[serde(borrow)]
    bytes_value: Option<Text<'b>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Values<'b> {
    #[serde(borrow)]
    values: Option<&'b RawValue>,
}

/// A `KeyValue`.
pub(super) fn attribute<'b>(
    raw: &'b RawValue,
    translation: &Translation<'_>,
) -> Result<Attribute<'b>, Refusal> {
    let attribute: KeyValue<'b> = object(raw)?;
    let limit = translation.longest_value();
    let value = match any_value(attribute.value)? {
        Any::Scalar(scalar) => scalar.into_text(),
        nested => {
            let mut out = String::new();
            push_json(nested, limit, DEEPEST, &mut out)?;
            Cow::Owned(out)
        }
    };
    Ok(Attribute {
        key: attribute.key.0,
        value,
    })
}

enum Any<'b> {
    Scalar(Scalar<'b>),
    List(&'b RawValue),
    Map(&'b RawValue),
}

fn any_value(raw: Option<&RawValue>) -> Result<Any<'_>, Refusal> {
    let value: AnyValue<'_> = optional(raw)?;
    Ok(if let Some(text) = value.string_value {
        Any::Scalar(Scalar::Text(text.0))
    } else if let Some(flag) = value.bool_value {
        Any::Scalar(Scalar::Bool(flag.0))
    } else if let Some(number) = value.int_value {
        Any::Scalar(Scalar::Int(number.0))
    } else if let Some(number) = value.double_value {
        Any::Scalar(Scalar::Double(number.0))
    } else if let Some(list) = value.array_value {
        Any::List(list)
    } else if let Some(map) = value.kvlist_value {
        Any::Map(map)
    } else if let Some(text) = value.bytes_value {
        Any::Scalar(Scalar::Bytes(Cow::Owned(bytes(&text.0)?)))
    } else {
        Any::Scalar(Scalar::Empty)
    })
}

/// Either alphabet, padded or not (protobuf's JSON mapping).
fn bytes(text: &str) -> Result<Vec<u8>, Refusal> {
    const ANY_PADDING: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.contains(['-', '_']) {
        &URL_SAFE
    } else {
        &STANDARD
    };
    GeneralPurpose::new(alphabet, ANY_PADDING)
        .decode(text)
        .map_err(|error| Refusal::MalformedJson(format!("bytesValue: {error}")))
}

fn push_json(
    any: Any<'_>,
    limit: usize,
    depth_left: usize,
    out: &mut String,
) -> Result<(), Refusal> {
    let deeper = || {
        let what = "an attribute's value nests too deep";
        let refusal = || Refusal::MalformedJson(what.to_owned());
        depth_left.checked_sub(1).ok_or_else(refusal)
    };
    match any {
        Any::Scalar(scalar) => scalar.push_json(out),
        Any::List(raw) => {
            let depth_left = deeper()?;
            let list: Values<'_> = object(raw)?;
            out.push('[');
            let start = out.len();
            each(list.values, &mut |item| {
                if out.len() > start {
                    out.push(',');
                }
                if out.len() <= limit {
                    push_json(any_value(Some(item))?, limit, depth_left, out)?;
                }
                Ok(())
            })?;
            out.push(']');
        }
        Any::Map(raw) => {
            let depth_left = deeper()?;
            let map: Values<'_> = object(raw)?;
            let mut length = out.len();
            let mut members = Vec::new();
            each(map.values, &mut |item| {
                if length <= limit {
                    let member: KeyValue<'_> = object(item)?;
                    let mut json = String::new();
                    push_json(any_value(member.value)?, limit, depth_left, &mut json)?;
                    length += member.key.0.len() + json.len() + 4;
                    members.push((member.key.0, json));
                }
                Ok(())
            })?;
            push_map(members, out);
        }
    }
    Ok(())
}
