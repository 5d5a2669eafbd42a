use jiff::Timestamp;

use crate::Quotas;

/// Points are counted in windows of so many seconds.
pub const WINDOW_SECS: u64 = 10;
/// A lease is this part of a window's quota, so that a window has at most so many that are granted.
const LEASES_PER_WINDOW: u64 = 20;

/// Which window a time belongs to.
#[must_use]
pub fn window_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(WINDOW_SECS.cast_signed())
}

/// What one instance may still take of a tenant's window.
///
/// Far from the quota one lease a window is free, and whoever needs no more asks nobody. Let `q` be a window's
/// quota and `n` the number of instances: all together take at most `q` near the quota and at most `q + n * q / 20`
/// far from it, or one flush where that alone is larger than `q`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    window: i64,
    left: u64,
    is_used_up: bool,
}

/// Whether a flush may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It may, and is counted.
    Take,
    /// Only with a lease of so many points of this window from the shared counter; see [`Share::granted`].
    Ask {
        /// Whose counter.
        window: i64,
        /// How many.
        points: u64,
        /// The counter may not exceed this by it, unless this is the window's first lease.
        most: u64,
    },
    /// Not in this window. The same flush may pass after so many seconds.
    Wait {
        /// At least 1.
        secs: u64,
    },
}

impl Share {
    /// Judges a flush of so many points, and takes them where it says so.
    pub fn turn(&mut self, points: u64, quotas: &Quotas, is_near: bool, now: Timestamp) -> Turn {
        let window = window_of(now);
        let lease = lease_points(quotas);
        if self.window != window {
            *self = Self {
                window,
                left: if is_near { 0 } else { lease },
                is_used_up: false,
            };
        }
        if points <= self.left {
            self.left -= points;
            return Turn::Take;
        }
        if self.is_used_up {
            return Self::wait(now);
        }
        let most = window_points(quotas);
        let missing = points - self.left;
        Turn::Ask {
            window,
            // A flush larger than what is free for all can't ask for more than there is.
            points: missing.max(lease.min(most)),
            most,
        }
    }

    /// A lease of `leased` points was granted to a flush of `points`, which is taken.
    pub fn granted(&mut self, window: i64, leased: u64, points: u64) {
        if self.window == window {
            self.left = (self.left + leased).saturating_sub(points);
        }
    }

    /// A lease was refused: nobody is asked again in this window.
    pub fn refused(&mut self, window: i64, now: Timestamp) -> Turn {
        if self.window == window {
            self.is_used_up = true;
        }
        Self::wait(now)
    }

    fn wait(now: Timestamp) -> Turn {
        let into = now.as_second().rem_euclid(WINDOW_SECS.cast_signed());
        Turn::Wait {
            secs: WINDOW_SECS - into.cast_unsigned(),
        }
    }
}

fn window_points(quotas: &Quotas) -> u64 {
    quotas.samples_per_sec.saturating_mul(WINDOW_SECS)
}

fn lease_points(quotas: &Quotas) -> u64 {
    (window_points(quotas) / LEASES_PER_WINDOW).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + secs).unwrap()
    }

    fn quotas(samples_per_sec: u64) -> Quotas {
        Quotas {
            samples_per_sec,
            ..Quotas::default()
        }
    }

    /// The counter that all instances share, as the table keeps it.
    #[derive(Default)]
    struct Counter(Option<u64>);

    impl Counter {
        fn lease(&mut self, points: u64, most: u64) -> bool {
            let fits = self.0.is_none_or(|used| used + points <= most);
            if fits {
                self.0 = Some(self.0.unwrap_or_default() + points);
            }
            fits
        }
    }

    fn flush(
        share: &mut Share,
        counter: &mut Counter,
        points: u64,
        q: &Quotas,
        near: bool,
    ) -> Turn {
        match share.turn(points, q, near, at(0)) {
            Turn::Ask {
                window,
                points: leased,
                most,
            } => {
                if counter.lease(leased, most) {
                    share.granted(window, leased, points);
                    Turn::Take
                } else {
                    share.refused(window, at(0))
                }
            }
            turn => turn,
        }
    }

    #[test]
    fn far_from_the_quota_one_lease_a_window_is_free() {
        let (mut share, quotas) = (Share::default(), quotas(100));
        assert_eq!(share.turn(50, &quotas, false, at(0)), Turn::Take);
        let asked = Turn::Ask {
            window: window_of(at(0)),
            points: 50,
            most: 1000,
        };
        assert_eq!(share.turn(1, &quotas, false, at(9)), asked);
        assert_eq!(share.turn(50, &quotas, false, at(10)), Turn::Take);
    }

    #[test]
    fn near_the_quota_each_point_is_leased() {
        let (mut share, quotas) = (Share::default(), quotas(100));
        let window = window_of(at(0));
        let ask = |points| Turn::Ask {
            window,
            points,
            most: 1000,
        };
        assert_eq!(share.turn(20, &quotas, true, at(0)), ask(50));
        share.granted(window, 50, 20);
        assert_eq!(share.turn(30, &quotas, true, at(1)), Turn::Take);
        assert_eq!(share.turn(70, &quotas, true, at(2)), ask(70));
    }

    #[test]
    fn whoever_was_refused_waits_for_the_next_window_and_asks_nobody() {
        let (mut share, quotas) = (Share::default(), quotas(100));
        let window = window_of(at(0));
        share.turn(10, &quotas, true, at(0));
        assert_eq!(share.refused(window, at(3)), Turn::Wait { secs: 7 });
        assert_eq!(share.turn(1, &quotas, true, at(9)), Turn::Wait { secs: 1 });
        let next = share.turn(1, &quotas, true, at(10));
        assert!(matches!(next, Turn::Ask { .. }), "{next:?}");
    }

    #[test]
    fn a_flush_larger_than_a_window_is_taken_once_a_window() {
        let (mut share, mut counter, quotas) = (Share::default(), Counter::default(), quotas(1));
        assert_eq!(
            flush(&mut share, &mut counter, 500, &quotas, true),
            Turn::Take
        );
        let second = flush(&mut share, &mut counter, 500, &quotas, true);
        assert_eq!(second, Turn::Wait { secs: 10 });
    }

    #[test]
    fn a_lease_that_comes_after_its_window_is_not_carried_over() {
        let (mut share, quotas) = (Share::default(), quotas(100));
        share.turn(10, &quotas, true, at(0));
        share.turn(10, &quotas, true, at(10));
        share.granted(window_of(at(0)), 50, 10);
        share.refused(window_of(at(0)), at(10));
        let asked = share.turn(10, &quotas, true, at(10));
        assert!(matches!(asked, Turn::Ask { points: 50, .. }), "{asked:?}");
    }

    proptest! {
        /// The bound that [`Share`] states, and how often the counter is asked.
        #[test]
        fn instances_together_never_take_more_than_is_said(
            samples_per_sec in 1_u64..2_000,
            instances in 1_usize..12,
            flushes in prop::collection::vec((0_usize..12, 1_u64..3_000), 1..300),
            is_near: bool,
        ) {
            let quotas = quotas(samples_per_sec);
            let (window, lease) = (window_points(&quotas), lease_points(&quotas));
            let mut shares = vec![Share::default(); instances];
            let mut counter = Counter::default();
            let mut taken = 0;
            let mut largest = 0;
            let mut grants = 0;
            for (instance, points) in flushes {
                let instance = instance % instances;
                largest = largest.max(points);
                let before = counter.0;
                let turn = flush(&mut shares[instance], &mut counter, points, &quotas, is_near);
                if turn == Turn::Take {
                    taken += points;
                }
                grants += u64::from(counter.0 != before);
            }
            let free = if is_near { 0 } else { instances as u64 * lease };
            prop_assert!(taken <= window.max(largest) + free);
            prop_assert!(counter.0.unwrap_or_default() <= window.max(largest));
            prop_assert!(grants <= LEASES_PER_WINDOW.max(window / lease));
        }

        /// Leases that nobody uses up are no more than eight twentieths.
        #[test]
        fn with_eight_instances_nobody_waits_up_to_half_of_the_quota(
            points in prop::collection::vec((0_usize..8, 1_u64..50), 1..60),
        ) {
            let total: u64 = points.iter().map(|(_, points)| points).sum();
            let quotas = quotas((2 * total).div_ceil(WINDOW_SECS));
            let mut shares = vec![Share::default(); 8];
            let mut counter = Counter::default();
            for (instance, points) in points {
                let turn = flush(&mut shares[instance], &mut counter, points, &quotas, true);
                prop_assert_eq!(turn, Turn::Take);
            }
        }
    }
}
