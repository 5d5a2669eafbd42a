//! How are alerts routed, which fire, and who silenced what?

use access::routes::AlertmanagerRoute;
use http_access::{Call, Entry};
use jiff::Timestamp;
use lambda_support::{init_telemetry, required_env, sdk_config};
use serve_alertmanager::{AlertsQueue, Deps, Secrets, handle};
use state_table::StateTable;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_support::Error> {
    init_telemetry();
    let sdk = sdk_config().await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let state = StateTable::new(dynamodb, required_env("STATE_TABLE")?);
    let entry = Entry::new(state.clone(), required_env("PUBLIC_URL")?);
    #[allow(clippy::disallowed_methods, reason = "main alone reads the clock")]
    let clock = Timestamp::now;
    let deps = Deps {
        state,
        secrets: Secrets::new(
            aws_sdk_secretsmanager::Client::new(&sdk),
            required_env("SECRETS_PREFIX")?,
        ),
        queue: AlertsQueue::new(
            aws_sdk_sqs::Client::new(&sdk),
            required_env("ALERTS_QUEUE_URL")?,
        ),
        started_at: clock(),
    };
    http_access::run(entry, clock, async |call: Call<AlertmanagerRoute>| {
        handle(&deps, call).await
    })
    .await
}
