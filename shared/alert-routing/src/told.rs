//! What did one receiver hear last of one group, and must it hear of it again?

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The short identity of an alert in what a receiver was told: half of its label set's hash.
pub type AlertHash = u64;

/// What a receiver was told last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// These fire.
    pub firing: BTreeSet<AlertHash>,
    /// These ended.
    pub resolved: BTreeSet<AlertHash>,
    /// When.
    pub at: Timestamp,
    /// By which version of the group.
    pub version: u64,
}

/// Why a receiver is told now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotifyReason {
    /// It knows nothing of this group.
    FirstNotification,
    /// Alerts fire that it does not know of.
    NewAlerts,
    /// Alerts ended, others go on.
    NewResolved,
    /// Everything that it was told of has ended.
    AllResolved,
    /// Nothing changed for the repeat interval.
    Repeat,
    /// What silences alerts that still fire ends soon.
    SilenceEnds,
}

/// Why a receiver is not told now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuietReason {
    /// It ended before anybody was told that it began.
    NothingFired,
    /// It was told the same, and the repeat interval has not passed.
    AlreadyTold,
    /// Nobody is set who could be told.
    NoReceiver,
    /// It ended, and this receiver does not want to hear of ends. It counts as told.
    WantsNoResolved,
}

/// What a group looks like now, after everything that mutes.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    /// These fire.
    pub firing: &'a BTreeSet<AlertHash>,
    /// These ended since the last time somebody looked.
    pub resolved: &'a BTreeSet<AlertHash>,
    /// Whether this receiver wants to hear of ends.
    pub sends_resolved: bool,
    /// After this it is told again, though nothing changed.
    pub repeat_interval: SignedDuration,
    /// When that is.
    pub at: Timestamp,
}

/// Whether somebody who was told `told` must hear what is the case now.
///
/// Source: Alertmanager, `notify.DedupStage.needsUpdate`. That an end is news even for a receiver that does
/// not want to hear of ends clears what it was told, so that the same alert later is news again.
pub fn news(told: Option<&Told>, now: &Now<'_>) -> Result<NotifyReason, QuietReason> {
    let Some(told) = told else {
        return if now.firing.is_empty() {
            Err(QuietReason::NothingFired)
        } else {
            Ok(NotifyReason::FirstNotification)
        };
    };
    if !now.firing.is_subset(&told.firing) {
        return Ok(NotifyReason::NewAlerts);
    }
    if now.firing.is_empty() {
        return if told.firing.is_empty() {
            Err(QuietReason::NothingFired)
        } else {
            Ok(NotifyReason::AllResolved)
        };
    }
    if now.sends_resolved && !now.resolved.is_subset(&told.resolved) {
        return Ok(NotifyReason::NewResolved);
    }
    if now.at.duration_since(told.at) >= now.repeat_interval {
        return Ok(NotifyReason::Repeat);
    }
    Err(QuietReason::AlreadyTold)
}
