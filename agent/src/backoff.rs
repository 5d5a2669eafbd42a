//! How long to wait before the next attempt: doubling, a minute at most, and never all hosts at once.

use std::time::Duration;

/// Waits that grow.
pub struct Backoff {
    attempt: u32,
    first: Duration,
    most: Duration,
}

impl Backoff {
    /// Starts at `first` and doubles up to `most`.
    #[must_use]
    pub fn new(first: Duration, most: Duration) -> Self {
        Self {
            attempt: 0,
            first,
            most,
        }
    }

    /// The next wait: between half of the step and all of it, chosen by `random`; never shorter than
    /// the service `asked` for (as far as `most` goes).
    pub fn next(&mut self, asked: Option<Duration>, random: u64) -> Duration {
        let step = self
            .first
            .saturating_mul(1 << self.attempt.min(20))
            .min(self.most);
        self.attempt = self.attempt.saturating_add(1);
        let asked = asked.unwrap_or_default().min(self.most);
        between(step / 2, step, random).max(asked)
    }

    /// After a flush was taken.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }
}

/// A wait from `least` to `most`, chosen by `random`.
#[must_use]
pub fn between(least: Duration, most: Duration, random: u64) -> Duration {
    let share = f64::from(u32::try_from(random >> 32).unwrap_or(0)) / f64::from(u32::MAX);
    least + most.saturating_sub(least).mul_f64(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_a_minute_and_never_exceed_it() {
        let secs = Duration::from_secs;
        let mut backoff = Backoff::new(secs(1), secs(60));
        let most: Vec<_> = (0..8).map(|_| backoff.next(None, u64::MAX)).collect();
        assert_eq!(most, [1, 2, 4, 8, 16, 32, 60, 60].map(secs));
        backoff.reset();
        assert_eq!(backoff.next(None, 0), secs(1) / 2);
        assert_eq!(backoff.next(Some(secs(9)), 0), secs(9));
        assert_eq!(backoff.next(Some(secs(9999)), 0), secs(60));
        (0..100).for_each(|_| assert!(backoff.next(None, u64::MAX) <= secs(60)));
    }
}
