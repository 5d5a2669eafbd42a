//! A group's timer: when is it looked at next?
//!
//! ```text
//!            an alert comes              decided              nothing came in between
//!   Idle ─────────────────▶ Waiting ───────────────▶ Settling ─────────────────────▶ Waiting, or Idle without alerts
//!                              ▲                        │
//!                              └────────────────────────┘
//!                                  an alert came, or changed
//! ```
//!
//! A group that nothing happens to is left alone until something has to be repeated or ends. So whoever adds or changes an
//! alert says so first (its membership) and reads the group after it; whoever puts off a group's next look writes `Settling`
//! first and reads the memberships after it. So one of the two always sees the other, and a crash leaves a group that is due
//! too early.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::flush::Next;

/// The longest that a group with alerts is left alone.
const LOOKED_AT_EACH: SignedDuration = SignedDuration::from_hours(24);

/// What a group waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// For an alert.
    Idle,
    /// For its next look.
    Waiting {
        /// When that is.
        due: Timestamp,
        /// When it was flushed since it was idle; later alerts wait for `group_interval` from then on.
        flushed_at: Option<Timestamp>,
    },
    /// For somebody to make sure that no alert came or changed since it was decided.
    Settling {
        /// When that is, should whoever decided have crashed.
        due: Timestamp,
        /// When it was flushed.
        flushed_at: Timestamp,
        /// Whether an alert is left in it.
        is_empty: bool,
    },
}

/// The intervals of a group's route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intervals {
    /// How long the first alert waits for others.
    pub group_wait: SignedDuration,
    /// How long what comes after a flush waits.
    pub group_interval: SignedDuration,
    /// After this a receiver is told again, though nothing changed.
    pub repeat_interval: SignedDuration,
}

impl Intervals {
    /// The first time a whole number of intervals after a flush that is not before `at`; at least one.
    fn tick(&self, flushed_at: Timestamp, at: Timestamp) -> Timestamp {
        let interval = self.interval_ms();
        let waited = millis_between(flushed_at, at).max(1);
        later_by(
            flushed_at,
            waited.saturating_add(interval - 1) / interval * interval,
        )
    }

    /// The last such time that is not after `now`; at the earliest the flush itself.
    fn last_tick(&self, flushed_at: Timestamp, now: Timestamp) -> Timestamp {
        let interval = self.interval_ms();
        later_by(
            flushed_at,
            millis_between(flushed_at, now).max(0) / interval * interval,
        )
    }

    fn interval_ms(&self) -> i64 {
        i64::try_from(self.group_interval.as_millis())
            .unwrap_or(i64::MAX)
            .max(1)
    }
}

impl Phase {
    /// When somebody must look at it.
    #[must_use]
    pub const fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Idle => None,
            Self::Waiting { due, .. } | Self::Settling { due, .. } => Some(*due),
        }
    }

    /// What it is after an alert was added, or changed, that fires since `starts_at`; none where that changes nothing.
    ///
    /// Source: Alertmanager, `dispatch.aggrGroup.insert`: an alert that is older than the wait is not made to
    /// wait once more.
    #[must_use]
    pub fn touched(
        &self,
        intervals: &Intervals,
        starts_at: Timestamp,
        now: Timestamp,
    ) -> Option<Self> {
        let waits_until = later(starts_at, intervals.group_wait);
        let first = || Self::Waiting {
            due: if waits_until < now {
                now
            } else {
                later(now, intervals.group_wait)
            },
            flushed_at: None,
        };
        match *self {
            Self::Idle | Self::Settling { is_empty: true, .. } => Some(first()),
            Self::Waiting {
                flushed_at: None,
                due,
            } => (waits_until < now && due > now).then(first),
            Self::Waiting {
                flushed_at: Some(flushed_at),
                due,
            } => {
                let tick = intervals.tick(flushed_at, now);
                (due > tick).then_some(Self::waiting(tick, flushed_at))
            }
            Self::Settling { flushed_at, .. } => {
                Some(Self::waiting(intervals.tick(flushed_at, now), flushed_at))
            }
        }
    }

    /// What it is when it was decided at `now` what is said of it.
    ///
    /// A flush that comes late, or because a mute ended, does not move the ones after it.
    #[must_use]
    pub fn decided(&self, intervals: &Intervals, is_empty: bool, now: Timestamp) -> Self {
        let flushed_at = match *self {
            Self::Waiting { flushed_at, due } => {
                intervals.last_tick(flushed_at.unwrap_or(due), now)
            }
            Self::Settling { flushed_at, .. } => intervals.last_tick(flushed_at, now),
            Self::Idle => now,
        };
        let due = if is_empty {
            now
        } else {
            intervals.tick(flushed_at, now)
        };
        Self::Settling {
            due,
            flushed_at,
            is_empty,
        }
    }

    /// What it is when nothing came or changed since it was decided: it is left alone until something must be said.
    #[must_use]
    pub fn settled(&self, intervals: &Intervals, next: Next) -> Self {
        match *self {
            Self::Settling { is_empty: true, .. } => Self::Idle,
            Self::Settling { flushed_at, .. } => {
                let longest = later(flushed_at, LOOKED_AT_EACH);
                let tick = next
                    .not_before
                    .map_or(longest, |at| intervals.tick(flushed_at, at));
                let due = next.at.map_or(tick, |at| tick.min(at)).min(longest);
                Self::waiting(due, flushed_at)
            }
            other => other,
        }
    }

    /// What it is when the reasons may have changed why something is said or not; none where nobody is in it, and where it
    /// waits for its first flush.
    #[must_use]
    pub fn hurried(&self, now: Timestamp) -> Option<Self> {
        match *self {
            Self::Waiting {
                due,
                flushed_at: Some(flushed_at),
            } => Some(Self::waiting(due.min(now), flushed_at)),
            Self::Settling {
                flushed_at,
                is_empty: false,
                ..
            } => Some(Self::waiting(now, flushed_at)),
            _ => None,
        }
    }

    const fn waiting(due: Timestamp, flushed_at: Timestamp) -> Self {
        Self::Waiting {
            due,
            flushed_at: Some(flushed_at),
        }
    }
}

fn millis_between(from: Timestamp, to: Timestamp) -> i64 {
    i64::try_from(to.duration_since(from).as_millis()).unwrap_or(i64::MAX)
}

fn later_by(at: Timestamp, millis: i64) -> Timestamp {
    later(at, SignedDuration::from_millis(millis))
}

pub(crate) fn later(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}
