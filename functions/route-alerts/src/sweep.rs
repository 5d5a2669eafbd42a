//! Notifications whose order was lost.

use jiff::{SignedDuration, Timestamp};
use messages::DeliveryOrder;

use crate::{Deps, orders};

/// The most orders that one sweep sends; the next one goes on.
const MAX_SWEPT: usize = 500;

/// How long a notification is left alone after its order was sent again.
const LEFT_ALONE: SignedDuration = SignedDuration::from_mins(2);

/// Sends an order for each notification that is due and that nobody took. Two sweeps at once send one.
pub(crate) async fn sweep(deps: &Deps, now: Timestamp) -> anyhow::Result<usize> {
    let mut lost = Vec::new();
    for due in deps.state.due_notifications(now, MAX_SWEPT).await? {
        if deps
            .state
            .postpone_due(&due, now + LEFT_ALONE)
            .await?
            .is_stored()
        {
            lost.push(DeliveryOrder {
                version: messages::VERSION,
                tenant: due.tenant,
                notification: due.id,
            });
        }
    }
    orders::send(deps, &lost).await?;
    if !lost.is_empty() {
        tracing::info!(count = lost.len(), "sent orders again");
    }
    Ok(lost.len())
}
