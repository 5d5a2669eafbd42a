//! Which hosts went silent, by arrival time? Pure.
//!
//! [`judge`] looks at one host. What it says becomes the built-in alert `HostSilent` through the same
//! [`rule_evaluation::RuleState`] as any other alert: [`advance`] gives the transitions to send.

mod alert;
mod speaker;
mod verdict;

pub use alert::{Concurrency, advance, rule};
pub use speaker::speaks_for_host;
pub use verdict::{DEFAULT_GRACE_SECS, Host, Presence, Verdict, judge};
