//! How much does each tenant send? Started every minute.

use anyhow::Context;
use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};
use lambda_support::required_env;
use measure_usage::Deps;
use samples_table::SamplesTable;
use state_table::StateTable;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_support::Error> {
    lambda_support::init_telemetry();
    let deps = deps().await.context("starting measure-usage")?;
    lambda_runtime::run(service_fn(async |_tick: LambdaEvent<serde_json::Value>| {
        #[allow(clippy::disallowed_methods, reason = "main alone reads the clock")]
        let now = Timestamp::now();
        measure_usage::handle(&deps, now)
            .await
            .map_err(lambda_support::Error::from)
    }))
    .await
}

async fn deps() -> anyhow::Result<Deps> {
    let config = lambda_support::sdk_config().await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&config);
    Ok(Deps {
        state: StateTable::new(dynamodb.clone(), required_env("STATE_TABLE")?),
        samples: SamplesTable::new(dynamodb, required_env("SAMPLES_TABLE")?),
    })
}
