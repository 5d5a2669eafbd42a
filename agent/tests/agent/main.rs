//! The agent against real sockets, a known /proc, and node_exporter itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test says by panicking, and looks for its tools"
)]

mod body;
mod delivery;
mod fixture;
mod node_exporter;
mod program;
mod service;
