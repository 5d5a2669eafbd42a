//! How long to wait before the next attempt: doubling, bounded, and never all hosts at once.

use std::time::Duration;

/// The longest wait that a service may ask for: a host that says nothing for longer is as good as gone.
const MOST_ASKED: Duration = Duration::from_secs(300);

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

    /// The next wait, chosen by `random`: between half of the step and all of it, or what the service
    /// `asked` for (five minutes at most) and up to half of that on top, whichever is longer. Whoever is
    /// told the same does not come back at the same moment.
    pub fn next(&mut self, asked: Option<Duration>, random: u64) -> Duration {
        let step = self
            .first
            .saturating_mul(1 << self.attempt.min(20))
            .min(self.most);
        self.attempt = self.attempt.saturating_add(1);
        let asked = asked.unwrap_or_default().min(MOST_ASKED);
        let own = between(step / 2, step, random);
        own.max(between(asked, asked + asked / 2, random))
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
        assert_eq!(backoff.next(Some(secs(8)), u64::MAX), secs(12));
        assert_eq!(backoff.next(Some(Duration::MAX), 0), secs(300));
        assert_eq!(backoff.next(Some(Duration::MAX), u64::MAX), secs(450));
        assert_eq!(backoff.next(Some(secs(1)), u64::MAX), secs(32));
        (0..100).for_each(|_| assert!(backoff.next(None, u64::MAX) <= secs(60)));
    }
}
