//! Why is an alert not told of?

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use series::SeriesId;

/// Why an alert that fires, or ended, is kept from a receiver. In the order in which it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Muted {
    /// A cause of it fires.
    Inhibited {
        /// Which alert.
        by: SeriesId,
    },
    /// The route is not active now.
    OutsideActiveTime,
    /// The route is muted now.
    InMuteTime {
        /// By which interval.
        interval: String,
    },
    /// Somebody silenced it.
    Silenced {
        /// By these silences.
        by: Vec<String>,
        /// Until the last of them ends.
        until: Timestamp,
    },
    /// Somebody works on it.
    Acknowledged {
        /// Who.
        by: String,
        /// Until when; without, until it ends.
        until: Option<Timestamp>,
    },
}
