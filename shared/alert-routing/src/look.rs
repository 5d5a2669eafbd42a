//! What happens when a group is looked at.
//!
//! Whoever wins the write of the group's next version has decided: what receivers were told and what leaves is written
//! with it. What follows (alerts that ended leave, the group is left alone until something must be said) may be cut off
//! anywhere: the group is due again, and the next look goes on.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::flush::{Flush, Group};
use crate::group::{Phase, later};
use crate::members::Members;
use crate::notice::notices;
use crate::plan::{Placement, Plan};
use crate::script::Desk;
use crate::stored::{Ask, Commit, GroupId, StoredGroup, Written};

/// Somebody is just putting an alert into the group, or changing it, and will be done by then.
const ENTERING: SignedDuration = SignedDuration::from_secs(1);

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
    /// It was decided.
    Decided(Flush),
    /// No alert belongs there any more.
    Empty,
}

/// Decides what is said of a group that is due, and leaves it alone until something must be said again.
pub async fn look(desk: &Desk<Ask>, plan: &Plan, id: &GroupId, now: Timestamp) -> Looked {
    let Some(group) = desk.group(id).await else {
        return Looked::Idle;
    };
    match group.phase.due() {
        None => return Looked::Idle,
        Some(due) if due > now => return Looked::Early { due },
        Some(_) => {}
    }
    let members = Members::of(desk, plan, id, now).await;
    let decided = match &members.placement {
        Some(placement) => decide(desk, plan, (&group, &members, placement), now).await,
        None => Decided::nothing(&group, &members, now),
    };
    if desk.commit(decided.commit.clone()).await == Written::Lost {
        return Looked::Overtaken;
    }
    members.tidy(desk, plan, now).await;
    let phase = settle(desk, plan, &decided, &members, now).await;
    if let Some(due) = phase.due() {
        desk.wake(id, due).await;
    }
    decided.flush.map_or(Looked::Empty, Looked::Decided)
}

struct Decided<'a> {
    commit: Commit,
    flush: Option<Flush>,
    placement: Option<&'a Placement>,
}

async fn decide<'a>(
    desk: &Desk<Ask>,
    plan: &Plan,
    (group, members, placement): (&StoredGroup, &Members, &'a Placement),
    now: Timestamp,
) -> Decided<'a> {
    let seen = members.seen(desk, plan, placement, now).await;
    let told = desk.told(&group.id).await;
    let flush = Group {
        version: group.version + 1,
        intervals: placement.intervals,
        ways: &placement.ways,
        noticed: &group.noticed,
        told: &told,
        members: &seen,
    }
    .flush(now);
    let is_empty = flush.is_empty && !members.is_anybody_entering();
    let mut next = StoredGroup {
        phase: group.phase.decided(&placement.intervals, is_empty, now),
        version: group.version + 1,
        ..group.clone()
    };
    next.noticed.extend(flush.noticed.iter().cloned());
    let notices = notices(&mut next, placement, (&flush, &told), &seen, now);
    let commit = Commit {
        group: next,
        told: flush.told.clone(),
        notices,
    };
    Decided {
        commit,
        flush: Some(flush),
        placement: Some(placement),
    }
}

impl Decided<'_> {
    /// No alert is there that belongs there.
    fn nothing(group: &StoredGroup, members: &Members, now: Timestamp) -> Self {
        let is_empty = !members.is_anybody_entering();
        let phase = Phase::Settling {
            due: now,
            flushed_at: now,
            is_empty,
        };
        let commit = Commit {
            group: StoredGroup {
                phase,
                version: group.version + 1,
                ..group.clone()
            },
            told: BTreeMap::new(),
            notices: Vec::new(),
        };
        Self {
            commit,
            flush: None,
            placement: None,
        }
    }
}

/// Puts off the next look, unless an alert came or changed in between.
async fn settle(
    desk: &Desk<Ask>,
    plan: &Plan,
    decided: &Decided<'_>,
    before: &Members,
    now: Timestamp,
) -> Phase {
    let group = &decided.commit.group;
    let found = Members::of(desk, plan, &group.id, now).await;
    let phase = next_phase(decided, before, &found, now);
    let next = StoredGroup {
        phase,
        version: group.version + 1,
        ..group.clone()
    };
    match desk.put_group(next).await {
        Written::Yes => phase,
        // Whoever touched it has seen to its next look.
        Written::Lost => Phase::Idle,
    }
}

fn next_phase(decided: &Decided<'_>, before: &Members, found: &Members, now: Timestamp) -> Phase {
    let group = &decided.commit.group;
    if found.is_empty() {
        return Phase::Idle;
    }
    let Some(placement) = decided.placement.or(found.placement.as_ref()) else {
        return Phase::Waiting {
            due: later(now, ENTERING),
            flushed_at: None,
        };
    };
    let intervals = &placement.intervals;
    let is_quiet =
        found.are_of(before) && !matches!(group.phase, Phase::Settling { is_empty: true, .. });
    let next = decided
        .flush
        .as_ref()
        .map(|flush| flush.next)
        .unwrap_or_default();
    match group.phase {
        phase if is_quiet => phase.settled(intervals, next),
        phase => phase.touched(intervals, now, now).unwrap_or(phase),
    }
}
