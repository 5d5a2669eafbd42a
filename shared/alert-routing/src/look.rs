//! What happens when a group is looked at.
//!
//! Whoever wins the write of the group's next version has decided: what receivers were told and what leaves is written
//! with it. What follows (alerts that ended leave, an empty group comes to rest) may be cut off anywhere: the group is
//! due again, and the next look goes on.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::flush::{Flush, Group, Member};
use crate::group::{Phase, later};
use crate::hear::enter;
use crate::notice::notices;
use crate::placement::{Placement, Plan};
use crate::script::Desk;
use crate::stored::{Ask, Commit, GroupId, Membership, StoredAlert, StoredGroup, Written};

/// Somebody is just putting an alert into the group, and will be done by then.
const ENTERING: SignedDuration = SignedDuration::from_secs(1);
/// Whoever is not done by then has crashed, and nobody heard of the alert again.
const ENTERED_IN_VAIN: SignedDuration = SignedDuration::from_hours(1);
/// So often a group is looked at before it is left to the sweep: once to flush it, and twice to put it to rest.
const PASSES: usize = 3;

/// What became of a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked {
    /// There was nothing to look at.
    Idle,
    /// It is too early.
    Early {
        /// It is due then.
        due: Timestamp,
    },
    /// Somebody else decided.
    Overtaken,
    /// It was decided. Nothing where the group was only put to rest.
    Decided(Option<Flush>),
}

/// Decides what is said of a group that is due, and tidies it up.
pub async fn look(desk: &Desk<Ask>, plan: &Plan<'_>, id: &GroupId, now: Timestamp) -> Looked {
    let mut outcome = None;
    for _ in 0..PASSES {
        match pass(desk, plan, id, now).await {
            Pass::Over(looked) => return outcome.unwrap_or(looked),
            Pass::Decided(flush, phase) => {
                outcome.get_or_insert(Looked::Decided(flush));
                if !matches!(phase, Phase::Draining { .. }) {
                    if let Some(due) = phase.due() {
                        desk.wake(id, due).await;
                    }
                    break;
                }
            }
        }
    }
    outcome.unwrap_or(Looked::Overtaken)
}

enum Pass {
    Over(Looked),
    Decided(Option<Flush>, Phase),
}

async fn pass(desk: &Desk<Ask>, plan: &Plan<'_>, id: &GroupId, now: Timestamp) -> Pass {
    let Some(group) = desk.group(id).await else {
        return Pass::Over(Looked::Idle);
    };
    match group.phase.due() {
        None => return Pass::Over(Looked::Idle),
        Some(due) if due > now => return Pass::Over(Looked::Early { due }),
        Some(_) => {}
    }
    let members = Members::of(desk.members(id).await, plan, id);
    if matches!(group.phase, Phase::Draining { .. }) {
        return settle(desk, plan, &group, &members, now).await;
    }
    let (commit, flush) = decide(desk, plan, &group, &members, now).await;
    let phase = commit.group.phase;
    if desk.commit(commit).await == Written::Lost {
        return Pass::Over(Looked::Overtaken);
    }
    members.tidy(desk, plan, now).await;
    Pass::Decided(flush, phase)
}

async fn decide(
    desk: &Desk<Ask>,
    plan: &Plan<'_>,
    group: &StoredGroup,
    members: &Members,
    now: Timestamp,
) -> (Commit, Option<Flush>) {
    let mut next = StoredGroup {
        version: group.version + 1,
        ..group.clone()
    };
    let Some(placement) = &members.placement else {
        next.phase = Phase::Draining { due: now };
        return (Commit::quiet(members.waited_for(next, now)), None);
    };
    let seen = members.seen(plan, placement);
    let flush = Group {
        phase: group.phase,
        intervals: placement.intervals,
        ways: &placement.ways,
        told: &desk.told(&group.id).await,
        members: &seen,
    }
    .flush(now);
    next.phase = flush.phase;
    let notices = notices(&mut next, placement, &flush, &seen, now);
    let commit = Commit {
        group: members.waited_for(next, now),
        told: flush.told.clone(),
        notices,
    };
    (commit, Some(flush))
}

/// Puts a group to rest, unless an alert is in it, or about to be.
async fn settle(
    desk: &Desk<Ask>,
    plan: &Plan<'_>,
    group: &StoredGroup,
    members: &Members,
    now: Timestamp,
) -> Pass {
    let stay = members.tidy(desk, plan, now).await;
    let phase = match &members.placement {
        Some(placement) if stay => group.phase.flushed(&placement.intervals, false, now),
        _ => Phase::Idle,
    };
    let next = StoredGroup {
        version: group.version + 1,
        phase,
        ..group.clone()
    };
    let next = members.waited_for(next, now);
    let phase = next.phase;
    match desk.put_group(next).await {
        Written::Yes => Pass::Decided(None, phase),
        Written::Lost => Pass::Over(Looked::Overtaken),
    }
}

/// Who is found in a group.
struct Members {
    /// Alerts that belong here.
    here: Vec<(Membership, StoredAlert)>,
    /// Alerts that belong elsewhere since the configuration changed.
    elsewhere: Vec<(Membership, StoredAlert)>,
    /// Alerts that do not know yet that they are here.
    entering: Vec<Membership>,
    /// The group's, as its alerts give it.
    placement: Option<Placement>,
}

impl Members {
    fn of(found: Vec<(Membership, Option<StoredAlert>)>, plan: &Plan<'_>, id: &GroupId) -> Self {
        let mut members = Self {
            here: Vec::new(),
            elsewhere: Vec::new(),
            entering: Vec::new(),
            placement: None,
        };
        for (membership, stored) in found {
            let Some(stored) = stored.filter(|stored| stored.groups.contains(id)) else {
                members.entering.push(membership);
                continue;
            };
            let placements = (plan.placements)(&stored.alert.labels);
            match placements.into_iter().find(|one| one.group == *id) {
                Some(placement) => {
                    members.placement.get_or_insert(placement);
                    members.here.push((membership, stored));
                }
                None => members.elsewhere.push((membership, stored)),
            }
        }
        members
    }

    fn seen(&self, plan: &Plan<'_>, placement: &Placement) -> Vec<Member> {
        let here = self.here.iter().map(|(_, stored)| Member {
            alert: stored.alert.clone(),
            muted: (plan.muted)(placement, &stored.alert),
        });
        here.collect()
    }

    /// The group, due soon enough for whoever is entering it.
    fn waited_for(&self, mut group: StoredGroup, now: Timestamp) -> StoredGroup {
        let is_fresh = |one: &Membership| later(one.entered_at, ENTERED_IN_VAIN) >= now;
        if !self.entering.iter().any(is_fresh) {
            return group;
        }
        let soon = later(now, ENTERING);
        group.phase = match group.phase {
            Phase::Waiting { due, has_flushed } => Phase::Waiting {
                due: due.min(soon),
                has_flushed,
            },
            Phase::Draining { .. } | Phase::Idle => Phase::Draining { due: soon },
        };
        group
    }

    /// Lets those go who ended, or belong elsewhere. Returns whether anybody stays.
    async fn tidy(&self, desk: &Desk<Ask>, plan: &Plan<'_>, now: Timestamp) -> bool {
        let mut stays = false;
        for (membership, stored) in &self.here {
            stays |= !has_left(desk, membership, stored, now).await;
        }
        for (membership, stored) in &self.elsewhere {
            let mut moved = stored.clone();
            for placement in (plan.placements)(&stored.alert.labels) {
                if moved.groups.insert(placement.group.clone())
                    && let Some(due) = enter(desk, &placement, &stored.alert, now).await
                {
                    desk.wake(&placement.group, due).await;
                }
            }
            stays |= leave(desk, membership, stored, &moved).await == Written::Lost;
        }
        for membership in &self.entering {
            if later(membership.entered_at, ENTERED_IN_VAIN) < now {
                desk.forget(membership.clone()).await;
            }
        }
        stays
    }
}

/// Takes an alert out of the group if it ended. Others of its groups may do the same at the same time.
async fn has_left(
    desk: &Desk<Ask>,
    membership: &Membership,
    stored: &StoredAlert,
    now: Timestamp,
) -> bool {
    let mut stored = stored.clone();
    for _ in 0..PASSES {
        if !stored.alert.is_resolved(now) {
            return false;
        }
        if leave(desk, membership, &stored, &stored).await == Written::Yes {
            return true;
        }
        match desk.alert(membership.alert).await {
            Some(fresh) if fresh.groups.contains(&membership.group) => stored = fresh,
            _ => return false,
        }
    }
    false
}

/// Takes an alert that is `moved` to other groups out of one.
async fn leave(
    desk: &Desk<Ask>,
    membership: &Membership,
    stored: &StoredAlert,
    moved: &StoredAlert,
) -> Written {
    let mut next = moved.clone();
    next.groups.remove(&membership.group);
    next.revision = stored.revision + 1;
    desk.leave(membership.clone(), next).await
}

impl Commit {
    fn quiet(group: StoredGroup) -> Self {
        Self {
            group,
            told: BTreeMap::new(),
            notices: Vec::new(),
        }
    }
}
