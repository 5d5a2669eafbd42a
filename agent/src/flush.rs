//! What goes out together? The samples of one flush, and the stale markers of series that ended.

use std::collections::BTreeMap;

use series::{Labels, STALE_NAN_BITS, Sample};

use crate::encoding::{Protocol, write_request};
use crate::snapshot::Snapshot;

/// One body that is ready to go. It never changes any more, so that sending it twice says the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flush {
    /// The request's body: a snappy block.
    pub body: Vec<u8>,
    /// How many samples are in it.
    pub samples: usize,
    /// What the body is written in.
    pub protocol: Protocol,
}

/// The samples since the last flush.
#[derive(Default)]
pub struct Gathering {
    series: BTreeMap<Labels, Vec<Sample>>,
    latest: Vec<Labels>,
}

impl Gathering {
    /// Adds a look at the host; a series that was there the last time and is not now gets a stale marker.
    pub fn add(&mut self, snapshot: &Snapshot) {
        let time_ms = snapshot.time_ms;
        for gone in self.latest.drain(..) {
            if !snapshot.values.contains_key(&gone) {
                self.series.entry(gone).or_default().push(stale(time_ms));
            }
        }
        for (labels, value) in &snapshot.values {
            self.latest.push(labels.clone());
            let sample = Sample {
                time_ms,
                value: *value,
            };
            self.series.entry(labels.clone()).or_default().push(sample);
        }
    }

    /// Everything gathered, as one body; what comes next starts afresh.
    pub fn take(&mut self, protocol: Protocol) -> Result<Option<Flush>, snap::Error> {
        let mut series = std::mem::take(&mut self.series);
        if series.is_empty() {
            return Ok(None);
        }
        series.values_mut().for_each(in_order);
        Ok(Some(Flush {
            samples: series.values().map(Vec::len).sum(),
            body: write_request(series, protocol)?,
            protocol,
        }))
    }
}

/// The flush that says that the host left on purpose: nothing but stale markers.
pub fn farewell(snapshot: &Snapshot, protocol: Protocol) -> Result<Flush, snap::Error> {
    let ended = |labels: &Labels| (labels.clone(), vec![stale(snapshot.time_ms)]);
    let series: BTreeMap<Labels, Vec<Sample>> = snapshot.values.keys().map(ended).collect();
    Ok(Flush {
        samples: series.len(),
        body: write_request(series, protocol)?,
        protocol,
    })
}

/// Remote write wants a series' samples in the order of time, each time once. A clock that was set back
/// breaks both; what was seen later stays.
fn in_order(samples: &mut Vec<Sample>) {
    samples.sort_by_key(|sample| sample.time_ms);
    samples.dedup_by(|later, earlier| {
        let is_same = later.time_ms == earlier.time_ms;
        if is_same {
            *earlier = *later;
        }
        is_same
    });
}

fn stale(time_ms: i64) -> Sample {
    Sample {
        time_ms,
        value: f64::from_bits(STALE_NAN_BITS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(time_ms: i64, names: &[&str]) -> Snapshot {
        let labels = |name: &&str| Labels::new([("__name__", *name)]).unwrap();
        Snapshot {
            time_ms,
            values: names.iter().map(|name| (labels(name), 1.0)).collect(),
        }
    }

    #[test]
    fn a_series_that_ended_gets_one_stale_marker() {
        let mut gathering = Gathering::default();
        gathering.add(&snapshot(1, &["a", "b"]));
        gathering.add(&snapshot(2, &["a"]));
        gathering.add(&snapshot(3, &["a"]));
        let b = &gathering.series[&Labels::new([("__name__", "b")]).unwrap()];
        assert_eq!(b.len(), 2);
        assert!(!b[0].is_stale() && b[1].is_stale() && b[1].time_ms == 2);
        assert_eq!(gathering.take(Protocol::V1).unwrap().unwrap().samples, 5);
        assert_eq!(gathering.take(Protocol::V1).unwrap(), None);
    }

    #[test]
    fn the_end_of_a_series_is_seen_across_flushes() {
        let mut gathering = Gathering::default();
        gathering.add(&snapshot(1, &["a", "b"]));
        gathering.take(Protocol::V1).unwrap();
        gathering.add(&snapshot(2, &["a"]));
        assert_eq!(gathering.take(Protocol::V1).unwrap().unwrap().samples, 2);
    }

    #[test]
    fn a_clock_that_was_set_back_breaks_no_body() {
        let a = Labels::new([("__name__", "a")]).unwrap();
        let look = |time_ms, value| Snapshot {
            time_ms,
            values: BTreeMap::from([(a.clone(), value)]),
        };
        let mut gathering = Gathering::default();
        for (time_ms, value) in [(100, 1.0), (115, 2.0), (85, 3.0), (100, 4.0)] {
            gathering.add(&look(time_ms, value));
        }
        let mut samples = gathering.series[&a].clone();
        in_order(&mut samples);
        let seen: Vec<_> = samples.iter().map(|s| (s.time_ms, s.value)).collect();
        assert_eq!(seen, [(85, 3.0), (100, 4.0), (115, 2.0)]);
        assert_eq!(gathering.take(Protocol::V1).unwrap().unwrap().samples, 3);
    }

    #[test]
    fn a_farewell_holds_stale_markers_only() {
        let flush = farewell(&snapshot(9, &["a", "b"]), Protocol::V1).unwrap();
        assert_eq!(flush.samples, 2);
        let bytes = snap::raw::Decoder::new()
            .decompress_vec(&flush.body)
            .unwrap();
        let marker = STALE_NAN_BITS.to_le_bytes();
        assert_eq!(
            bytes.windows(8).filter(|window| *window == marker).count(),
            2
        );
    }
}
