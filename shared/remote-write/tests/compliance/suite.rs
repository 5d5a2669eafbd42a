//! How a case of the suite is written and judged.

use prost::Message;
use remote_write::{Buffer, Limits, Protocol};

use crate::oracle::v2::{Exemplar, Metadata, Request, Sample, Table, TimeSeries};
use crate::oracle::{Count, Histogram, NOW_MS, Span, ZeroCount};

pub type Pairs<'a> = &'a [(&'a str, &'a str)];

pub const MINUTE_MS: i64 = 60_000;

/// A request of 2.0 that grows.
#[derive(Default)]
pub struct Body {
    table: Table,
    timeseries: Vec<TimeSeries>,
    is_reversed: bool,
}

impl Body {
    pub fn series(&mut self, labels: Pairs<'_>) -> &mut TimeSeries {
        let mut labels = labels.to_vec();
        if self.is_reversed {
            labels.reverse();
        }
        let labels_refs = self.table.refs(labels);
        self.timeseries.push(TimeSeries {
            labels_refs,
            ..TimeSeries::default()
        });
        self.timeseries.last_mut().unwrap()
    }

    pub fn sample(&mut self, labels: Pairs<'_>, value: f64) -> &mut TimeSeries {
        self.sample_at(labels, value, NOW_MS, 0)
    }

    pub fn sample_at(
        &mut self,
        labels: Pairs<'_>,
        value: f64,
        timestamp: i64,
        start_timestamp: i64,
    ) -> &mut TimeSeries {
        let series = self.series(labels);
        series.samples.push(Sample {
            value,
            timestamp,
            start_timestamp,
        });
        series
    }

    pub fn histogram(&mut self, labels: Pairs<'_>, histogram: Histogram) {
        self.series(labels).histograms.push(histogram);
    }

    /// As it is sent.
    pub fn compressed(&self) -> Vec<u8> {
        let mut request = Request {
            symbols: self.table.symbols.clone(),
            timeseries: self.timeseries.clone(),
        };
        if request.symbols.is_empty() {
            request.symbols.push(String::new());
        }
        snap::raw::Encoder::new()
            .compress_vec(&request.encode_to_vec())
            .unwrap()
    }

    /// To the last series.
    pub fn exemplar(&mut self, labels: Pairs<'_>, value: f64) {
        self.exemplar_at(labels, value, NOW_MS);
    }

    /// To the last series.
    pub fn exemplar_at(&mut self, labels: Pairs<'_>, value: f64, timestamp: i64) {
        let labels_refs = self.table.refs(labels.iter().copied());
        let exemplar = Exemplar {
            labels_refs,
            value,
            timestamp,
        };
        self.timeseries.last_mut().unwrap().exemplars.push(exemplar);
    }

    /// To the last series.
    pub fn metadata(&mut self, kind: i32, help: &str, unit: &str) {
        let metadata = Metadata {
            kind,
            help_ref: self.table.number(help),
            unit_ref: self.table.number(unit),
        };
        self.timeseries.last_mut().unwrap().metadata = Some(metadata);
    }
}

/// Positive 23, negative 3, zero 1, custom 30: as the suite's fixture counts.
pub fn histogram(sum: f64, has: [bool; 4], bad_count: bool) -> Histogram {
    let [positive, negative, zero, custom] = has;
    let span = |offset, length| Span { offset, length };
    let mut histogram = Histogram {
        sum,
        timestamp: NOW_MS,
        ..Histogram::default()
    };
    let mut count = 0;
    if positive {
        histogram.positive_spans = vec![span(0, 3), span(2, 2)];
        histogram.positive_deltas = vec![1, 2, 1, 3, 1];
        count += 23;
    }
    if negative {
        histogram.negative_spans = vec![span(0, 2)];
        histogram.negative_deltas = vec![1, 1];
        count += 3;
    }
    if zero {
        histogram.zero_count = Some(ZeroCount::Int(1));
        count += 1;
    }
    if custom {
        histogram.schema = -53;
        histogram.custom_values = vec![0.1, 0.5, 1.0, 2.5, 5.0, 10.0];
        histogram.positive_spans = vec![span(0, 6)];
        histogram.positive_deltas = vec![2, 1, 2, 3, -1, -2];
        count = 30;
    }
    histogram.count = Some(Count::Int(if bad_count { 99 } else { count }));
    histogram
}

/// Buckets of every kind but custom ones.
pub const ALL: [bool; 4] = [true, true, true, false];

/// Samples, histograms and exemplars accepted; whether nothing is rejected.
pub type Outcome = (u64, u64, u64, bool);

/// A case of the suite, by its name.
pub struct Case {
    pub name: String,
    write: Box<dyn Fn(&mut Body)>,
    outcome: Outcome,
}

pub fn case(
    name: impl Into<String>,
    write: impl Fn(&mut Body) + 'static,
    outcome: Outcome,
) -> Case {
    Case {
        name: name.into(),
        write: Box::new(write),
        outcome,
    }
}

pub fn run(cases: Vec<Case>) {
    for case in cases {
        for is_reversed in [false, true] {
            let mut body = Body {
                is_reversed,
                ..Body::default()
            };
            (case.write)(&mut body);
            is_as_expected(&case, &body.compressed());
        }
    }
}

fn is_as_expected(case: &Case, body: &[u8]) {
    let name = &case.name;
    let mut buffer = Buffer::default();
    let decoded = Protocol::V2.decode(body, &Limits::default(), NOW_MS, &mut buffer);
    let decoded = decoded.unwrap_or_else(|refused| panic!("{name}: {refused}"));
    let counts = decoded.counts;
    let found = (
        counts.samples.accepted,
        counts.histograms.accepted,
        counts.exemplars.accepted,
        decoded.rejected.is_empty(),
    );
    assert_eq!(found, case.outcome, "{name}: {}", decoded.rejected);
    let written = counts.written();
    assert_eq!(
        (written.samples, written.histograms, written.exemplars),
        (case.outcome.0, case.outcome.1, 0),
        "{name}"
    );
}
