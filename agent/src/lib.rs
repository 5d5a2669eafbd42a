//! The light module that goes into a host and reports: node_exporter's names, one complete flush at a
//! time, nothing lost that a queue or a disk can hold.
//!
//! [`host`] looks, [`flush`] gathers, [`reporting`] decides when it goes out ([`thresholds`] what can't
//! wait); each [`outlet`] has a [`queue`] in memory, a [`spool`] on disk, and [`sending`]. [`arguments`]
//! and [`configuration`] say what to do, [`assembly`] puts it together.

pub mod arguments;
pub mod assembly;
pub mod backoff;
pub mod configuration;
pub mod configuration_file;
pub mod encoding;
pub mod filter;
pub mod flush;
pub mod host;
pub mod outlet;
mod quantity;
pub mod queue;
pub mod reporting;
pub mod sending;
pub mod snapshot;
pub mod spool;
pub mod threshold_feed;
mod threshold_list;
pub mod thresholds;
pub mod token;
