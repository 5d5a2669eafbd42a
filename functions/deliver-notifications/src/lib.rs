//! Did it reach the receiver?
//!
//! An order names a notification. It is claimed before it leaves and settled after; a sender that
//! crashes in between leaves a claim that runs out, and the next sends again under the same
//! idempotency key. What has to be tried again is ordered anew with a delay; what failed for good is
//! stored as failed, and its order ends in the dead-letter queue. One notification goes to one
//! receiver, and the records of a batch are delivered side by side, so that nobody waits for a
//! receiver that is down.

mod aws_failure;
mod configured;
mod delivery;
mod orders;
pub mod outcome;
mod receivers;
mod signature;
pub mod webhook;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use lambda_support::each_record;
use state_table::StateTable;

pub use configured::Receivers;

use crate::outcome::RetryLimits;
use crate::webhook::WebhookClient;

/// What is set for the installation.
#[derive(Debug, Clone)]
pub struct Config {
    /// The queue `notifications`.
    pub queue_url: String,
    /// Sender of mails; empty where none are sent.
    pub mail_from: String,
    /// Where people look further, without a slash at the end.
    pub public_url: String,
    /// How long a claim holds: longer than any sending takes.
    pub lease: SignedDuration,
    /// How long and how often a receiver is tried.
    pub retry: RetryLimits,
}

/// What this function works with.
#[derive(Debug, Clone)]
pub struct Deps {
    /// Notifications and settings.
    pub state: StateTable,
    /// The queue `notifications`.
    pub queues: aws_sdk_sqs::Client,
    /// SES.
    pub mail: aws_sdk_sesv2::Client,
    /// SNS.
    pub topics: aws_sdk_sns::Client,
    /// Everybody else.
    pub webhooks: WebhookClient,
    /// Who is configured.
    pub receivers: Receivers,
    /// What is set.
    pub config: Config,
    /// What time it is: sending takes time, so that one `now` is not enough.
    pub clock: fn() -> Timestamp,
}

/// Delivers a batch; exactly the records that failed come again.
pub async fn handle(deps: &Deps, event: SqsEvent) -> SqsBatchResponse {
    let alone = event.records.into_iter().map(async |message| {
        let mut one = SqsEvent::default();
        one.records.push(message);
        each_record(one, async |record| {
            delivery::deliver_record(deps, record).await
        })
        .await
    });
    let mut response = SqsBatchResponse::default();
    for of_one in join_all(alone).await {
        response
            .batch_item_failures
            .extend(of_one.batch_item_failures);
    }
    response
}
