//! One element of a post, as `src/utils_format_json.c` of collectd 5 writes it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// More than any data set of collectd's `types.db` has.
const MOST_VALUES: usize = 64;

#[derive(Debug, serde::Deserialize)]
pub(crate) struct ValueList<'b> {
    #[serde(deserialize_with = "few")]
    values: Vec<Option<f64>>,
    #[serde(borrow, deserialize_with = "few")]
    dstypes: Vec<Text<'b>>,
    #[serde(borrow, deserialize_with = "few")]
    dsnames: Vec<Text<'b>>,
    /// In seconds.
    time: f64,
    #[serde(borrow)]
    pub(crate) host: Cow<'b, str>,
    #[serde(borrow)]
    pub(crate) plugin: Cow<'b, str>,
    #[serde(borrow, default)]
    pub(crate) plugin_instance: Cow<'b, str>,
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Cow<'b, str>,
    #[serde(borrow, default)]
    pub(crate) type_instance: Cow<'b, str>,
}

/// A text that is copied only where it has escapes.
#[derive(Debug, serde::Deserialize)]
struct Text<'b>(#[serde(borrow)] Cow<'b, str>);

/// One value with what its data set says of it.
pub(crate) struct Source<'l> {
    pub(crate) value: Option<f64>,
    pub(crate) name: &'l str,
    pub(crate) is_counter: bool,
}

impl<'b> ValueList<'b> {
    pub(crate) fn read(text: &'b str) -> Result<Self, String> {
        let list: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let counts = [list.values.len(), list.dstypes.len(), list.dsnames.len()];
        if counts
            .iter()
            .any(|count| *count != counts[0] || *count == 0)
        {
            return Err("values, dstypes and dsnames do not belong together".to_owned());
        }
        if list.plugin.is_empty() || list.kind.is_empty() {
            return Err("plugin and type must say something".to_owned());
        }
        Ok(list)
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// In milliseconds since 1970; collectd writes three decimals.
    pub(crate) fn time_ms(&self) -> i64 {
        (self.time * 1000.0).round() as i64
    }

    pub(crate) fn sources(&self) -> impl Iterator<Item = Source<'_>> {
        let beside = self.dsnames.iter().zip(&self.dstypes);
        self.values
            .iter()
            .zip(beside)
            .map(|(value, (name, kind))| Source {
                value: *value,
                name: &name.0,
                is_counter: matches!(kind.0.as_ref(), "counter" | "derive"),
            })
    }
}

/// A list that can't grow beyond what a data set may have.
fn few<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    struct Few<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Few<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MOST_VALUES} elements")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
            let mut few = Vec::new();
            while let Some(element) = elements.next_element()? {
                if few.len() == MOST_VALUES {
                    return Err(A::Error::invalid_length(MOST_VALUES + 1, &self));
                }
                few.push(element);
            }
            Ok(few)
        }
    }

    from.deserialize_seq(Few(PhantomData))
}
