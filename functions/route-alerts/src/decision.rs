//! Who is told of one change of one alert, and why. Pure.
//!
//! This is the place of routing trees, grouping, inhibition, silences and times: they decide here, from
//! what is stored and what happened, and nothing else in this function changes.

use messages::{Change, Transition};
use notification_content::{AlertStatus, NotifyReason};
use state_table::alerts::{Position, StoredAlert};
use state_table::notifications::{NotTold, Reason};
use state_table::settings::{Receiver, Settings};

/// What follows from a transition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<'a> {
    /// The alert changed: these receivers are told, or nobody, and why.
    Changed {
        /// Each gets one notification.
        notify: Vec<&'a Receiver>,
        /// Why they are told, or why nobody is.
        reason: Reason,
    },
    /// This very transition was applied before.
    Duplicate,
    /// A later one was applied before.
    Stale,
}

/// Decides about a transition that stands at `position` among those of its source.
#[must_use]
pub fn route<'a>(
    transition: &Transition,
    position: &Position,
    settings: &'a Settings,
    stored: Option<&StoredAlert>,
) -> Decision<'a> {
    if let Some(stored) = stored {
        if stored.position == *position {
            return Decision::Duplicate;
        }
        if !position.is_after(&stored.position) {
            return Decision::Stale;
        }
    }
    match transition.change {
        Change::Fired => fired(transition, settings, stored),
        Change::Resolved => resolved(settings, stored),
    }
}

fn fired<'a>(
    transition: &Transition,
    settings: &'a Settings,
    stored: Option<&StoredAlert>,
) -> Decision<'a> {
    let before = stored.filter(|stored| stored.status == AlertStatus::Firing);
    if before.is_some_and(|before| before.alert.starts_at == transition.alert.starts_at) {
        return nobody(NotTold::AlreadyFiring);
    }
    let notify: Vec<_> = settings.default_receivers.iter().collect();
    if notify.is_empty() {
        return nobody(NotTold::NoReceiver);
    }
    let reason = match before {
        Some(_) => NotifyReason::FiredAgain,
        None => NotifyReason::FirstNotification,
    };
    Decision::Changed {
        notify,
        reason: Reason::Told(reason),
    }
}

/// The end is told to those who were told of the beginning.
fn resolved<'a>(settings: &'a Settings, stored: Option<&StoredAlert>) -> Decision<'a> {
    let Some(stored) = stored.filter(|stored| stored.status == AlertStatus::Firing) else {
        return nobody(NotTold::ResolvedBeforeFiring);
    };
    let knows = |receiver: &&Receiver| {
        stored
            .told
            .get(&receiver.name)
            .is_some_and(|told| told.firing)
    };
    let notify: Vec<_> = settings.default_receivers.iter().filter(knows).collect();
    if notify.is_empty() {
        return nobody(NotTold::NobodyKnewOfIt);
    }
    Decision::Changed {
        notify,
        reason: Reason::Told(NotifyReason::AllResolved),
    }
}

const fn nobody(why: NotTold) -> Decision<'static> {
    Decision::Changed {
        notify: Vec::new(),
        reason: Reason::NotTold(why),
    }
}

#[cfg(test)]
mod tests;
