//! Where does an alert belong?

use std::collections::BTreeMap;
use std::fmt;

use jiff::SignedDuration;
use series::Labels;

use crate::alert::Alert;
use crate::flush::Way;
use crate::group::{Intervals, Phase};
use crate::mute::Muted;
use crate::stored::{GroupId, StoredGroup};

/// A group that an alert belongs to, and its route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The group.
    pub group: GroupId,
    /// The same as Alertmanager writes it.
    pub key: String,
    /// What its alerts have in common.
    pub labels: Labels,
    /// Of its route.
    pub intervals: Intervals,
    /// Who is told.
    pub receiver: String,
    /// How.
    pub ways: Vec<Way>,
}

impl Placement {
    /// The group before its first alert.
    pub(crate) fn new_group(&self) -> StoredGroup {
        StoredGroup {
            id: self.group.clone(),
            key: self.key.clone(),
            labels: self.labels.clone(),
            phase: Phase::Idle,
            silent: BTreeMap::new(),
            version: 0,
        }
    }
}

/// What a tenant configured, as far as decisions ask.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    /// An alert whose sender does not say when it ends does after this.
    pub resolve_timeout: SignedDuration,
    /// The groups of a label set, in the order of the routes.
    pub placements: &'a (dyn Fn(&Labels) -> Vec<Placement> + Send + Sync),
    /// What mutes an alert there.
    pub muted: &'a (dyn Fn(&Placement, &Alert) -> Option<Muted> + Send + Sync),
}

impl fmt::Debug for Plan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plan")
    }
}
