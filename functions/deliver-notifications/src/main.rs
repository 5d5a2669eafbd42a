//! Did it reach the receiver?

use std::net::SocketAddr;
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsEvent;
use deliver_notifications::outcome::RetryLimits;
use deliver_notifications::webhook::{WebhookClient, system_tls};
use deliver_notifications::{Config, Deps, Receivers, handle};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{LambdaEvent, service_fn};
use lambda_support::{init_telemetry, required_env, sdk_config};
use receiver_secrets::Secrets;
use state_table::StateTable;

const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);
/// Longer than a webhook's time, and than three attempts of three seconds at SES or SNS.
const LEASE: SignedDuration = SignedDuration::from_secs(40);

#[tokio::main]
#[allow(clippy::disallowed_methods, reason = "main alone reads the clock")]
async fn main() -> Result<(), lambda_support::Error> {
    init_telemetry();
    let aws = sdk_config().await;
    // A tenant that may reach loopback must not reach what steers this very function.
    let runtime: Vec<SocketAddr> = required_env("AWS_LAMBDA_RUNTIME_API")?
        .parse()
        .into_iter()
        .collect();
    let deps = Deps {
        state: StateTable::new(
            aws_sdk_dynamodb::Client::new(&aws),
            required_env("STATE_TABLE")?,
        ),
        queues: aws_sdk_sqs::Client::new(&aws),
        mail: aws_sdk_sesv2::Client::new(&aws),
        topics: aws_sdk_sns::Client::new(&aws),
        webhooks: WebhookClient::new(system_tls()?, runtime, WEBHOOK_TIMEOUT),
        receivers: Receivers::new(Secrets::new(
            aws_sdk_secretsmanager::Client::new(&aws),
            required_env("SECRETS_PREFIX")?,
        )),
        config: Config {
            queue_url: required_env("NOTIFICATIONS_QUEUE_URL")?,
            mail_from: required_env("MAIL_FROM")?,
            public_url: required_env("PUBLIC_URL")?,
            lease: LEASE,
            retry: RetryLimits::default(),
        },
        clock: Timestamp::now,
    };
    let deps = &deps;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<SqsEvent>| {
        Ok::<_, lambda_support::Error>(Box::pin(handle(deps, event.payload)).await)
    }))
    .await
}
