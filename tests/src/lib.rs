//! Drives the deployed stack with real clients.
//!
//! `make test` starts a stack and names its `stack.json` in `TOBAN_TEST_STACK`. Without it there is
//! nothing to drive, and each test says so and passes. Tests run side by side, each in a tenant of its
//! own; what they break they break for that tenant only.

mod clock;
mod engine;
mod faults;
mod http;
mod samples;
mod stack;

pub use clock::{now_ms, wait_for};
pub use engine::Engine;
pub use faults::{Calls, Faults};
pub use http::Response;
pub use samples::{Flush, gauge, series};
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
