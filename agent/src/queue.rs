//! Which flush is next? A bounded queue that loses the oldest first and counts what it lost.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::flush::Flush;

/// What became of flushes so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Answered with 2xx.
    pub taken: u64,
    /// Refused for good by the service.
    pub refused: u64,
    /// Lost because the queue was full.
    pub dropped: u64,
    /// Sent again after an answer or an error that asks for it.
    pub retries: u64,
}

/// Flushes that wait for the service, in the order they were made.
pub struct Queue {
    limit_bytes: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Flush>,
    bytes: usize,
    counts: Counts,
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
        state.waiting.push_back(flush);
        self.enforce_limit(&mut state);
        self.changed.notify_all();
    }

    /// Puts back the flush that could not be sent, before all others.
    pub fn put_back(&self, flush: Flush) {
        let mut state = self.state();
        state.counts.retries += 1;
        state.bytes += flush.body.len();
        state.waiting.push_front(flush);
        self.enforce_limit(&mut state);
    }

    fn enforce_limit(&self, state: &mut State) {
        while state.bytes > self.limit_bytes && state.waiting.len() > 1 {
            if let Some(oldest) = state.waiting.pop_front() {
                state.bytes -= oldest.body.len();
                state.counts.dropped += 1;
            }
        }
    }

    /// The oldest flush, waiting for one; nothing when the queue is closed and empty.
    pub fn pop(&self) -> Option<Flush> {
        let mut state = self.state();
        loop {
            if let Some(flush) = state.waiting.pop_front() {
                state.bytes -= flush.body.len();
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

    /// Waits until `duration` is over or the queue is closed.
    pub fn pause(&self, duration: Duration) {
        let until = Instant::now() + duration;
        let mut state = self.state();
        while !state.closed {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let woken = self.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
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

    /// How many flushes wait, and their bytes.
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
        }
    }

    fn drained(queue: &Queue) -> Vec<u8> {
        queue.close();
        std::iter::from_fn(|| queue.pop())
            .map(|f| f.body[0])
            .collect()
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
    fn what_was_put_back_goes_first_and_is_the_first_to_be_lost() {
        let queue = Queue::new(30);
        queue.push(flush(1));
        let first = queue.pop().unwrap();
        (2..=3).for_each(|mark| queue.push(flush(mark)));
        queue.put_back(first);
        assert_eq!(drained(&queue), [1, 2, 3]);

        let queue = Queue::new(30);
        queue.push(flush(1));
        let first = queue.pop().unwrap();
        (2..=4).for_each(|mark| queue.push(flush(mark)));
        queue.put_back(first);
        assert_eq!(queue.counts().dropped, 1);
        assert_eq!(drained(&queue), [2, 3, 4]);
    }

    #[test]
    fn a_flush_larger_than_the_queue_is_kept_while_it_is_the_only_one() {
        let queue = Queue::new(5);
        queue.push(flush(1));
        assert_eq!(queue.waiting(), (1, 10));
        queue.push(flush(2));
        assert_eq!(drained(&queue), [2]);
    }
}
