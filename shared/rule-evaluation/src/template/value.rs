use std::collections::BTreeMap;

use super::number;

/// A value while a template is expanded.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    /// Go's `float64`.
    Number(f64),
    /// Go's `int`.
    Integer(i64),
    Bool(bool),
    Map(BTreeMap<String, String>),
}

impl Value {
    /// Go's name of the type, as its messages have it.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "string",
            Self::Number(_) => "float64",
            Self::Integer(_) => "int",
            Self::Bool(_) => "bool",
            Self::Map(_) => "map[string]string",
        }
    }

    /// Whether `if` takes it for true: not zero and not empty.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Number(number) => *number != 0.0,
            Self::Integer(number) => *number != 0,
            Self::Bool(yes) => *yes,
            Self::Map(map) => !map.is_empty(),
        }
    }

    /// As Go's `%v` writes it.
    pub fn to_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number::shortest(*number),
            Self::Integer(number) => number.to_string(),
            Self::Bool(yes) => yes.to_string(),
            Self::Map(map) => {
                let pairs: Vec<String> = map.iter().map(|(n, v)| format!("{n}:{v}")).collect();
                format!("map[{}]", pairs.join(" "))
            }
        }
    }

    /// As the humanize functions take it: a number, or a text that is one.
    #[expect(clippy::cast_precision_loss, reason = "Go converts the same way")]
    pub fn to_number(&self) -> Result<f64, String> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Integer(number) => Ok(*number as f64),
            Self::Text(text) => number::parse(text).ok_or_else(|| format!("{text:?} is no number")),
            Self::Bool(_) | Self::Map(_) => {
                Err(format!("can't convert {} to a number", self.type_name()))
            }
        }
    }

    pub fn as_text(&self) -> Result<&str, String> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err(format!(
                "wrong type for value; expected string; got {}",
                self.type_name()
            )),
        }
    }
}
