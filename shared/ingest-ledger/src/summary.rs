use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Protocol, Refused, Unit};

/// What was refused of one body, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When the body arrived.
    pub at: Timestamp,
    /// How it came.
    pub protocol: Protocol,
    /// What was refused, by reason.
    pub refused: Vec<Refused>,
}

/// What became of all that one sender sent in some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Points that were taken.
    pub taken_points: u64,
    /// Points that were refused: the sum over [`Summary::reasons`].
    pub refused_points: u64,
    /// Bodies that could not be read, so that nobody knows how many points they held.
    pub refused_bodies: u64,
    /// By protocol and reason, the most first.
    pub reasons: Vec<Total>,
    /// Whether everything of the time asked for is counted; else only the newest part is.
    pub is_complete: bool,
}

/// A sum in the making.
#[derive(Debug, Default)]
pub struct Tally {
    taken_points: u64,
    totals: BTreeMap<(Protocol, Unit, String), Total>,
}

/// What was refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Total {
    /// A stable word.
    pub reason: Cow<'static, str>,
    /// How it came.
    pub protocol: Protocol,
    /// What `count` counts.
    pub unit: Unit,
    /// How many.
    pub count: u64,
    /// In how many bodies.
    pub bodies: u64,
    /// When first.
    pub first_at: Timestamp,
    /// When last.
    pub last_at: Timestamp,
    /// What the sender should change.
    pub advice: Cow<'static, str>,
    /// Of the last body.
    pub example: String,
}

impl Tally {
    /// Adds points that were taken.
    pub fn taken(&mut self, points: u64) {
        self.taken_points += points;
    }

    /// Adds what was refused of one body; the order of bodies changes nothing.
    pub fn refused(&mut self, entry: Entry) {
        for refused in entry.refused {
            let name = (entry.protocol, refused.unit, refused.reason.to_string());
            let one = Total::first(entry.at, entry.protocol, refused);
            match self.totals.entry(name) {
                Slot::Vacant(slot) => drop(slot.insert(one)),
                Slot::Occupied(mut slot) => slot.get_mut().add(one),
            }
        }
    }

    /// The sum; `is_complete` as [`Summary`] says it.
    #[must_use]
    pub fn finish(self, is_complete: bool) -> Summary {
        let mut reasons: Vec<Total> = self.totals.into_values().collect();
        reasons.sort_by_key(|total| std::cmp::Reverse(total.count));
        let sum = |unit| {
            let counted = reasons.iter().filter(|total| total.unit == unit);
            counted.map(|total| total.count).sum()
        };
        Summary {
            taken_points: self.taken_points,
            refused_points: sum(Unit::Points),
            refused_bodies: sum(Unit::Bodies),
            reasons,
            is_complete,
        }
    }
}

impl Total {
    fn first(at: Timestamp, protocol: Protocol, refused: Refused) -> Self {
        Self {
            reason: refused.reason,
            protocol,
            unit: refused.unit,
            count: refused.count,
            bodies: 1,
            first_at: at,
            last_at: at,
            advice: refused.advice,
            example: refused.example,
        }
    }

    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.bodies += other.bodies;
        self.first_at = self.first_at.min(other.first_at);
        // Of two bodies of one moment the larger text, so that order changes nothing.
        if (other.last_at, &other.example) > (self.last_at, &self.example) {
            self.last_at = other.last_at;
            self.example = other.example;
            self.advice = other.advice;
        }
    }
}
