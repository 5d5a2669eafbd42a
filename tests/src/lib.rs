//! Drives the deployed stack with real clients.
//!
//! `make test` starts a stack and names its `stack.json` in `TOBAN_TEST_STACK`. Without it there is
//! nothing to drive, and each test says so and passes. Tests run side by side, each in a tenant of its
//! own; what they break they break for that tenant only.

mod agent;
pub mod alerting;
mod alertmanager;
pub mod beats;
mod chance;
mod clients;
mod clock;
mod engine;
mod faults;
mod functions;
mod http;
mod node_exporter;
mod process;
pub mod prometheus;
mod relay;
mod samples;
mod scrapes;
mod stack;

pub use agent::Agent;
pub use alertmanager::{Alertmanager, with_share_of};
pub use chance::Chance;
pub use clients::Client;
pub use clock::{now_ms, wait_for};
pub use engine::Engine;
pub use faults::{Calls, Faults};
pub use functions::kill_function;
pub use http::{Response, send as request};
pub use node_exporter::NodeExporter;
pub use process::{Folder, Process, free_address};
pub use prometheus::Prometheus;
pub use relay::Relay;
pub use samples::{Flush, gauge, series};
pub use scrapes::Scrapes;
pub use stack::{Stack, Tenant, is_thorough};

/// The stack under test, or an early return that says why nothing was tested.
#[macro_export]
macro_rules! stack_or_skip {
    () => {
        match $crate::Stack::under_test() {
            Some(stack) => stack,
            None => {
                eprintln!("SKIPPED: no stack under test; `make test` starts one");
                return;
            }
        }
    };
}
