//! Who must be told what, now or later, and why?
//!
//! What is heard of alerts (decisions of our own rules, what clients say) puts them into groups; a group that is due is
//! looked at, and what is said of it is decided. Both are procedures of [`alert_routing`], which this function runs against
//! the table (`desk`). What was decided is stored with the notifications that follow in one transaction, and only then does
//! an order for each go to the queue `notifications`.
//!
//! A timer is a message with a delay. The sweep of each minute sends those of the next minute, and finds what was lost: groups
//! that are overdue, and notifications that nobody took.

mod desk;
mod notifications;
mod orders;
mod plans;
mod records;
mod sweep;
mod timers;

use aws_lambda_events::event::sqs::SqsEvent;
use jiff::Timestamp;
use serde_json::{Value, json};
use state_table::StateTable;

pub use plans::Plans;

/// What this function works with.
#[derive(Debug, Clone)]
pub struct Deps {
    /// Settings, configurations, alerts, groups, notifications.
    pub state: StateTable,
    /// What tenants configured, as remembered.
    pub plans: Plans,
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
    let swept = sweep::sweep(deps, now).await?;
    Ok(json!({ "sent_again": swept.orders, "timers": swept.timers }))
}
