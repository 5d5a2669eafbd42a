//! How much of what was sent was taken, and what was refused, by whom and why? Pure.
//!
//! Each body that is looked at has an [`Account`]: its points as sent are either taken or refused, and
//! together they are all of them. What was taken is counted where it is stored, once however often the same
//! body comes; what was refused is an [`Entry`] of its own, once for each time it was refused. [`Summary`] adds
//! both up for one sender.

mod account;
mod summary;

pub use account::{Account, Protocol, Refused, Unit};
pub use summary::{Entry, Summary, Tally, Total};
