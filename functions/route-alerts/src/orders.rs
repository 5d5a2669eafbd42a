//! Orders on the queue `notifications`.

use anyhow::Context;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use messages::DeliveryOrder;

use crate::Deps;

/// SQS takes so many messages at once.
const BATCH: usize = 10;

/// Sends every order; what the queue did not take is left to the sweep.
pub(crate) async fn send(deps: &Deps, orders: &[DeliveryOrder]) -> anyhow::Result<()> {
    for batch in orders.chunks(BATCH) {
        let mut request = deps
            .queues
            .send_message_batch()
            .queue_url(&deps.notifications_queue_url);
        for (number, order) in batch.iter().enumerate() {
            let entry = SendMessageBatchRequestEntry::builder()
                .id(number.to_string())
                .message_body(serde_json::to_string(order)?);
            request = request.entries(entry.build()?);
        }
        let answer = request.send().await.context("sending orders")?;
        for failure in answer.failed() {
            tracing::warn!(code = failure.code(), "the queue did not take an order");
        }
    }
    Ok(())
}
