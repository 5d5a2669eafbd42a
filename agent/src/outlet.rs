//! What becomes of the flushes for one destination? Its own queue, spool and thread, so that one that is
//! down delays no other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::backoff::{Backoff, between};
use crate::encoding::Protocol;
use crate::filter::Filter;
use crate::flush::Flush;
use crate::queue::Queue;
use crate::sending::{Destination, Verdict};
use crate::spool::{Append, Spool};
use crate::threshold_feed::ThresholdFeed;

/// Between two flushes of a backlog: a fleet that comes back does not come at once.
const DRAIN_PAUSE: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(250)];

/// Between two flushes when nobody said and the service waits for no threshold, or the agent knows them.
const FLUSH: Duration = Duration::from_secs(15);
const FLUSH_WITH_THRESHOLDS: Duration = Duration::from_secs(60);

/// How often to look and how often to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// Between two samples of a series.
    pub interval: Duration,
    /// Between two flushes; at least one interval. Nothing: as the thresholds allow.
    pub flush: Option<Duration>,
}

/// One destination with everything that waits for it.
pub struct Outlet {
    /// The label `destination` of what the agent says about itself.
    pub name: String,
    /// What goes there.
    pub filter: Filter,
    /// What it is written in.
    pub protocol: Protocol,
    /// When it goes there.
    pub rhythm: Rhythm,
    /// What waits in memory.
    pub queue: Queue,
    /// What waits on disk; all of it is older than what waits in memory.
    pub spool: Option<Mutex<Spool>>,
    /// When not to wait; nothing where the destination is no Toban.
    pub thresholds: Option<ThresholdFeed>,
    /// Where it goes.
    pub destination: Destination,
}

/// What sending needs from outside.
#[derive(Clone, Copy)]
pub struct Surroundings {
    /// 64 random bits.
    pub random: fn() -> u64,
    /// Where a line for the operator goes.
    pub log: fn(&str),
}

/// Where a flush that is being sent waits for its answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Memory,
    Disk,
}

impl Outlet {
    /// Between two flushes, as things are.
    #[must_use]
    pub fn flush_interval(&self) -> Duration {
        let known = self
            .thresholds
            .as_ref()
            .is_some_and(|feed| feed.known().is_some());
        let usual = if known { FLUSH_WITH_THRESHOLDS } else { FLUSH };
        self.rhythm.flush.unwrap_or(usual).max(self.rhythm.interval)
    }

    /// Sends until the queue is closed and empty. After closing, each flush gets one more attempt and
    /// the first that fails ends it: whoever stops does not wait for a service that is down.
    pub fn send(&self, surroundings: Surroundings) {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        let mut dropped = 0;
        while let Some((flush, source)) = self.next(surroundings) {
            match self.destination.post(&flush) {
                Verdict::Taken => {
                    self.queue.count(|counts| counts.taken += 1);
                    self.settle(&flush, source);
                    backoff.reset();
                    self.refresh_thresholds();
                }
                Verdict::Refused { reason, written } => {
                    self.queue.count(|counts| counts.refused += 1);
                    self.settle(&flush, source);
                    let (all, lost) = (flush.samples, flush.samples.saturating_sub(written));
                    self.log(
                        surroundings,
                        &format!("refused for good, {lost} of {all} samples: {reason}"),
                    );
                    backoff.reset();
                }
                Verdict::Again { reason, wait } => {
                    self.put_back(source);
                    self.save(surroundings);
                    if self.queue.is_closed() {
                        return self.say_what_is_lost(surroundings, &reason);
                    }
                    let pause = backoff.next(wait, (surroundings.random)());
                    self.log(
                        surroundings,
                        &format!("not taken, again in {pause:.1?}: {reason}"),
                    );
                    self.pause(pause, surroundings);
                }
            }
            dropped = self.say_what_was_dropped(dropped, surroundings);
            if self.has_spooled() {
                // A backlog that grows faster than it goes would never be gone.
                let shorter = |pause: Duration| pause.min(self.flush_interval() / 4);
                let [least, most] = DRAIN_PAUSE.map(shorter);
                self.pause(between(least, most, (surroundings.random)()), surroundings);
            }
        }
    }

    /// What is on disk is older than what is in memory and goes first; what came meanwhile goes behind it.
    fn next(&self, surroundings: Surroundings) -> Option<(Arc<Flush>, Source)> {
        if self.has_spooled() {
            self.save(surroundings);
            if self.queue.is_closed() {
                self.say_what_is_lost(surroundings, "stopped before the backlog was sent");
                return None;
            }
            if let Some(flush) = self.oldest_spooled(surroundings) {
                return Some((Arc::new(flush), Source::Disk));
            }
        }
        Some((self.queue.next()?, Source::Memory))
    }

    fn oldest_spooled(&self, surroundings: Surroundings) -> Option<Flush> {
        let (flush, corrupt) = self.spool()?.oldest();
        if corrupt > 0 {
            self.queue.count(|counts| counts.corrupt += corrupt);
            self.log(
                surroundings,
                &format!("{corrupt} spooled flushes can't be read and are lost"),
            );
        }
        flush
    }

    fn settle(&self, flush: &Arc<Flush>, source: Source) {
        match source {
            Source::Memory => self.queue.settle(flush),
            Source::Disk => {
                if let Some(mut spool) = self.spool() {
                    spool.remove_oldest();
                }
            }
        }
    }

    fn put_back(&self, source: Source) {
        self.queue.count(|counts| counts.retries += 1);
        if source == Source::Memory {
            self.queue.put_back();
        }
    }

    /// Moves what waits in memory to disk, as far as the disk takes it.
    pub fn save(&self, surroundings: Surroundings) {
        let Some(mut spool) = self.spool() else {
            return;
        };
        while let Some(flush) = self.queue.first() {
            let Append { dropped, kept } = spool.append(&flush);
            self.queue.count(|counts| counts.dropped += dropped);
            match kept {
                Ok(()) => self.queue.settle(&flush),
                Err(error) => {
                    let before = self.queue.counts().spool_errors;
                    self.queue.count(|counts| counts.spool_errors += 1);
                    if before == 0 {
                        self.log(
                            surroundings,
                            &format!("the disk takes nothing, kept in memory: {error}"),
                        );
                    }
                    return;
                }
            }
        }
    }

    fn refresh_thresholds(&self) {
        if let Some(feed) = &self.thresholds
            && !self.queue.is_closed()
        {
            feed.refresh(&self.destination, Instant::now());
        }
    }

    /// Saves what comes meanwhile, so that a kill takes as little as possible.
    fn pause(&self, duration: Duration, surroundings: Surroundings) {
        let until = Instant::now() + duration;
        loop {
            let seen = self.queue.pushes();
            self.save(surroundings);
            if self.queue.pause(until, seen) || self.queue.is_closed() {
                return;
            }
        }
    }

    fn spool(&self) -> Option<MutexGuard<'_, Spool>> {
        let spool = self.spool.as_ref()?;
        Some(spool.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn has_spooled(&self) -> bool {
        self.spool().is_some_and(|spool| !spool.is_empty())
    }

    /// Bytes that wait, in memory and on disk.
    #[must_use]
    pub fn waiting_bytes(&self) -> (u64, u64) {
        let on_disk = self.spool().map_or(0, |spool| spool.bytes());
        (self.queue.waiting().1 as u64, on_disk)
    }

    /// One line per attempt at most, however many flushes had to go meanwhile.
    fn say_what_was_dropped(&self, said: u64, surroundings: Surroundings) -> u64 {
        let dropped = self.queue.counts().dropped;
        if dropped > said {
            let more = dropped - said;
            let line = format!("no room: the {more} oldest flushes are lost, {dropped} in all");
            self.log(surroundings, &line);
        }
        dropped
    }

    fn say_what_is_lost(&self, surroundings: Surroundings, reason: &str) {
        let (lost, _) = self.queue.waiting();
        let kept = self.spool().map_or(0, |spool| spool.len());
        let line = format!("stopping with {lost} flushes not taken, {kept} kept on disk: {reason}");
        self.log(surroundings, &line);
    }

    fn log(&self, surroundings: Surroundings, line: &str) {
        (surroundings.log)(&format!("{}: {line}", self.name));
    }
}
