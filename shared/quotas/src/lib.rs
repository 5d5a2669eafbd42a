//! May this tenant send more now, and what is left? Pure.
//!
//! [`Quotas`] are what a tenant may send, [`Usage`] is what it was found to use. [`Share`] is what one instance may
//! take of the points of ten seconds: it asks a counter that all instances share for leases, and each flush asks
//! it for a [`Turn`]. Why it is so: `docs/decisions/0014-quotas.md`.

mod limits;
mod share;
mod usage;

pub use limits::{Name, Quotas};
pub use share::{Share, Turn, WINDOW_SECS, window_of};
pub use usage::Usage;
