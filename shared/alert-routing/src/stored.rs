//! What is kept between two decisions, and how it is asked for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use series::{Labels, SeriesId};

use crate::alert::Alert;
use crate::flush::Integration;
use crate::group::Phase;
use crate::mute::Muted;
use crate::notice::{Notice, Why};
use crate::script::{Desk, Reply};
use crate::silence::Silence;
use crate::source::Sources;
use crate::told::Told;

/// So many times at which an alert began to fire are remembered.
pub const MOST_FIRINGS: usize = 50;

/// Names a group: a hash of its route and its labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupId(pub String);

/// An alert, and where it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredAlert {
    /// As it was heard last.
    pub alert: Alert,
    /// What our own rules said of it.
    #[serde(default)]
    pub sources: Sources,
    /// When it began to fire, the last times.
    #[serde(default)]
    pub fired_at: Vec<Timestamp>,
    /// Who works on it.
    #[serde(default)]
    pub acknowledged: Option<Acknowledgement>,
    /// It is in these groups: a membership of each is stored, and each was woken.
    pub groups: BTreeSet<GroupId>,
    /// Rises by one with each write.
    pub revision: u64,
}

impl StoredAlert {
    /// Counts that it began to fire.
    pub(crate) fn fires_anew(&mut self) {
        self.fired_at.push(self.alert.starts_at);
        let excess = self.fired_at.len().saturating_sub(MOST_FIRINGS);
        self.fired_at.drain(..excess);
    }

    /// Says that it is in a group from this revision on, or changes with it.
    pub(crate) fn membership(&self, group: &GroupId, now: Timestamp) -> Membership {
        Membership {
            group: group.clone(),
            alert: self.alert.labels.series_id(),
            expects: self.revision,
            entered_at: now,
        }
    }
}

/// Somebody works on an alert: it is not told again while it fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Who.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
    /// Until when; without, until the alert ends.
    pub until: Option<Timestamp>,
    /// What they say to it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

impl Acknowledgement {
    /// Whether it is about an alert that fires since `starts_at`, and holds still.
    #[must_use]
    pub fn holds(&self, starts_at: Timestamp, now: Timestamp) -> bool {
        starts_at <= self.at && self.until.is_none_or(|until| now < until)
    }

    pub(crate) fn mutes(&self) -> Muted {
        Muted::Acknowledged {
            by: self.by.clone(),
            until: self.until,
        }
    }
}

/// That an alert is in a group, or is about to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Of which group.
    pub group: GroupId,
    /// Which alert.
    pub alert: SeriesId,
    /// It is, or changes, with this revision; a look that finds an older one is too early.
    pub expects: u64,
    /// Since when.
    pub entered_at: Timestamp,
}

/// A group between two looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredGroup {
    /// Its name.
    pub id: GroupId,
    /// The same as Alertmanager writes it.
    pub key: String,
    /// What its alerts have in common.
    pub labels: Labels,
    /// What it waits for.
    pub phase: Phase,
    /// Why ways to its receiver were not used at the last look.
    #[serde(default, with = "pairs")]
    pub silent: BTreeMap<Integration, Why>,
    /// Silences of which receivers were told that they end soon.
    #[serde(default)]
    pub noticed: BTreeSet<String>,
    /// Rises by one with each write.
    pub version: u64,
}

/// As a list: the name of no way is empty, and DynamoDB takes no map with such a name.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Integration, Why};

    pub(super) fn serialize<S: Serializer>(
        silent: &BTreeMap<Integration, Why>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(silent)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<Integration, Why>, D::Error> {
        let pairs = Vec::<(Integration, Why)>::deserialize(deserializer)?;
        Ok(pairs.into_iter().collect())
    }
}

/// What one look at a group changes, all of it or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// In the place of the version before.
    pub group: StoredGroup,
    /// What receivers were told by now.
    pub told: BTreeMap<Integration, Told>,
    /// What leaves.
    pub notices: Vec<Notice>,
}

/// Whether a write found what it expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is stored.
    Yes,
    /// Somebody else wrote in between, and nothing is changed.
    Lost,
}

/// One read or write. Reads see every write before them.
#[derive(Debug)]
pub enum Ask {
    /// One alert.
    Alert(SeriesId, Reply<Option<StoredAlert>>),
    /// Stores an alert in the place of the revision before.
    PutAlert(Box<StoredAlert>, Reply<Written>),
    /// Stores that an alert is in a group, whether it was or not.
    Enter(Membership, Reply<()>),
    /// Takes an alert out of a group: removes the membership, where it is the same still, and stores the alert, in the
    /// place of the revision before; both or neither.
    Leave(Membership, Box<StoredAlert>, Reply<Written>),
    /// Removes the membership of an alert that does not know of it, where it is the same still.
    Forget(Membership, Reply<Written>),
    /// One group.
    Group(GroupId, Reply<Option<StoredGroup>>),
    /// Stores a group in the place of the version before.
    PutGroup(Box<StoredGroup>, Reply<Written>),
    /// Who is in a group.
    Members(GroupId, Reply<Vec<(Membership, Option<StoredAlert>)>>),
    /// All silences that are not over.
    Silences(Reply<Vec<Silence>>),
    /// What a group's receivers were told.
    Told(GroupId, Reply<BTreeMap<Integration, Told>>),
    /// Stores what was decided.
    Commit(Box<Commit>, Reply<Written>),
    /// Lets somebody look at a group at a time. May get lost: whoever sweeps finds the group.
    Wake(GroupId, Timestamp, Reply<()>),
}

impl Desk<Ask> {
    pub(crate) async fn alert(&self, alert: SeriesId) -> Option<StoredAlert> {
        self.ask(|reply| Ask::Alert(alert, reply)).await
    }

    pub(crate) async fn put_alert(&self, next: StoredAlert) -> Written {
        self.ask(|reply| Ask::PutAlert(Box::new(next), reply)).await
    }

    pub(crate) async fn enter(&self, membership: Membership) {
        self.ask(|reply| Ask::Enter(membership, reply)).await;
    }

    pub(crate) async fn leave(&self, membership: Membership, next: StoredAlert) -> Written {
        self.ask(|reply| Ask::Leave(membership, Box::new(next), reply))
            .await
    }

    pub(crate) async fn forget(&self, membership: Membership) -> Written {
        self.ask(|reply| Ask::Forget(membership, reply)).await
    }

    pub(crate) async fn group(&self, id: &GroupId) -> Option<StoredGroup> {
        self.ask(|reply| Ask::Group(id.clone(), reply)).await
    }

    pub(crate) async fn put_group(&self, next: StoredGroup) -> Written {
        self.ask(|reply| Ask::PutGroup(Box::new(next), reply)).await
    }

    pub(crate) async fn members(&self, id: &GroupId) -> Vec<(Membership, Option<StoredAlert>)> {
        self.ask(|reply| Ask::Members(id.clone(), reply)).await
    }

    pub(crate) async fn silences(&self) -> Vec<Silence> {
        self.ask(Ask::Silences).await
    }

    pub(crate) async fn told(&self, id: &GroupId) -> BTreeMap<Integration, Told> {
        self.ask(|reply| Ask::Told(id.clone(), reply)).await
    }

    pub(crate) async fn commit(&self, commit: Commit) -> Written {
        self.ask(|reply| Ask::Commit(Box::new(commit), reply)).await
    }

    pub(crate) async fn wake(&self, id: &GroupId, at: Timestamp) {
        self.ask(|reply| Ask::Wake(id.clone(), at, reply)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::told::QuietReason;

    #[test]
    fn a_group_whose_receiver_has_no_way_is_kept_without_an_empty_name() {
        let group = StoredGroup {
            id: GroupId("g".to_owned()),
            key: "{}:{}".to_owned(),
            labels: Labels::default(),
            phase: Phase::Idle,
            silent: BTreeMap::from([(String::new(), Why::Quiet(QuietReason::NoReceiver))]),
            noticed: BTreeSet::new(),
            version: 1,
        };
        let kept = serde_json::to_string(&group).unwrap();
        assert!(!kept.contains("\"\":"), "{kept}");
        let back: StoredGroup = serde_json::from_str(&kept).unwrap();
        assert_eq!(back, group);
    }
}
