//! Who must be told what, now or later, and why?
//!
//! A transition is decided by [`decision::route`]; the alert and the notifications that follow are
//! written in one transaction, and only then does an order for each notification go to the queue
//! `notifications`. When that queue can't be reached, or this function ends in between, the sweep of
//! each minute finds the notifications in the outbox.

pub mod decision;
mod orders;
pub mod outcome;
mod records;
mod sweep;

use aws_lambda_events::event::sqs::SqsEvent;
use jiff::Timestamp;
use serde_json::{Value, json};
use state_table::StateTable;

/// What this function works with.
#[derive(Debug, Clone)]
pub struct Deps {
    /// Settings, alerts, notifications.
    pub state: StateTable,
    /// The queues.
    pub queues: aws_sdk_sqs::Client,
    /// The queue `alerts`, that the records come from.
    pub alerts_queue_url: String,
    /// The queue `notifications`.
    pub notifications_queue_url: String,
}

/// One event: a batch of the queue `alerts`, or the tick of each minute.
pub async fn handle(deps: &Deps, event: Value, now: Timestamp) -> anyhow::Result<Value> {
    if event.get("Records").is_some() {
        let batch: SqsEvent = serde_json::from_value(event)?;
        let response = records::route_batch(deps, batch, now).await;
        return Ok(serde_json::to_value(response)?);
    }
    let sent = sweep::sweep(deps, now).await?;
    Ok(json!({ "sent_again": sent }))
}
