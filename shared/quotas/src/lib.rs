//! May this tenant send more now, and what is left? Pure.
//!
//! [`Quotas`] are what a tenant may send, [`Usage`] is what it was found to use. [`Share`] is what one instance may
//! take of the points of ten seconds: it asks a counter that all instances share for leases, and each flush asks
//! it for a [`Turn`]. [`Gate`] lets [`Established`] series pass, and new ones while there is room. Why it is so: `docs/decisions/0014-quotas.md`.

mod established;
mod gate;
mod limits;
mod share;
mod usage;

pub use established::{Established, key_of};
pub use gate::Gate;
pub use limits::{Name, Quotas};
pub use share::{Share, Turn, WINDOW_SECS, window_of};
pub use usage::Usage;
