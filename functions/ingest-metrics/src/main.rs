//! What do these samples say, and did a rule change state?

use anyhow::Context;
use http_access::Entry;
use ingest_metrics::Deps;
use jiff::Timestamp;
use lambda_support::required_env;
use rule_transitions::TransitionOutbox;
use samples_table::SamplesTable;
use state_table::StateTable;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_support::Error> {
    lambda_support::init_telemetry();
    let (entry, deps) = start().await.context("starting ingest-metrics")?;
    #[allow(clippy::disallowed_methods, reason = "main alone reads the clock")]
    http_access::run(entry, Timestamp::now, async |call| {
        ingest_metrics::handle(&deps, call).await
    })
    .await
}

async fn start() -> anyhow::Result<(Entry, Deps)> {
    let config = lambda_support::sdk_config().await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&config);
    let state = StateTable::new(dynamodb.clone(), required_env("STATE_TABLE")?);
    let queue = aws_sdk_sqs::Client::new(&config);
    let outbox = TransitionOutbox::new(state.clone(), queue, required_env("ALERTS_QUEUE_URL")?);
    let samples = SamplesTable::new(dynamodb, required_env("SAMPLES_TABLE")?);
    let public_url = required_env("PUBLIC_URL")?;
    let deps = Deps::new(state.clone(), samples, outbox, public_url.clone());
    Ok((Entry::new(state, public_url), deps))
}
