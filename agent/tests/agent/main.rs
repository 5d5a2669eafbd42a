//! The agent against real sockets, a known /proc, and node_exporter itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test says by panicking, and looks for its tools"
)]

mod body;
mod bounds;
mod delivery;
mod destinations;
mod directory;
mod disk_full;
mod fixture;
mod hostile;
mod kill;
mod node_exporter;
mod process_exporter;
mod program;
mod service;
mod spool;
mod systemd;
mod threshold_law;
mod thresholds;
mod tls;
