//! Messages that wake groups.

use alert_routing::GroupId;
use anyhow::Context;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use messages::{LookOrder, RecheckOrder};

use crate::Deps;

/// SQS takes so many messages at once.
const BATCH: usize = 10;
/// What is due later than this is left to the sweep, which knows it before it is due.
pub(crate) const HORIZON: SignedDuration = SignedDuration::from_secs(75);

/// A group to be looked at, and when.
pub(crate) struct Timer {
    pub tenant: TenantId,
    pub group: GroupId,
    pub at: Timestamp,
}

/// Sends a message for each group that is due within the horizon; what the queue does not take is left to the sweep.
pub(crate) async fn send(deps: &Deps, timers: &[Timer], now: Timestamp) -> anyhow::Result<usize> {
    let near: Vec<&Timer> = timers
        .iter()
        .filter(|timer| timer.at.duration_since(now) < HORIZON)
        .collect();
    for batch in near.chunks(BATCH) {
        let queue = &deps.alerts_queue_url;
        let mut request = deps.queues.send_message_batch().queue_url(queue);
        for (number, timer) in batch.iter().enumerate() {
            let order = LookOrder {
                version: messages::VERSION,
                tenant: timer.tenant.clone(),
                look_at: timer.group.clone(),
            };
            let entry = SendMessageBatchRequestEntry::builder()
                .id(number.to_string())
                .delay_seconds(delay_secs(timer.at, now))
                .message_body(serde_json::to_string(&order)?);
            request = request.entries(entry.build()?);
        }
        let answer = request.send().await.context("sending timers")?;
        for failure in answer.failed() {
            tracing::warn!(code = failure.code(), "the queue did not take a timer");
        }
    }
    Ok(near.len())
}

/// Whoever read the configuration that was in force before has ended by then.
const PLAN_FORGOTTEN_SECS: i32 = 60;

/// Orders the second look at all groups.
pub(crate) async fn recheck_again(deps: &Deps, order: &RecheckOrder) -> anyhow::Result<()> {
    let again = RecheckOrder {
        is_last: true,
        ..order.clone()
    };
    let queue = &deps.alerts_queue_url;
    let request = deps.queues.send_message().queue_url(queue);
    let request = request.delay_seconds(PLAN_FORGOTTEN_SECS);
    let request = request.message_body(serde_json::to_string(&again)?);
    request.send().await.context("ordering the second look")?;
    Ok(())
}

/// Whole seconds, rounded up: a message that comes early would be in vain.
fn delay_secs(at: Timestamp, now: Timestamp) -> i32 {
    let millis = at.duration_since(now).as_millis().max(0);
    i32::try_from((millis + 999) / 1_000).unwrap_or(i32::MAX)
}
