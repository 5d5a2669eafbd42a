//! The light module that goes into a host and reports: node_exporter's names, one complete flush at a
//! time, nothing lost that a queue can hold.
//!
//! [`host`] looks, [`flush`] gathers, [`queue`] keeps, [`sending`] sends, [`reporting`] runs them.

pub mod arguments;
mod encoding;
pub mod flush;
pub mod host;
pub mod queue;
pub mod reporting;
pub mod sending;
pub mod snapshot;
