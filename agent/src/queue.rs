//! Which flush is next? A bounded queue that loses the oldest first and counts what it lost.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::flush::Flush;

/// What became of flushes so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Answered with 2xx.
    pub taken: u64,
    /// Refused for good by the service.
    pub refused: u64,
    /// Lost because the queue or the spool was full.
    pub dropped: u64,
    /// Lost because the disk gave back something else than was written.
    pub corrupt: u64,
    /// Sent again after an answer or an error that asks for it.
    pub retries: u64,
    /// Writes to the spool that failed; the flush stayed in memory.
    pub spool_errors: u64,
}

/// Flushes that wait for the service, in the order they were made.
pub struct Queue {
    limit_bytes: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Arc<Flush>>,
    bytes: usize,
    /// The first one is being sent: it is neither lost nor handed out again.
    is_first_out: bool,
    counts: Counts,
    pushes: u64,
    closed: bool,
}

impl Queue {
    /// Holds bodies of `limit_bytes` in all, and always the newest one.
    #[must_use]
    pub fn new(limit_bytes: usize) -> Self {
        Self {
            limit_bytes,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the newest flush.
    pub fn push(&self, flush: Flush) {
        let mut state = self.state();
        state.bytes += flush.body.len();
        state.waiting.push_back(Arc::new(flush));
        state.pushes += 1;
        self.enforce_limit(&mut state);
        self.changed.notify_all();
    }

    fn enforce_limit(&self, state: &mut State) {
        while state.bytes > self.limit_bytes && state.waiting.len() > 1 {
            let Some(oldest) = state.waiting.remove(usize::from(state.is_first_out)) else {
                return;
            };
            state.bytes -= oldest.body.len();
            state.counts.dropped += 1;
        }
    }

    /// The oldest flush, waiting for one; nothing when the queue is closed and empty. It stays until
    /// [`Queue::settle`] or [`Queue::put_back`], so that it can be saved while its answer is out.
    pub fn next(&self) -> Option<Arc<Flush>> {
        let mut state = self.state();
        loop {
            if let Some(flush) = state.waiting.front().cloned() {
                state.is_first_out = true;
                return Some(flush);
            }
            if state.closed {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Forgets the oldest flush, if it is this one: it was answered, or is on disk.
    pub fn settle(&self, flush: &Arc<Flush>) {
        let mut state = self.state();
        state.is_first_out = false;
        let is_first = |first: &Arc<Flush>| Arc::ptr_eq(first, flush);
        if state.waiting.front().is_some_and(is_first) {
            state.waiting.pop_front();
            state.bytes -= flush.body.len();
        }
    }

    /// The flush that is out could not be sent: it is the first one again.
    pub fn put_back(&self) {
        let mut state = self.state();
        state.is_first_out = false;
        self.enforce_limit(&mut state);
    }

    /// The oldest flush if there is one now, whether it is out or not.
    #[must_use]
    pub fn first(&self) -> Option<Arc<Flush>> {
        self.state().waiting.front().cloned()
    }

    /// How often [`Queue::push`] was called.
    #[must_use]
    pub fn pushes(&self) -> u64 {
        self.state().pushes
    }

    /// Waits until `until`, a push after the `seen`th one, or the end; says whether that is `until`.
    pub fn pause(&self, until: Instant, seen: u64) -> bool {
        let mut state = self.state();
        while !state.closed && state.pushes == seen {
            let left = until.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                return true;
            }
            let woken = self.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        Instant::now() >= until
    }

    /// Says that nothing will be added; wakes whoever waits.
    pub fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// Whether [`Queue::close`] was called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Records what became of one flush.
    pub fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.state().counts);
    }

    /// What became of flushes so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.state().counts
    }

    /// How many flushes wait, the one that is out among them, and their bytes.
    #[must_use]
    pub fn waiting(&self) -> (usize, usize) {
        let state = self.state();
        (state.waiting.len(), state.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flush(mark: u8) -> Flush {
        Flush {
            body: vec![mark; 10],
            samples: 1,
            protocol: crate::encoding::Protocol::V1,
        }
    }

    fn drained(queue: &Queue) -> Vec<u8> {
        queue.close();
        let one = || {
            let flush = queue.next()?;
            queue.settle(&flush);
            Some(flush.body[0])
        };
        std::iter::from_fn(one).collect()
    }

    #[test]
    fn the_oldest_is_lost_first_and_counted() {
        let queue = Queue::new(30);
        (1..=5).for_each(|mark| queue.push(flush(mark)));
        assert_eq!(queue.waiting(), (3, 30));
        assert_eq!(queue.counts().dropped, 2);
        assert_eq!(drained(&queue), [3, 4, 5]);
    }

    #[test]
    fn what_is_being_sent_is_not_lost_until_it_was_put_back() {
        let queue = Queue::new(30);
        queue.push(flush(1));
        queue.next().unwrap();
        (2..=4).for_each(|mark| queue.push(flush(mark)));
        assert_eq!(queue.counts().dropped, 1);
        queue.put_back();
        assert_eq!(drained(&queue), [1, 3, 4]);

        let queue = Queue::new(15);
        queue.push(flush(1));
        queue.next().unwrap();
        queue.push(flush(2));
        queue.put_back();
        assert_eq!(queue.counts().dropped, 1);
        assert_eq!(drained(&queue).len(), 1);
    }

    #[test]
    fn a_flush_larger_than_the_queue_is_kept_while_it_is_the_only_one() {
        let queue = Queue::new(5);
        queue.push(flush(1));
        assert_eq!(queue.waiting(), (1, 10));
        queue.push(flush(2));
        assert_eq!(drained(&queue), [2]);
    }

    #[test]
    fn a_pause_ends_early_for_a_push_and_for_the_end_only() {
        let queue = Queue::new(30);
        let soon = || Instant::now() + Duration::from_millis(20);
        let late = || Instant::now() + Duration::from_secs(60);
        assert!(queue.pause(soon(), queue.pushes()));
        let seen = queue.pushes();
        queue.push(flush(1));
        assert!(!queue.pause(late(), seen));
        queue.close();
        assert!(!queue.pause(late(), queue.pushes()));
    }
}
