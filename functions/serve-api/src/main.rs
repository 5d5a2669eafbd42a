//! Everything else people and the console read and change.

use access::routes::ApiRoute;
use http_access::{Call, Entry};
use jiff::Timestamp;
use lambda_support::{init_telemetry, required_env, sdk_config};
use serve_api::{Deps, handle};
use state_table::StateTable;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_support::Error> {
    init_telemetry();
    let sdk = sdk_config().await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let state = StateTable::new(dynamodb, required_env("STATE_TABLE")?);
    let public_url = required_env("PUBLIC_URL")?;
    let entry = Entry::new(state.clone(), public_url.clone());
    let deps = Deps { state, public_url };
    #[allow(clippy::disallowed_methods, reason = "main alone reads the clock")]
    let clock = Timestamp::now;
    http_access::run(entry, clock, async |call: Call<ApiRoute>| {
        handle(&deps, call).await
    })
    .await
}
