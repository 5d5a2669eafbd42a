//! Timers of the next minute, and what was lost.

use jiff::{SignedDuration, Timestamp};
use messages::DeliveryOrder;

use crate::timers::{self, HORIZON, Timer};
use crate::{Deps, orders};

/// The most orders that one sweep sends; the next one goes on.
const MAX_ORDERS: usize = 500;
/// The most groups that one sweep wakes.
const MAX_TIMERS: usize = 5_000;
/// How long a notification is left alone after its order was sent again.
const LEFT_ALONE: SignedDuration = SignedDuration::from_mins(2);

/// What one sweep found.
pub(crate) struct Swept {
    /// Notifications that nobody took.
    pub orders: usize,
    /// Groups that are due, or will be before the next sweep.
    pub timers: usize,
}

/// Sends what is due. Two sweeps at once send an order once, and a timer twice, which does no harm.
pub(crate) async fn sweep(deps: &Deps, now: Timestamp) -> anyhow::Result<Swept> {
    Ok(Swept {
        orders: lost_orders(deps, now).await?,
        timers: due_groups(deps, now).await?,
    })
}

async fn due_groups(deps: &Deps, now: Timestamp) -> anyhow::Result<usize> {
    let due = deps.state.due_groups(now + HORIZON, MAX_TIMERS).await?;
    let timer = |due: state_table::alerts::DueGroup| Timer {
        tenant: due.tenant,
        group: due.group,
        at: due.at,
    };
    let timers: Vec<Timer> = due.into_iter().map(timer).collect();
    timers::send(deps, &timers, now).await
}

async fn lost_orders(deps: &Deps, now: Timestamp) -> anyhow::Result<usize> {
    let mut lost = Vec::new();
    for due in deps.state.due_notifications(now, MAX_ORDERS).await? {
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
