//! What is new may be held back, whole, and is counted to the point.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use prost::Message;
use remote_write::{Buffer, Limits, Reason, decode, decode_v2};
use series::{Admission, Labels, Sample, Series, SeriesId};

mod oracle;

use oracle::v2::{Request, Table, TimeSeries};
use oracle::{Count, Histogram, NOW_MS, Span};

/// Takes these; remembers what it was asked.
#[derive(Debug, Default)]
struct Known {
    ids: HashSet<SeriesId>,
    asked: Mutex<Vec<usize>>,
}

impl Admission for Known {
    fn admits_all(&self, ids: &[SeriesId]) -> bool {
        self.asked.lock().unwrap().push(ids.len());
        ids.iter().all(|id| self.ids.contains(id))
    }
}

fn limits(known: &Arc<Known>) -> Limits {
    Limits {
        admission: Some(Arc::clone(known) as Arc<dyn Admission>),
        ..Limits::default()
    }
}

fn id(pairs: &[(&str, &str)]) -> SeriesId {
    SeriesId::of(pairs.iter().copied())
}

#[test]
fn samples_of_a_new_series_are_rejected_in_both_protocols() {
    let one = |name: &str, samples: i64| Series {
        labels: Labels::new([("__name__", name), ("job", "a")]).unwrap(),
        samples: (0..samples)
            .map(|n| Sample {
                time_ms: NOW_MS - n,
                value: 1.0,
            })
            .collect(),
    };
    let all = [
        one("old", 2),
        one("new", 3),
        one("newer", 1),
        one("older", 1),
    ];
    let ids = [0, 3].map(|at: usize| all[at].id()).into();
    let known = Arc::new(Known {
        ids,
        ..Known::default()
    });
    let limits = limits(&known);
    let (mut buffer, mut buffer_v2) = (Buffer::default(), Buffer::default());
    let v1 = remote_write::encode(&all);
    let v2 = remote_write::encode_v2(&all);
    for request in [
        decode(&v1, &limits, NOW_MS, &mut buffer).unwrap(),
        decode_v2(&v2, &limits, NOW_MS, &mut buffer_v2).unwrap(),
    ] {
        let names: Vec<_> = request
            .series()
            .map(|one| one.label("__name__").to_owned())
            .collect();
        assert_eq!(names, ["old", "older"]);
        let rejected = request.rejected.of(Reason::ActiveSeriesQuota).unwrap();
        assert_eq!((rejected.samples, rejected.series), (4, 2));
        assert_eq!(rejected.example, "new{job=\"a\"}");
        let samples = &request.counts.samples;
        assert_eq!((samples.accepted, samples.rejected), (3, 4));
    }
}

/// `latency{zone="b"}` with one bucket, as classic series: `1`, `+Inf`, `_count`, `_sum`.
#[test]
fn a_histogram_is_taken_whole_or_not_at_all() {
    let mut table = Table::default();
    let labels_refs = table.refs([("__name__", "latency"), ("zone", "b")]);
    let histogram = Histogram {
        count: Some(Count::Int(3)),
        sum: 2.0,
        positive_spans: vec![Span {
            offset: 0,
            length: 1,
        }],
        positive_deltas: vec![3],
        timestamp: NOW_MS,
        ..Histogram::default()
    };
    let request = Request {
        symbols: table.symbols,
        timeseries: vec![TimeSeries {
            labels_refs,
            histograms: vec![histogram],
            ..TimeSeries::default()
        }],
    };
    let body = snap::raw::Encoder::new().compress_vec(&request.encode_to_vec());
    let body = body.unwrap();
    let decoded = |known: &Arc<Known>| {
        let mut buffer = Buffer::default();
        let request = decode_v2(&body, &limits(known), NOW_MS, &mut buffer).unwrap();
        let ids: HashSet<SeriesId> = request.series().map(|one| one.id).collect();
        let rejected = request.rejected.of(Reason::ActiveSeriesQuota);
        (ids, rejected.map(|rejected| rejected.samples))
    };
    let mut buffer = Buffer::default();
    let open = decode_v2(&body, &Limits::default(), NOW_MS, &mut buffer).unwrap();
    let all: HashSet<SeriesId> = open.series().map(|one| one.id).collect();
    assert!(all.contains(&id(&[("__name__", "latency_count"), ("zone", "b")])));
    let known = |ids: HashSet<SeriesId>| {
        Arc::new(Known {
            ids,
            ..Known::default()
        })
    };
    let whole = known(all.clone());
    assert_eq!(decoded(&whole), (all.clone(), None));
    assert_eq!(
        *whole.asked.lock().unwrap(),
        [all.len()],
        "asked once, for all"
    );
    for missing in &all {
        let mut some = all.clone();
        some.remove(missing);
        assert_eq!(decoded(&known(some)), (HashSet::new(), Some(1)));
    }
}
