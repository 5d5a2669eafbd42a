//! The queue `notifications`: orders that come later, and records that come again.

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use lambda_support::Record;
use messages::DeliveryOrder;

use crate::Deps;

/// SQS delays a message no longer than this; what is due later is put off again when it comes.
const MAX_DELAY_SECS: i64 = 900;

/// Seconds until a record that failed comes again, by how often it came: some minutes of outage are
/// outlasted before it ends in the dead-letter queue.
const COMES_AGAIN_SECS: [i32; 4] = [2, 10, 60, 240];

/// Sends the order again at `at`, or as late before as SQS can. When that fails, the sweep finds the
/// notification by its due time.
pub(crate) async fn send_at(deps: &Deps, order: &DeliveryOrder, at: Timestamp, now: Timestamp) {
    if let Err(error) = try_send_at(deps, order, at, now).await {
        tracing::warn!(
            error = format!("{error:#}"),
            "the sweep has to send the order"
        );
    }
}

async fn try_send_at(
    deps: &Deps,
    order: &DeliveryOrder,
    at: Timestamp,
    now: Timestamp,
) -> anyhow::Result<()> {
    deps.queues
        .send_message()
        .queue_url(&deps.config.queue_url)
        .delay_seconds(delay_secs(at.duration_since(now)))
        .message_body(serde_json::to_string(order)?)
        .send()
        .await
        .context("sending an order")?;
    Ok(())
}

/// Whole seconds, rounded up, so that the order does not come too early.
fn delay_secs(wait: SignedDuration) -> i32 {
    let secs = wait.as_millis().max(0).div_euclid(1000)
        + i128::from(wait.as_millis().max(0).rem_euclid(1000) > 0);
    i32::try_from(secs.min(i128::from(MAX_DELAY_SECS))).unwrap_or(0)
}

/// Lets a record that failed come again sooner than after the queue's visibility timeout; at once
/// where it can't pass anyway, so that it stands in the dead-letter queue within seconds.
pub(crate) async fn come_again(deps: &Deps, record: &Record, is_hopeless: bool) {
    let at = usize::try_from(record.receive_count.saturating_sub(1)).unwrap_or(usize::MAX);
    let secs = if is_hopeless {
        0
    } else {
        COMES_AGAIN_SECS[at.min(COMES_AGAIN_SECS.len() - 1)]
    };
    let changed = deps
        .queues
        .change_message_visibility()
        .queue_url(&deps.config.queue_url)
        .receipt_handle(&record.receipt_handle)
        .visibility_timeout(secs)
        .send()
        .await;
    if changed.is_err() {
        tracing::debug!(
            message_id = record.message_id,
            "comes again after the queue's own time"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_never_comes_before_its_time_and_never_later_than_sqs_can() {
        for (wait_ms, secs) in [
            (-5, 0),
            (0, 0),
            (1, 1),
            (1000, 1),
            (1001, 2),
            (900_000, 900),
            (5_000_000, 900),
        ] {
            assert_eq!(
                delay_secs(SignedDuration::from_millis(wait_ms)),
                secs,
                "{wait_ms}"
            );
        }
    }
}
