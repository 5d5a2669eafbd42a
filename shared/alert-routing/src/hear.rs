//! What happens when an alert is heard of.
//!
//! The alert's own item is written last: until it says that the alert is in a group, whoever hears of the alert again
//! does everything again. A crash anywhere before costs a repetition, and one after it a minute, until the sweep finds
//! that the group is due.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::alert::{Alert, InvalidAlert, NO_END, Said};
use crate::group::Phase;
use crate::plan::{Placement, Plan};
use crate::script::Desk;
use crate::source::{Position, Source, Sources};
use crate::stored::{Ask, GroupId, StoredAlert, Written};

/// So often everything is done anew when somebody else wrote in between.
const TRIES: usize = 8;
/// The same for a group, which many alerts enter at once; only those that find it at rest write it.
const GROUP_TRIES: usize = 50;

/// What is heard of an alert.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// As a client of the API says it, again and again while it fires.
    Said {
        /// What it says.
        said: Said,
        /// When it arrived: between that and now others may have overtaken it.
        received_at: Timestamp,
    },
    /// As one of our own rules decided it, once.
    Decided {
        /// The alert; its end is none while it fires.
        said: Said,
        /// Which rule, looking at whom.
        source: String,
        /// Which decision.
        position: Position,
        /// The time of the sample, or of the silence, behind it.
        caused_at: Timestamp,
    },
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeardOutcome {
    /// It is stored, and in these groups.
    Stored(BTreeSet<GroupId>),
    /// This very decision, or a later one of its source, was heard before.
    KnownBefore,
    /// It can't be an alert.
    Invalid(InvalidAlert),
    /// Others wrote it each time in between; it must be heard again.
    Contended,
}

/// Stores what is heard of an alert, puts it where it belongs, and wakes the groups that must hear of it.
pub async fn hear(desk: &Desk<Ask>, plan: &Plan, heard: &Heard, now: Timestamp) -> HeardOutcome {
    for _ in 0..TRIES {
        let stored = desk.alert(heard.said().labels.series_id()).await;
        let (alert, sources) = match heard.after(stored.as_ref(), plan.resolve_timeout, now) {
            Ok(Some(next)) => next,
            Ok(None) => return HeardOutcome::KnownBefore,
            Err(invalid) => return HeardOutcome::Invalid(invalid),
        };
        let mut next = StoredAlert {
            alert,
            sources,
            fired_at: Vec::new(),
            acknowledged: None,
            groups: BTreeSet::new(),
            revision: 1,
        };
        let (mut changes, mut is_over) = (true, false);
        if let Some(stored) = &stored {
            next.groups.clone_from(&stored.groups);
            next.acknowledged.clone_from(&stored.acknowledged);
            next.fired_at.clone_from(&stored.fired_at);
            next.revision = stored.revision + 1;
            let ended = (stored.alert.is_resolved(now), next.alert.is_resolved(now));
            changes = ended.0 != ended.1 || next.alert.ends_at < stored.alert.ends_at;
            is_over = ended.0 && ended.1;
        }
        let fired_before = stored
            .as_ref()
            .is_some_and(|one| !one.alert.is_resolved(now));
        if !fired_before && !next.alert.is_resolved(now) {
            next.fires_anew();
        }
        // Whoever says again that it ended, after it left its groups, has nothing new for anybody.
        let enters = |groups: &mut BTreeSet<GroupId>, group: &GroupId| {
            !is_over && groups.insert(group.clone()) || changes && groups.contains(group)
        };
        for cause in plan.causes(&next.alert.labels) {
            if enters(&mut next.groups, &cause) {
                desk.enter(next.membership(&cause, now)).await;
            }
        }
        let mut wakes = Vec::new();
        for placement in plan.placements(&next.alert.labels) {
            if enters(&mut next.groups, &placement.group) {
                match enter(desk, &placement, &next, now).await {
                    Ok(due) => wakes.extend(due.map(|due| (placement.group, due))),
                    Err(Contended) => return HeardOutcome::Contended,
                }
            }
        }
        let groups = next.groups.clone();
        if desk.put_alert(next).await == Written::Yes {
            for (group, due) in &wakes {
                desk.wake(group, *due).await;
            }
            return HeardOutcome::Stored(groups);
        }
    }
    HeardOutcome::Contended
}

/// Others wrote a group each time in between.
pub(crate) struct Contended;

/// Says that an alert is in a group from its revision `next` on, or changes with it, and makes sure that the group will be
/// looked at in time. Returns when, where that is news.
pub(crate) async fn enter(
    desk: &Desk<Ask>,
    placement: &Placement,
    next: &StoredAlert,
    now: Timestamp,
) -> Result<Option<Timestamp>, Contended> {
    desk.enter(next.membership(&placement.group, now)).await;
    for _ in 0..GROUP_TRIES {
        let stored = desk.group(&placement.group).await;
        let phase = stored.as_ref().map_or(Phase::Idle, |stored| stored.phase);
        let Some(phase) = phase.touched(&placement.intervals, next.alert.starts_at, now) else {
            return Ok(None);
        };
        let mut touched = stored.unwrap_or_else(|| placement.new_group());
        touched.phase = phase;
        touched.version += 1;
        if desk.put_group(touched).await == Written::Yes {
            return Ok(phase.due());
        }
    }
    Err(Contended)
}

type Next = Option<(Alert, Sources)>;

impl Heard {
    fn said(&self) -> &Said {
        match self {
            Self::Said { said, .. } | Self::Decided { said, .. } => said,
        }
    }

    /// What is known afterwards; none where it is known already.
    fn after(
        &self,
        stored: Option<&StoredAlert>,
        resolve_timeout: SignedDuration,
        now: Timestamp,
    ) -> Result<Next, InvalidAlert> {
        let sources = stored
            .map(|stored| stored.sources.clone())
            .unwrap_or_default();
        match self {
            Self::Said { said, received_at } => {
                let alert = said.clone().heard(resolve_timeout, *received_at)?;
                let alert = match stored {
                    Some(stored) => alert.merged(&stored.alert, now),
                    None => alert,
                };
                Ok(Some((alert, sources)))
            }
            Self::Decided {
                said,
                source,
                position,
                caused_at,
            } => {
                // What a rule decided is the case, also where the clock of its host is ahead.
                let starts_at = said.starts_at.unwrap_or(*caused_at).min(now);
                let ends_at = said.ends_at.map(|end| end.min(now).max(starts_at));
                let firing_since = ends_at.is_none().then_some(starts_at);
                let said_now = Source {
                    position: *position,
                    firing_since,
                };
                let Some(sources) = sources.with(source, said_now) else {
                    return Ok(None);
                };
                let said = Said {
                    starts_at: Some(starts_at),
                    ends_at,
                    ..said.clone()
                };
                let mut alert = said.heard(resolve_timeout, *caused_at)?;
                alert.ends_by_timeout = false;
                if let Some(since) = sources.firing_since() {
                    (alert.starts_at, alert.ends_at) = (since, NO_END);
                }
                Ok(Some((alert, sources)))
            }
        }
    }
}
