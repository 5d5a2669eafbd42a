//! Start-up, AWS clients, the SQS batch loop, telemetry. No domain.

mod batch;
mod clients;
mod telemetry;

pub use batch::{Attempt, Record, each_record};
pub use clients::sdk_config;
pub use telemetry::{init_telemetry, put_metric};

/// What a function fails with; the runtime turns it into an invocation error.
pub type Error = lambda_runtime::Error;

/// The value of an environment variable that the template always sets.
pub fn required_env(name: &str) -> anyhow::Result<String> {
    #[allow(clippy::disallowed_methods, reason = "called by `main` alone")]
    std::env::var(name).map_err(|_| anyhow::anyhow!("the environment variable {name} is not set"))
}
