//! What were the values?

use anyhow::Context;
use http_access::Entry;
use jiff::Timestamp;
use lambda_support::required_env;
use query_metrics::Store;
use samples_table::SamplesTable;
use state_table::StateTable;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_support::Error> {
    lambda_support::init_telemetry();
    let (entry, store) = start().await.context("starting query-metrics")?;
    #[allow(clippy::disallowed_methods, reason = "main alone reads the clock")]
    http_access::run(entry, Timestamp::now, async |call| {
        query_metrics::handle(&store, call).await
    })
    .await
}

async fn start() -> anyhow::Result<(Entry, Store)> {
    let config = lambda_support::sdk_config().await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&config);
    let state = StateTable::new(dynamodb.clone(), required_env("STATE_TABLE")?);
    let samples = SamplesTable::new(dynamodb, required_env("SAMPLES_TABLE")?);
    let entry = Entry::new(state.clone(), required_env("PUBLIC_URL")?);
    Ok((entry, Store { state, samples }))
}
