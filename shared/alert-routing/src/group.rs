//! A group's timer: when is it looked at next?
//!
//! ```text
//!            an alert comes                    no alert is left         still none
//!   Idle ───────────────────▶ Waiting{due} ───────────────────▶ Draining ─────────▶ Idle
//!                              ▲   │  ▲                            │
//!                              └───┘  └────────────────────────────┘
//!                              flushed           an alert came in between
//! ```
//!
//! Whoever adds an alert writes the alert first and reads the group after it; whoever puts a group to rest
//! writes `Draining` first and reads the alerts after it. So one of the two always sees the other.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What a group waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// For an alert.
    Idle,
    /// For its next flush.
    Waiting {
        /// When that is.
        due: Timestamp,
        /// Whether it was flushed since it was idle: later alerts wait for the next flush, whatever their age.
        has_flushed: bool,
    },
    /// For a last look whether an alert came while it was put to rest.
    Draining {
        /// When that is.
        due: Timestamp,
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

impl Phase {
    /// When somebody must look at it.
    #[must_use]
    pub const fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Idle => None,
            Self::Waiting { due, .. } | Self::Draining { due } => Some(*due),
        }
    }

    /// What it is after an alert was added that fires since `starts_at`; none where that changes nothing.
    ///
    /// Source: Alertmanager, `dispatch.aggrGroup.insert`: an alert that is older than the wait is not made to
    /// wait once more.
    #[must_use]
    pub fn alert_added(
        &self,
        intervals: &Intervals,
        starts_at: Timestamp,
        now: Timestamp,
    ) -> Option<Self> {
        let has_waited = later(starts_at, intervals.group_wait) < now;
        let first = |due| {
            Some(Self::Waiting {
                due,
                has_flushed: false,
            })
        };
        match self {
            Self::Idle | Self::Draining { .. } if has_waited => first(now),
            Self::Idle | Self::Draining { .. } => first(later(now, intervals.group_wait)),
            Self::Waiting {
                has_flushed: false,
                due,
            } if has_waited && *due > now => first(now),
            Self::Waiting { .. } => None,
        }
    }

    /// What it is after a look at `now`; empty where no alert stays in it.
    ///
    /// Alertmanager forgets an empty group within 30 seconds, this does at once: what comes next is a new group
    /// and waits for `group_wait`.
    /// A flush that came late does not move the ones after it, so that intervals stay what was set.
    #[must_use]
    pub fn flushed(&self, intervals: &Intervals, is_empty: bool, now: Timestamp) -> Self {
        match self {
            Self::Draining { .. } | Self::Idle if is_empty => Self::Idle,
            Self::Waiting { .. } if is_empty => Self::Draining { due: now },
            // It came while the group was put to rest, as the first one of a new group.
            Self::Draining { .. } | Self::Idle => Self::Waiting {
                due: later(now, intervals.group_wait),
                has_flushed: false,
            },
            Self::Waiting { due, .. } => {
                let next = later(*due, intervals.group_interval);
                Self::Waiting {
                    due: if next > now {
                        next
                    } else {
                        later(now, intervals.group_interval)
                    },
                    has_flushed: true,
                }
            }
        }
    }
}

pub(crate) fn later(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}
