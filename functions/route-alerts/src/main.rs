//! Who must be told what, now or later, and why?

use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};
use lambda_support::{init_telemetry, required_env, sdk_config};
use route_alerts::{Deps, Plans, handle};
use serde_json::Value;
use state_table::StateTable;

#[tokio::main]
#[allow(clippy::disallowed_methods, reason = "main alone reads the clock")]
async fn main() -> Result<(), lambda_support::Error> {
    init_telemetry();
    let aws = sdk_config().await;
    let deps = Deps {
        state: StateTable::new(
            aws_sdk_dynamodb::Client::new(&aws),
            required_env("STATE_TABLE")?,
        ),
        plans: Plans::default(),
        queues: aws_sdk_sqs::Client::new(&aws),
        alerts_queue_url: required_env("ALERTS_QUEUE_URL")?,
        notifications_queue_url: required_env("NOTIFICATIONS_QUEUE_URL")?,
    };
    let deps = &deps;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<Value>| {
        Box::pin(handle(deps, event.payload, Timestamp::now()))
            .await
            .map_err(lambda_support::Error::from)
    }))
    .await
}
