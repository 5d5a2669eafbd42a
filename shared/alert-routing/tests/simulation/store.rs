//! The table, as far as the scripts see it: a map whose conditional writes hold.

use std::collections::{BTreeMap, BTreeSet};

use alert_routing::{
    Ask, Commit, GroupId, Integration, Membership, Notice, Silence, StoredAlert, StoredGroup, Told,
    Written,
};
use jiff::Timestamp;
use series::SeriesId;

#[derive(Debug, Default)]
pub struct Store {
    pub alerts: BTreeMap<SeriesId, StoredAlert>,
    pub members: BTreeMap<(GroupId, SeriesId), Membership>,
    pub groups: BTreeMap<GroupId, StoredGroup>,
    pub told: BTreeMap<GroupId, BTreeMap<Integration, Told>>,
    pub silences: Vec<Silence>,
    /// Everything that was ever decided.
    pub notices: Vec<Notice>,
    /// Messages that wake a group.
    pub wakes: BTreeSet<(Timestamp, GroupId)>,
    /// Whether they get lost.
    pub loses_wakes: bool,
    pub writes: u64,
}

impl Store {
    /// Does what is asked, at once and wholly.
    pub fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Alert(id, reply) => reply.give(self.alerts.get(&id).cloned()),
            Ask::PutAlert(next, reply) => reply.give(self.put_alert(*next)),
            Ask::Enter(membership, reply) => {
                self.writes += 1;
                let key = (membership.group.clone(), membership.alert);
                self.members.insert(key, membership);
                reply.give(());
            }
            Ask::Leave(membership, next, reply) => {
                let written = match self.is_same(&membership) {
                    true => self.put_alert(*next),
                    false => Written::Lost,
                };
                if written == Written::Yes {
                    self.remove(&membership);
                }
                reply.give(written);
            }
            Ask::Forget(membership, reply) => {
                let is_same = self.is_same(&membership);
                if is_same {
                    self.remove(&membership);
                }
                reply.give(written(is_same));
            }
            Ask::Group(id, reply) => reply.give(self.groups.get(&id).cloned()),
            Ask::PutGroup(next, reply) => reply.give(self.put_group(*next)),
            Ask::Members(id, reply) => {
                let range = (id.clone(), SeriesId(0))..=(id, SeriesId(u128::MAX));
                let of_group = self.members.range(range).map(|(_, membership)| membership);
                let found = of_group.map(|one| (one.clone(), self.alerts.get(&one.alert).cloned()));
                reply.give(found.collect());
            }
            Ask::Silences(reply) => reply.give(self.silences.clone()),
            Ask::Told(id, reply) => reply.give(self.told.get(&id).cloned().unwrap_or_default()),
            Ask::Commit(commit, reply) => reply.give(self.commit(*commit)),
            Ask::Wake(id, at, reply) => {
                if !self.loses_wakes {
                    self.wakes.insert((at, id));
                }
                reply.give(());
            }
        }
    }

    fn is_same(&self, membership: &Membership) -> bool {
        let key = (membership.group.clone(), membership.alert);
        self.members.get(&key) == Some(membership)
    }

    fn remove(&mut self, membership: &Membership) {
        self.writes += 1;
        let key = (membership.group.clone(), membership.alert);
        self.members.remove(&key);
    }

    fn put_alert(&mut self, next: StoredAlert) -> Written {
        let id = next.alert.labels.series_id();
        let before = self.alerts.get(&id).map_or(0, |stored| stored.revision);
        if before + 1 != next.revision {
            return Written::Lost;
        }
        self.writes += 1;
        self.alerts.insert(id, next);
        Written::Yes
    }

    fn put_group(&mut self, next: StoredGroup) -> Written {
        let before = self.groups.get(&next.id).map_or(0, |group| group.version);
        if before + 1 != next.version {
            return Written::Lost;
        }
        self.writes += 1;
        self.groups.insert(next.id.clone(), next);
        Written::Yes
    }

    fn commit(&mut self, commit: Commit) -> Written {
        let id = commit.group.id.clone();
        let written = self.put_group(commit.group);
        if written == Written::Yes {
            self.told.entry(id).or_default().extend(commit.told);
            self.notices.extend(commit.notices);
        }
        written
    }
}

fn written(is_stored: bool) -> Written {
    if is_stored {
        Written::Yes
    } else {
        Written::Lost
    }
}
