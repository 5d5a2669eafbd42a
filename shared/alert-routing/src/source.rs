//! What our own rules said of an alert, each in an order of its own.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Beyond this, times of decision tell which of two came later, whatever the sequences say.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(1);

/// So many sources of one alert are remembered; beyond it those that ended first are forgotten first.
pub const MOST_SOURCES: usize = 100;

/// Where a decision stands among those of its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// When it was decided.
    pub decided_at: Timestamp,
    /// The decision's number.
    pub sequence: u64,
    /// The message's number within the decision.
    pub part: u16,
    /// The transition's number within the message.
    pub index: u32,
}

impl Position {
    /// Whether this comes after `other`. A source that was forgotten begins again at 1; then the later
    /// decision wins, which by that time is days apart.
    #[must_use]
    pub fn is_after(&self, other: &Self) -> bool {
        let apart = self.decided_at.duration_since(other.decided_at);
        if apart.abs() > CLOCK_TOLERANCE {
            return apart.is_positive();
        }
        let order = |position: &Self| (position.sequence, position.part, position.index);
        order(self) > order(other)
    }
}

/// What one source said last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// With this decision.
    pub position: Position,
    /// That it fires since then.
    pub firing_since: Option<Timestamp>,
}

/// The sources of one alert: it fires as long as one of them says so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sources(BTreeMap<String, Source>);

impl Sources {
    /// Since when it fires by any source.
    #[must_use]
    pub fn firing_since(&self) -> Option<Timestamp> {
        self.0.values().filter_map(|said| said.firing_since).min()
    }

    /// What `source` said last.
    #[must_use]
    pub fn last(&self, source: &str) -> Option<&Source> {
        self.0.get(source)
    }

    /// Takes in what `source` says, unless it is known or was overtaken.
    #[must_use]
    pub fn with(&self, source: &str, said: Source) -> Option<Self> {
        let is_news = |known: &Source| said.position.is_after(&known.position);
        if !self.last(source).is_none_or(is_news) {
            return None;
        }
        let mut next = self.clone();
        next.0.insert(source.to_owned(), said);
        while next.0.len() > MOST_SOURCES {
            let oldest = next
                .0
                .iter()
                .min_by_key(|(_, said)| (said.firing_since.is_some(), said.position.decided_at))
                .map(|(name, _)| name.clone())?;
            next.0.remove(&oldest);
        }
        Some(next)
    }
}
