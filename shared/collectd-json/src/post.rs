//! From a post to series.

use std::collections::BTreeSet;
use std::fmt;

use intake::{Excess, Limits, SeriesList, SeriesSet};
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::value::RawValue;
use series::Sample;

use crate::names::{labels, metric_name};
use crate::value_list::{Source, ValueList};
use crate::{Reason, Rejections};

const LONGEST_EXAMPLE: usize = 200;

/// The accepted part of a post, and the account of the rest.
#[derive(Debug)]
pub struct Post {
    /// What the accepted values became.
    pub series: SeriesList,
    /// The hosts of value lists with an accepted value.
    pub hosts: BTreeSet<String>,
    /// Values that were taken.
    pub values: u64,
    /// What was not taken, by reason.
    pub rejected: Rejections,
}

/// Why a post is refused as a whole. Sending the same bytes again can't help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No list in JSON.
    #[error("the body is no JSON list of value lists: {0}")]
    Malformed(String),
    /// More than one body may hold.
    #[error(transparent)]
    Excess(#[from] Excess),
}

/// Reads a body (decompressed already: [`intake::gunzip`]).
pub fn decode(body: &[u8], limits: &Limits, now_ms: i64) -> Result<Post, Refusal> {
    let text = std::str::from_utf8(body).map_err(|error| Refusal::Malformed(error.to_string()))?;
    let mut reading = Reading {
        limits,
        now_ms,
        seen: 0,
        excess: None,
        series: SeriesSet::default(),
        hosts: BTreeSet::new(),
        values: 0,
        rejected: Rejections::default(),
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let read = json.deserialize_seq(&mut reading).and_then(|()| json.end());
    match (reading.excess, read) {
        (Some(excess), _) => Err(excess.into()),
        (None, Err(error)) => Err(Refusal::Malformed(error.to_string())),
        (None, Ok(())) => Ok(Post {
            series: reading.series.finish(),
            hosts: reading.hosts,
            values: reading.values,
            rejected: reading.rejected,
        }),
    }
}

/// What is known of a post while its value lists come by.
struct Reading<'l> {
    limits: &'l Limits,
    now_ms: i64,
    seen: usize,
    excess: Option<Excess>,
    series: SeriesSet,
    hosts: BTreeSet<String>,
    values: u64,
    rejected: Rejections,
}

impl<'de> Visitor<'de> for &mut Reading<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of value lists, as write_http sends it with Format \"JSON\"")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element::<&RawValue>()? {
            if let Err(excess) = self.element(element.get()) {
                // Serde carries only texts: what it is stands beside.
                self.excess = Some(excess);
                return Err(serde::de::Error::custom(excess));
            }
        }
        Ok(())
    }
}

impl Reading<'_> {
    fn element(&mut self, text: &str) -> Result<(), Excess> {
        let list = ValueList::read(text);
        self.seen += list.as_ref().map_or(1, ValueList::len);
        if self.seen > self.limits.samples {
            let limit = self.limits.samples;
            return Err(Excess::Samples { limit });
        }
        match list {
            Ok(list) => self.list(&list),
            Err(what) => {
                let example = || format!("{what}: {}", cut(text));
                self.rejected.count(Reason::InvalidValueList, 1, example);
                Ok(())
            }
        }
    }

    fn list(&mut self, list: &ValueList<'_>) -> Result<(), Excess> {
        let time_ms = list.time_ms();
        let labels = self
            .limits
            .check_time(time_ms, self.now_ms)
            .and_then(|()| labels(list, &mut self.series.texts, self.limits));
        let before = self.values;
        for source in list.sources() {
            let checked = match (source.value, &labels) {
                (None, _) => Err(Reason::NoValue),
                (Some(_), Err(issue)) => Err(Reason::Point(*issue)),
                (Some(value), Ok(labels)) => metric_name(list, &source, self.limits)
                    .and_then(|name| {
                        let (labels, limits) = (labels.labels(), self.limits);
                        self.series.check_admission(&name, labels, limits)?;
                        Ok(name)
                    })
                    .map(|name| (name, labels, value))
                    .map_err(Reason::Point),
            };
            match checked {
                Ok((name, labels, value)) => {
                    let sample = Sample { time_ms, value };
                    self.series
                        .add(&name, labels.labels(), None, sample, self.limits)?;
                    self.values += 1;
                }
                Err(reason) => {
                    let example = || readable(list, &source);
                    self.rejected.count(reason, 1, example);
                }
            }
        }
        if self.values > before && !list.host.is_empty() {
            self.hosts.insert(list.host.to_string());
        }
        Ok(())
    }
}

/// As collectd writes an identifier: `host/plugin-instance/type-instance`, and the data source.
fn readable(list: &ValueList<'_>, source: &Source<'_>) -> String {
    let with = |name: &str, instance: &str| match instance {
        "" => name.to_owned(),
        instance => format!("{name}-{instance}"),
    };
    let plugin = with(&list.plugin, &list.plugin_instance);
    let kind = with(&list.kind, &list.type_instance);
    cut(&format!("{}/{plugin}/{kind} {}", list.host, source.name))
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_EXAMPLE).collect()
}
