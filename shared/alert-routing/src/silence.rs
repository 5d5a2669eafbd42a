//! Who silenced what, from when until when?

use alertmanager_config::Matcher;
use jiff::Timestamp;
use series::Labels;

/// While it lasts, alerts that all matchers accept are told to nobody.
#[derive(Debug, Clone, PartialEq)]
pub struct Silence {
    /// Its name: a UUID.
    pub id: String,
    /// All must accept an alert.
    pub matchers: Vec<Matcher>,
    /// The first instant.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
}

/// How far a silence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SilenceState {
    /// It begins later.
    Pending,
    /// It silences.
    Active,
    /// It is over.
    Expired,
}

impl Silence {
    /// How far it is at a time.
    #[must_use]
    pub fn state(&self, at: Timestamp) -> SilenceState {
        if at < self.starts_at {
            SilenceState::Pending
        } else if at < self.ends_at {
            SilenceState::Active
        } else {
            SilenceState::Expired
        }
    }

    /// Whether it is about alerts of these labels.
    #[must_use]
    pub fn accepts(&self, labels: &Labels) -> bool {
        self.matchers
            .iter()
            .all(|matcher| matcher.accepts_labels(labels))
    }
}
