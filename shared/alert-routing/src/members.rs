//! Who is found in a group, and who leaves it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use series::{Labels, SeriesId};

use crate::flush::Member;
use crate::group::later;
use crate::hear::enter;
use crate::mute::Mutes;
use crate::plan::{Placement, Plan};
use crate::script::Desk;
use crate::stored::{Ask, GroupId, Membership, StoredAlert, Written};

/// Whoever did not finish putting an alert in by then has crashed, and nobody heard of the alert again.
const ENTERED_IN_VAIN: SignedDuration = SignedDuration::from_hours(1);
/// So often an alert is taken out anew when somebody else wrote it in between.
const TRIES: usize = 3;

/// Who is found in a group.
#[derive(Debug, Default)]
pub(crate) struct Members {
    /// Alerts that belong here.
    here: Vec<(Membership, StoredAlert)>,
    /// Alerts that belong elsewhere since the configuration changed.
    elsewhere: Vec<(Membership, StoredAlert)>,
    /// Alerts that belong here and that somebody is just changing, as they were before.
    changing: Vec<(Membership, StoredAlert)>,
    /// How many alerts somebody is just putting in, or changing.
    entering: usize,
    /// Those of which nobody will.
    vain: Vec<Membership>,
    /// The group's, as its alerts give it.
    pub(crate) placement: Option<Placement>,
}

impl Members {
    pub(crate) async fn of(desk: &Desk<Ask>, plan: &Plan, id: &GroupId, now: Timestamp) -> Self {
        let mut members = Self::default();
        for (membership, stored) in desk.members(id).await {
            let is_fresh = later(membership.entered_at, ENTERED_IN_VAIN) >= now;
            let knows = stored.filter(|stored| stored.groups.contains(id));
            let is_late = |stored: &StoredAlert| stored.revision < membership.expects;
            let enters = is_fresh && knows.as_ref().is_none_or(is_late);
            members.entering += usize::from(enters);
            match knows {
                Some(stored) => members.add(membership, stored, enters, plan),
                None if is_fresh => {}
                None => members.vain.push(membership),
            }
        }
        members
    }

    fn add(&mut self, membership: Membership, stored: StoredAlert, enters: bool, plan: &Plan) {
        let place = if self.belongs(&membership, &stored, plan) {
            if enters {
                &mut self.changing
            } else {
                &mut self.here
            }
        } else if enters {
            return;
        } else {
            &mut self.elsewhere
        };
        place.push((membership, stored));
    }

    /// The first alert that belongs here says which route it is.
    fn belongs(&mut self, membership: &Membership, stored: &StoredAlert, plan: &Plan) -> bool {
        let labels = &stored.alert.labels;
        if let Some(placement) = &self.placement {
            return plan.belongs(labels, placement);
        }
        let mut placements = plan.placements(labels).into_iter();
        self.placement = placements.find(|one| one.group == membership.group);
        self.placement.is_some()
    }

    pub(crate) fn is_anybody_entering(&self) -> bool {
        self.entering > 0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.here.is_empty() && self.elsewhere.is_empty() && self.entering == 0
    }

    /// Whether each alert is one of `before`, unchanged.
    pub(crate) fn are_of(&self, before: &Self) -> bool {
        let revision = |(_, stored): &(Membership, StoredAlert)| {
            (stored.alert.labels.series_id(), stored.revision)
        };
        let known: BTreeMap<SeriesId, u64> = before.here.iter().map(revision).collect();
        let is_known = |one| known.get(&revision(one).0) == Some(&revision(one).1);
        self.entering == 0 && self.elsewhere.is_empty() && self.here.iter().all(is_known)
    }

    /// What is said of them is decided from this.
    pub(crate) async fn seen(
        &self,
        desk: &Desk<Ask>,
        plan: &Plan,
        placement: &Placement,
        now: Timestamp,
    ) -> Vec<Member> {
        let here = || self.here.iter().chain(&self.changing);
        let labels = here().map(|(_, stored)| &stored.alert.labels);
        let mutes = Mutes::of(desk, plan, placement, labels, now).await;
        let seen = here().map(|(_, stored)| {
            let muted = mutes.of_alert(stored);
            Member {
                alert: stored.alert.clone(),
                muted_until: muted.as_ref().and_then(|muted| mutes.until(muted)),
                ending: muted.as_ref().and_then(|muted| mutes.ending(muted)),
                muted,
            }
        });
        seen.collect()
    }

    /// The causes that fire, of those that a rule takes for the same; others leave.
    pub(crate) async fn causing(desk: &Desk<Ask>, id: &GroupId, now: Timestamp) -> Vec<Labels> {
        let mut firing = Vec::new();
        for (membership, stored) in desk.members(id).await {
            let knows = |stored: &StoredAlert| {
                stored.revision >= membership.expects && stored.groups.contains(id)
            };
            match stored.filter(knows) {
                Some(stored) if stored.alert.is_resolved(now) => {
                    leave(desk, &membership, &stored, &stored).await;
                }
                Some(stored) => firing.push(stored.alert.labels),
                None if later(membership.entered_at, ENTERED_IN_VAIN) < now => {
                    desk.forget(membership).await;
                }
                None => {}
            }
        }
        firing
    }

    /// Lets those go who ended, or belong elsewhere. Who changes meanwhile stays until the next look.
    pub(crate) async fn tidy(&self, desk: &Desk<Ask>, plan: &Plan, now: Timestamp) {
        for (membership, stored) in &self.here {
            leave_if_ended(desk, membership, stored, now).await;
        }
        for (membership, stored) in &self.elsewhere {
            move_on(desk, plan, (membership, stored), now).await;
        }
        for membership in &self.vain {
            desk.forget(membership.clone()).await;
        }
    }
}

/// Others of the alert's groups may do the same at the same time.
async fn leave_if_ended(
    desk: &Desk<Ask>,
    membership: &Membership,
    stored: &StoredAlert,
    now: Timestamp,
) {
    let mut stored = stored.clone();
    for _ in 0..TRIES {
        if !stored.alert.is_resolved(now)
            || leave(desk, membership, &stored, &stored).await == Written::Yes
        {
            return;
        }
        match desk.alert(membership.alert).await {
            Some(fresh) if fresh.groups.contains(&membership.group) => stored = fresh,
            _ => return,
        }
    }
}

async fn move_on(
    desk: &Desk<Ask>,
    plan: &Plan,
    (membership, stored): (&Membership, &StoredAlert),
    now: Timestamp,
) {
    let mut moved = stored.clone();
    moved.revision += 1;
    let mut wakes = Vec::new();
    let placements = plan.placements(&stored.alert.labels).into_iter();
    // What ended has been told, or is nobody's news elsewhere.
    for placement in placements.filter(|_| !stored.alert.is_resolved(now)) {
        if moved.groups.insert(placement.group.clone()) {
            match enter(desk, &placement, &moved, now).await {
                Ok(due) => wakes.extend(due.map(|due| (placement.group, due))),
                Err(_) => return,
            }
        }
    }
    if leave(desk, membership, stored, &moved).await == Written::Yes {
        for (group, due) in &wakes {
            desk.wake(group, *due).await;
        }
    }
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
