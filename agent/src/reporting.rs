//! When is the host looked at, and when does what was seen go out? The loop that nothing may hold up.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use series::{Labels, METRIC_NAME};

use crate::flush::Gathering;
use crate::host::Host;
use crate::outlet::Outlet;
use crate::snapshot::Snapshot;
use crate::thresholds::crossed;

/// What the loop needs besides the host.
pub struct Reporter<'a> {
    /// The label `instance`.
    pub host_name: &'a str,
    /// Between two looks.
    pub interval: Duration,
    /// Where it goes.
    pub outlets: &'a [Outlet],
    /// The time, in milliseconds since the Unix epoch.
    pub now_ms: fn() -> i64,
    /// Where a line for the operator goes.
    pub log: fn(&str),
}

impl Reporter<'_> {
    /// Looks at the host until `stop` says so, and once more then. The first look is sent at once, so
    /// that a host shows up when its agent starts.
    pub fn watch(&self, host: &mut Host, stop: &Receiver<()>) {
        let mut lanes: Vec<Lane<'_>> = self.outlets.iter().map(Lane::new).collect();
        let mut next_look = Instant::now();
        loop {
            let snapshot = self.look(host);
            let now = Instant::now();
            for lane in &mut lanes {
                lane.add(&snapshot, now, self.log);
            }
            next_look = following(next_look, self.interval, now);
            let left = next_look.saturating_duration_since(Instant::now());
            if stop.recv_timeout(left) != Err(RecvTimeoutError::Timeout) {
                let snapshot = self.look(host);
                for lane in &mut lanes {
                    lane.end(&snapshot, self.log);
                }
                return;
            }
        }
    }

    /// One look at the host, with what the agent knows of its own work.
    pub fn look(&self, host: &mut Host) -> Snapshot {
        let mut snapshot = host.collect(self.host_name, (self.now_ms)());
        for outlet in self.outlets {
            self.add_own_work(outlet, &mut snapshot);
        }
        snapshot
    }

    fn add_own_work(&self, outlet: &Outlet, snapshot: &mut Snapshot) {
        let counts = outlet.queue.counts();
        let (in_memory, on_disk) = outlet.waiting_bytes();
        let values = [
            ("toban_agent_flushes_taken_total", counts.taken),
            ("toban_agent_flushes_refused_total", counts.refused),
            ("toban_agent_flushes_dropped_total", counts.dropped),
            ("toban_agent_flushes_corrupt_total", counts.corrupt),
            ("toban_agent_retries_total", counts.retries),
            ("toban_agent_spool_errors_total", counts.spool_errors),
            ("toban_agent_waiting_bytes", in_memory),
            ("toban_agent_spool_bytes", on_disk),
        ];
        for (name, value) in values {
            let labels = Labels::new([
                (METRIC_NAME, name),
                ("destination", &outlet.name),
                ("instance", self.host_name),
                ("job", "toban-agent"),
            ]);
            if let Ok(labels) = labels {
                snapshot.values.insert(labels, crate::host::float(value));
            }
        }
    }
}

/// One destination's share of the looks.
struct Lane<'a> {
    outlet: &'a Outlet,
    gathering: Gathering,
    /// The last look, taken or not: what a crossing is judged against.
    previous: Option<Snapshot>,
    next_sample: Instant,
    next_flush: Instant,
}

impl<'a> Lane<'a> {
    fn new(outlet: &'a Outlet) -> Self {
        let now = Instant::now();
        Self {
            outlet,
            gathering: Gathering::default(),
            previous: None,
            next_sample: now,
            next_flush: now,
        }
    }

    fn add(&mut self, snapshot: &Snapshot, now: Instant, log: fn(&str)) {
        let snapshot = self.outlet.filter.apply(snapshot);
        let urgent = self.is_urgent(&snapshot);
        if urgent || now >= self.next_sample {
            self.gathering.add(&snapshot);
            self.next_sample = following(self.next_sample, self.outlet.rhythm.interval, now);
        }
        // Thresholds may have become known since the flush before was planned, which is no reason to wait longer.
        if urgent || now >= self.next_flush {
            self.flush(log);
            let planned = if urgent { now } else { self.next_flush };
            self.next_flush = following(planned, self.outlet.flush_interval(), now);
        }
    }

    fn end(&mut self, snapshot: &Snapshot, log: fn(&str)) {
        self.gathering.add(&self.outlet.filter.apply(snapshot));
        self.flush(log);
        self.outlet.queue.close();
    }

    fn is_urgent(&mut self, snapshot: &Snapshot) -> bool {
        let thresholds = self
            .outlet
            .thresholds
            .as_ref()
            .and_then(|feed| feed.known());
        let Some(thresholds) = thresholds.filter(|list| !list.is_empty()) else {
            self.previous = None;
            return false;
        };
        let previous = self.previous.replace(snapshot.clone());
        previous.is_some_and(|previous| crossed(&previous, snapshot, &thresholds))
    }

    fn flush(&mut self, log: fn(&str)) {
        match self.gathering.take(self.outlet.protocol) {
            Ok(Some(flush)) => self.outlet.queue.push(flush),
            Ok(None) => {}
            Err(error) => {
                self.outlet.queue.count(|counts| counts.dropped += 1);
                log(&format!(
                    "a flush could not be encoded and is lost: {error}"
                ));
            }
        }
    }
}

/// The next time on the grid after `now`: what was missed (a suspended host, a slow disk) is not made up for.
fn following(last: Instant, step: Duration, now: Instant) -> Instant {
    let next = last + step;
    if next > now { next } else { now + step }
}
