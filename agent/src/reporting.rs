//! The loops: one looks at the host on time, one sends what was gathered, however slow the service is.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use series::{Labels, METRIC_NAME};

use crate::flush::Gathering;
use crate::host::Host;
use crate::queue::Queue;
use crate::sending::{Backoff, Destination, Verdict};
use crate::snapshot::Snapshot;

/// How often to look and how often to send.
#[derive(Debug, Clone, Copy)]
pub struct Rhythm {
    /// Between two samples of a series.
    pub interval: Duration,
    /// Between two flushes; at least one interval.
    pub flush: Duration,
}

/// What the loops need besides the host.
pub struct Reporter<'a> {
    /// The label `instance`.
    pub host_name: &'a str,
    /// When to look and send.
    pub rhythm: Rhythm,
    /// Where flushes wait.
    pub queue: &'a Queue,
    /// The time, in milliseconds since the Unix epoch.
    pub now_ms: fn() -> i64,
    /// Where a line for the operator goes.
    pub log: fn(&str),
}

impl Reporter<'_> {
    /// Looks at the host until `stop` says so, and once more then. The first look is sent at once, so
    /// that a host shows up when its agent starts.
    pub fn watch(&self, host: &mut Host, stop: &Receiver<()>) {
        let mut gathering = Gathering::default();
        let mut next_look = Instant::now();
        let mut next_flush = next_look;
        loop {
            gathering.add(self.look(host));
            let now = Instant::now();
            if now >= next_flush {
                self.flush(&mut gathering);
                next_flush = following(next_flush, self.rhythm.flush, now);
            }
            next_look = following(next_look, self.rhythm.interval, now);
            let left = next_look.saturating_duration_since(Instant::now());
            if stop.recv_timeout(left) != Err(RecvTimeoutError::Timeout) {
                gathering.add(self.look(host));
                self.flush(&mut gathering);
                return;
            }
        }
    }

    fn flush(&self, gathering: &mut Gathering) {
        match gathering.take() {
            Ok(Some(flush)) => self.queue.push(flush),
            Ok(None) => {}
            Err(error) => {
                self.queue.count(|counts| counts.dropped += 1);
                (self.log)(&format!(
                    "a flush could not be encoded and is lost: {error}"
                ));
            }
        }
    }

    /// One look at the host, with what the agent knows of its own work.
    pub fn look(&self, host: &mut Host) -> Snapshot {
        let mut snapshot = host.collect(self.host_name, (self.now_ms)());
        let counts = self.queue.counts();
        let (_, waiting_bytes) = self.queue.waiting();
        let values = [
            ("toban_agent_flushes_taken_total", counts.taken),
            ("toban_agent_flushes_refused_total", counts.refused),
            ("toban_agent_flushes_dropped_total", counts.dropped),
            ("toban_agent_retries_total", counts.retries),
            ("toban_agent_waiting_bytes", waiting_bytes as u64),
        ];
        for (name, value) in values {
            let labels = Labels::new([
                (METRIC_NAME, name),
                ("instance", self.host_name),
                ("job", "toban-agent"),
            ]);
            if let (Ok(labels), Ok(value)) = (labels, u32::try_from(value)) {
                snapshot.values.insert(labels, f64::from(value));
            }
        }
        snapshot
    }

    /// Sends until the queue is closed and empty. After closing, each flush gets one more attempt and
    /// the first that fails ends it: whoever stops does not wait for a service that is down.
    pub fn send(&self, destination: &Destination, random: &dyn Fn() -> u64) {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        while let Some(flush) = self.queue.pop() {
            match destination.post(&flush) {
                Verdict::Taken => {
                    self.queue.count(|counts| counts.taken += 1);
                    backoff.reset();
                }
                Verdict::Refused { reason } => {
                    self.queue.count(|counts| counts.refused += 1);
                    let samples = flush.samples;
                    (self.log)(&format!("refused for good, {samples} samples: {reason}"));
                    backoff.reset();
                }
                Verdict::Again { reason, wait } => {
                    self.queue.put_back(flush);
                    if self.queue.is_closed() {
                        let (waiting, _) = self.queue.waiting();
                        (self.log)(&format!(
                            "stopping with {waiting} flushes not taken: {reason}"
                        ));
                        return;
                    }
                    let pause = backoff.next(wait, random());
                    (self.log)(&format!("not taken, again in {pause:.1?}: {reason}"));
                    self.queue.pause(pause);
                }
            }
        }
    }
}

/// The next time on the grid after `now`: what was missed (a suspended host, a slow disk) is not made up for.
fn following(last: Instant, step: Duration, now: Instant) -> Instant {
    let next = last + step;
    if next > now { next } else { now + step }
}
