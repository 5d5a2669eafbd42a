//! What is said when a group is looked at, to whom, and why not?

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::alert::{Alert, NO_END};
use crate::group::{Intervals, later};
use crate::mute::Muted;
use crate::told::{AlertHash, NotifyReason, Now, QuietReason, Told, news};

/// Names one way to one receiver: `<receiver>/<kind>/<number>`.
pub type Integration = String;

/// One alert of the group, and what keeps it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The alert.
    pub alert: Alert,
    /// What mutes it now; none where nothing does.
    pub muted: Option<Muted>,
    /// When that ends, where that is known.
    pub muted_until: Option<Timestamp>,
    /// Whom to tell that its silence ends soon, and from when on.
    pub ending: Option<Ending>,
}

/// A silence that ends soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Its id.
    pub silence: String,
    /// From then on its end is soon.
    pub from: Timestamp,
}

/// One way to the group's receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Its name.
    pub integration: Integration,
    /// Whether it wants to hear of ends.
    pub sends_resolved: bool,
}

/// A group as it is when it is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Group<'a> {
    /// The version that the decision makes.
    pub version: u64,
    /// Its route's.
    pub intervals: Intervals,
    /// Its receiver's; a receiver without any hears nothing.
    pub ways: &'a [Way],
    /// Silences of which receivers were told that they end soon.
    pub noticed: &'a BTreeSet<String>,
    /// What each way was told last.
    pub told: &'a BTreeMap<Integration, Told>,
    /// Its alerts.
    pub members: &'a [Member],
}

/// What follows from a look at a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flush {
    /// When it must be looked at again, if nothing changes until then.
    pub next: Next,
    /// Whether every alert ended.
    pub is_empty: bool,
    /// For each way: told, or why not.
    pub decisions: Vec<(Integration, Decision)>,
    /// What each way that heard or would have heard something was told by now.
    pub told: BTreeMap<Integration, Told>,
    /// Silences of which receivers are told now that they end soon.
    pub noticed: BTreeSet<String>,
}

/// When a group must be looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Next {
    /// With the first of its intervals from then on: something is repeated, or an alert ends.
    pub not_before: Option<Timestamp>,
    /// At this instant, whatever its intervals: what mutes an alert ends.
    pub at: Option<Timestamp>,
}

/// Whether one way is used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// A notification leaves.
    Notify {
        /// Why.
        reason: NotifyReason,
        /// With these members, in the order in which they are read.
        members: Vec<usize>,
    },
    /// Nothing is to be said.
    Quiet(QuietReason),
    /// Everything there is to say is muted; each member says by what.
    AllMuted,
}

impl Group<'_> {
    /// Decides what is said at `now`.
    ///
    /// Order of questions as in Alertmanager: what mutes an alert, then what its receiver knows already. A
    /// group whose alerts are all muted leaves what a receiver was told as it is.
    #[must_use]
    pub fn flush(&self, now: Timestamp) -> Flush {
        let open = self.open(now);
        let ending = self.ending(now);
        let mut told = BTreeMap::new();
        let decisions = self.ways.iter().map(|way| {
            let (decision, heard) = self.decide(way, &open, now);
            let decision = match decision {
                Decision::Quiet(_) | Decision::AllMuted if !ending.is_empty() => Decision::Notify {
                    reason: NotifyReason::SilenceEnds,
                    members: ending.clone(),
                },
                decision => decision,
            };
            told.extend(heard.map(|heard| (way.integration.clone(), heard)));
            (way.integration.clone(), decision)
        });
        let decisions = decisions.collect();
        let is_empty = self.members.iter().all(|one| one.alert.is_resolved(now));
        Flush {
            next: self.next(&told, now),
            is_empty,
            decisions,
            told,
            noticed: self.silences_of(&ending),
        }
    }

    /// Those that fire, and whose silence ends soon, which nobody was told.
    fn ending(&self, now: Timestamp) -> Vec<usize> {
        let is_news = |member: &Member| {
            let ending = member.ending.as_ref();
            !member.alert.is_resolved(now)
                && ending.is_some_and(|one| one.from <= now && !self.noticed.contains(&one.silence))
        };
        let members = self.members.iter().enumerate();
        members
            .filter(|(_, member)| is_news(member))
            .map(|(at, _)| at)
            .collect()
    }

    fn silences_of(&self, members: &[usize]) -> BTreeSet<String> {
        let members = members.iter().map(|at| &self.members[*at]);
        let endings = members.filter_map(|member| member.ending.as_ref());
        endings.map(|ending| ending.silence.clone()).collect()
    }

    fn next(&self, told: &BTreeMap<Integration, Told>, now: Timestamp) -> Next {
        let knows = |way: &Way| {
            told.get(&way.integration)
                .or(self.told.get(&way.integration))
        };
        let repeats = self.ways.iter().filter_map(knows);
        let repeats = repeats
            .filter(|told| !told.firing.is_empty())
            .map(|told| later(told.at, self.intervals.repeat_interval));
        let ends = self.members.iter().map(|member| member.alert.ends_at);
        let ends = ends.filter(|end| *end > now && *end != NO_END);
        // Whatever mutes these may end at any time, for reasons that are not the group's.
        let asked = |member: &Member| member.muted.is_some() && member.muted_until.is_none();
        let asked = self.members.iter().any(asked).then_some(now);
        let unmuted = self.members.iter().filter_map(|member| member.muted_until);
        let soon = self
            .members
            .iter()
            .filter_map(|member| member.ending.as_ref());
        let soon = soon.map(|ending| ending.from).filter(|from| *from > now);
        Next {
            not_before: repeats.chain(ends).chain(asked).min(),
            at: unmuted.chain(soon).min(),
        }
    }

    /// What nothing mutes.
    fn open(&self, now: Timestamp) -> Open {
        let mut open = Open::default();
        for (at, member) in self.members.iter().enumerate() {
            if member.muted.is_some() {
                continue;
            }
            let hash = hash(&member.alert);
            if member.alert.is_resolved(now) {
                open.resolved.insert(hash);
            } else {
                open.firing.insert(hash);
            }
            open.members.push(at);
        }
        let alert = |at: usize| &self.members[at].alert;
        open.members
            .sort_by(|a, b| alert(*a).reading_order(alert(*b)));
        open
    }

    fn decide(&self, way: &Way, open: &Open, now: Timestamp) -> (Decision, Option<Told>) {
        if open.members.is_empty() && !self.members.is_empty() {
            return (Decision::AllMuted, None);
        }
        let seen = Now {
            firing: &open.firing,
            resolved: &open.resolved,
            sends_resolved: way.sends_resolved,
            repeat_interval: self.intervals.repeat_interval,
            at: now,
        };
        let reason = match news(self.told.get(&way.integration), &seen) {
            Ok(reason) => reason,
            Err(quiet) => return (Decision::Quiet(quiet), None),
        };
        let told = Told {
            firing: open.firing.clone(),
            resolved: open.resolved.clone(),
            at: now,
            version: self.version,
        };
        let is_firing = |at: &usize| !self.members[*at].alert.is_resolved(now);
        let wanted = |at: &usize| way.sends_resolved || is_firing(at);
        let members: Vec<usize> = open.members.iter().copied().filter(wanted).collect();
        if members.is_empty() {
            return (Decision::Quiet(QuietReason::WantsNoResolved), Some(told));
        }
        (Decision::Notify { reason, members }, Some(told))
    }
}

#[derive(Default)]
struct Open {
    firing: BTreeSet<AlertHash>,
    resolved: BTreeSet<AlertHash>,
    members: Vec<usize>,
}

/// The short identity of an alert in [`Told`].
#[must_use]
pub fn hash(alert: &Alert) -> AlertHash {
    let [a, b, c, d, e, f, g, h, ..] = alert.labels.series_id().0.to_le_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}
