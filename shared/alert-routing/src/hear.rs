//! What happens when an alert is heard of.
//!
//! The alert's own item is written last: until it says that the alert is in a group, whoever hears of the alert again
//! does everything again. A crash anywhere before costs a repetition, and one after it a minute, until the sweep finds
//! that the group is due.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::alert::{Alert, InvalidAlert, NO_END, Said};
use crate::group::Phase;
use crate::placement::{Placement, Plan};
use crate::script::Desk;
use crate::source::{Position, Source, Sources};
use crate::stored::{Ask, GroupId, Membership, StoredAlert, StoredGroup, Written};

/// So often everything is done anew when somebody else wrote in between.
const TRIES: usize = 8;

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

/// Stores what is heard of an alert, puts it where it belongs, and wakes its groups.
pub async fn hear(
    desk: &Desk<Ask>,
    plan: &Plan<'_>,
    heard: &Heard,
    now: Timestamp,
) -> HeardOutcome {
    for _ in 0..TRIES {
        let stored = desk.alert(heard.said().labels.series_id()).await;
        let (alert, sources) = match heard.after(stored.as_ref(), plan.resolve_timeout, now) {
            Ok(Some(next)) => next,
            Ok(None) => return HeardOutcome::KnownBefore,
            Err(invalid) => return HeardOutcome::Invalid(invalid),
        };
        let before = stored.as_ref().map(|stored| &stored.groups);
        let is_new =
            |placement: &Placement| !before.is_some_and(|groups| groups.contains(&placement.group));
        let placements = (plan.placements)(&alert.labels);
        let mut wakes = Vec::new();
        for placement in placements.iter().filter(|placement| is_new(placement)) {
            wakes.extend(
                enter(desk, placement, &alert, now)
                    .await
                    .map(|due| (&placement.group, due)),
            );
        }
        let mut groups = before.cloned().unwrap_or_default();
        groups.extend(placements.iter().map(|placement| placement.group.clone()));
        let revision = stored.map_or(0, |stored| stored.revision) + 1;
        let next = StoredAlert {
            alert,
            sources,
            groups: groups.clone(),
            revision,
        };
        if desk.put_alert(next).await == Written::Yes {
            for (group, due) in wakes {
                desk.wake(group, due).await;
            }
            return HeardOutcome::Stored(groups);
        }
    }
    HeardOutcome::Contended
}

/// Puts an alert into a group and makes sure that the group will be looked at. Returns when, where that is news.
pub(crate) async fn enter(
    desk: &Desk<Ask>,
    placement: &Placement,
    alert: &Alert,
    now: Timestamp,
) -> Option<Timestamp> {
    let membership = Membership {
        group: placement.group.clone(),
        alert: alert.labels.series_id(),
        entered_at: now,
    };
    desk.enter(membership).await;
    loop {
        let stored = desk.group(&placement.group).await;
        let phase = stored.as_ref().map_or(Phase::Idle, |stored| stored.phase);
        let phase = phase.alert_added(&placement.intervals, alert.starts_at, now)?;
        let next = StoredGroup {
            id: placement.group.clone(),
            key: placement.key.clone(),
            labels: placement.labels.clone(),
            phase,
            silent: stored
                .as_ref()
                .map(|stored| stored.silent.clone())
                .unwrap_or_default(),
            version: stored.map_or(0, |stored| stored.version) + 1,
        };
        if desk.put_group(next).await == Written::Yes {
            return phase.due();
        }
    }
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
            } => {
                let firing_since = said
                    .ends_at
                    .is_none()
                    .then(|| said.starts_at.unwrap_or(now));
                let said_now = Source {
                    position: *position,
                    firing_since,
                };
                let Some(sources) = sources.with(source, said_now) else {
                    return Ok(None);
                };
                let mut alert = said.clone().heard(resolve_timeout, now)?;
                alert.ends_by_timeout = false;
                if let Some(since) = sources.firing_since() {
                    (alert.starts_at, alert.ends_at) = (since, NO_END);
                }
                Ok(Some((alert, sources)))
            }
        }
    }
}
