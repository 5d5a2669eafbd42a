//! The bodies that everybody is fed with: hosts as node_exporter describes them, one time step a body.

use jiff::Timestamp;
use series::{Labels, Series};

#[path = "../../../../shared/sample-codec/tests/host/mod.rs"]
mod host;

use host::{Host, INTERVAL_MS, START_MS};

/// What one body holds.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub hosts: u64,
    pub samples_per_series: usize,
    /// Of all hosts together.
    pub series: usize,
}

impl Shape {
    /// What the agent sends each minute. A host as generated has 88 series, so that some of a second one
    /// are added to it.
    pub const AGENT: Self = Self {
        hosts: 2,
        samples_per_series: 4,
        series: 100,
    };

    /// What a Prometheus sends: one scrape each of many hosts.
    pub const fn mixed(series: usize) -> Self {
        Self {
            hosts: series as u64 / 88 + 1,
            samples_per_series: 1,
            series,
        }
    }

    pub fn is_of_agent(&self) -> bool {
        self.samples_per_series > 1
    }
}

/// An endless row of bodies.
pub struct Bodies {
    shape: Shape,
    hosts: Vec<Host>,
    shift_ms: i64,
}

/// One body, and how many samples it holds.
pub struct Body {
    pub bytes: Vec<u8>,
    pub samples: usize,
}

impl Bodies {
    /// So that the last of `count` bodies ends about now.
    pub fn until_now(shape: Shape, count: usize) -> Self {
        let all_ms = (count * shape.samples_per_series) as i64 * INTERVAL_MS;
        let start_ms = Timestamp::now().as_millisecond() - all_ms - INTERVAL_MS;
        Self {
            shape,
            hosts: (1..=shape.hosts).map(Host::new).collect(),
            shift_ms: start_ms - START_MS,
        }
    }

    /// The next flush, in which nobody's clock differs from another's.
    pub fn next_series(&mut self) -> Vec<Series> {
        let each = self.shape.samples_per_series;
        let flushes = self.hosts.iter_mut().flat_map(|host| host.flush(each));
        let mut series: Vec<Series> = flushes.take(self.shape.series).collect();
        if self.shape.is_of_agent() {
            series.iter_mut().skip(88).for_each(adopt);
        }
        for sample in series.iter_mut().flat_map(|series| &mut series.samples) {
            sample.time_ms += self.shift_ms;
        }
        series
    }
}

/// Makes a series of another host one of the first.
fn adopt(series: &mut Series) {
    let labels = series.labels.iter().map(|(name, value)| match name {
        "instance" => (name, "web-1.example.com:9100"),
        "job" => (name, "other"),
        _ => (name, value),
    });
    series.labels = Labels::new(labels).unwrap();
}

impl Iterator for Bodies {
    type Item = Body;

    fn next(&mut self) -> Option<Body> {
        let series = self.next_series();
        Some(Body {
            bytes: remote_write::encode(&series),
            samples: series.iter().map(|series| series.samples.len()).sum(),
        })
    }
}
