//! `io.prometheus.write.v2.Request` as `prost` decodes it, and how to build one.

use std::collections::HashMap;

use super::{Histogram, Label};

#[derive(Clone, PartialEq, prost::Message)]
pub struct Request {
    #[prost(string, repeated, tag = "4")]
    pub symbols: Vec<String>,
    #[prost(message, repeated, tag = "5")]
    pub timeseries: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TimeSeries {
    #[prost(uint32, repeated, tag = "1")]
    pub labels_refs: Vec<u32>,
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
    #[prost(message, repeated, tag = "3")]
    pub histograms: Vec<Histogram>,
    #[prost(message, repeated, tag = "4")]
    pub exemplars: Vec<Exemplar>,
    #[prost(message, optional, tag = "5")]
    pub metadata: Option<Metadata>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Sample {
    #[prost(double, tag = "1")]
    pub value: f64,
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
    #[prost(int64, tag = "3")]
    pub start_timestamp: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Exemplar {
    #[prost(uint32, repeated, tag = "1")]
    pub labels_refs: Vec<u32>,
    #[prost(double, tag = "2")]
    pub value: f64,
    #[prost(int64, tag = "3")]
    pub timestamp: i64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Metadata {
    #[prost(int32, tag = "1")]
    pub kind: i32,
    #[prost(uint32, tag = "3")]
    pub help_ref: u32,
    #[prost(uint32, tag = "4")]
    pub unit_ref: u32,
}

/// A table of strings that grows.
#[derive(Default)]
pub struct Table {
    numbers: HashMap<String, u32>,
    pub symbols: Vec<String>,
}

impl Table {
    pub fn number(&mut self, text: &str) -> u32 {
        if self.symbols.is_empty() && !text.is_empty() {
            self.number("");
        }
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.symbols.len() as u32;
        self.numbers.insert(text.to_owned(), number);
        self.symbols.push(text.to_owned());
        number
    }

    pub fn refs<'a>(&mut self, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u32> {
        labels
            .into_iter()
            .flat_map(|(name, value)| [self.number(name), self.number(value)])
            .collect()
    }
}

/// What a request of 1.0 is in 2.0.
pub fn of_v1(request: &super::WriteRequest) -> Request {
    let mut table = Table::default();
    table.number("");
    let pair = |label: &Label| (label.name.clone(), label.value.clone());
    let timeseries = request
        .timeseries
        .iter()
        .map(|series| {
            let labels: Vec<(String, String)> = series.labels.iter().map(pair).collect();
            let labels = labels.iter().map(|(n, v)| (n.as_str(), v.as_str()));
            TimeSeries {
                labels_refs: table.refs(labels),
                samples: series
                    .samples
                    .iter()
                    .map(|sample| Sample {
                        value: sample.value,
                        timestamp: sample.timestamp,
                        start_timestamp: 0,
                    })
                    .collect(),
                histograms: series.histograms.clone(),
                ..TimeSeries::default()
            }
        })
        .collect();
    Request {
        symbols: table.symbols,
        timeseries,
    }
}

/// The labels of a series, where its references can be followed.
pub fn labels_of(request: &Request, series: &TimeSeries) -> Option<Vec<Label>> {
    let text = |at: &u32| request.symbols.get(*at as usize).cloned();
    let (pairs, []) = series.labels_refs.as_chunks::<2>() else {
        return None;
    };
    pairs
        .iter()
        .map(|[name, value]| {
            Some(Label {
                name: text(name)?,
                value: text(value)?,
            })
        })
        .collect()
}
