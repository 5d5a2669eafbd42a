//! One order: claim, send, settle.

use anyhow::{Context, anyhow};
use jiff::{SignedDuration, Timestamp};
use lambda_support::{Attempt, Record, put_metric};
use messages::DeliveryOrder;
use state_table::Written;
use state_table::notifications::{AttemptResult, Claim, Notification, Settlement, Status};

use crate::outcome::Outcome;
use crate::receivers::Way;
use crate::{Deps, orders, receivers};

/// So often a claim is tried anew when somebody else wrote the notification in between.
const TRIES: usize = 5;

/// How much later than its predecessor's next step a notification is looked at again.
const BEHIND_PREDECESSOR: SignedDuration = SignedDuration::from_secs(2);

/// Why a record is not done.
#[derive(Debug, thiserror::Error)]
enum Undone {
    /// It can't be read, or its notification has failed for good: it belongs into the dead-letter queue.
    #[error("hopeless")]
    Hopeless(#[source] anyhow::Error),
    /// It may pass when it comes again.
    #[error("not done")]
    Passing(#[from] anyhow::Error),
}

/// Delivers what one record orders.
pub(crate) async fn deliver_record(deps: &Deps, record: Record) -> Attempt {
    let Err(undone) = deliver(deps, &record).await else {
        return Attempt::Done;
    };
    let is_hopeless = matches!(undone, Undone::Hopeless(_));
    orders::come_again(deps, &record, is_hopeless).await;
    Attempt::Failed(anyhow::Error::new(undone))
}

async fn deliver(deps: &Deps, record: &Record) -> Result<(), Undone> {
    let order: DeliveryOrder = serde_json::from_str(&record.body)
        .map_err(|error| Undone::Hopeless(anyhow!(error).context("reading an order")))?;
    if order.version > messages::VERSION {
        let error = anyhow!("version {} is newer than this function", order.version);
        return Err(Undone::Passing(error));
    }
    for _ in 0..TRIES {
        let found = deps
            .state
            .notification(&order.tenant, &order.notification)
            .await;
        let Some(notification) = found.context("loading the notification")? else {
            let error = anyhow!("there is no notification {}", order.notification);
            return Err(Undone::Hopeless(error));
        };
        match step(deps, &order, &notification).await? {
            Written::Yes => return Ok(()),
            Written::LostRace => {}
        }
    }
    Err(Undone::Passing(anyhow!(
        "others wrote {} all the time",
        order.notification
    )))
}

/// Does what is to be done now; loses the race where the notification changed in between.
async fn step(
    deps: &Deps,
    order: &DeliveryOrder,
    notification: &Notification,
) -> Result<Written, Undone> {
    let now = (deps.clock)();
    if let Status::Failed { reason, .. } = &notification.status {
        return Err(Undone::Hopeless(anyhow!(
            "{} failed: {reason}",
            notification.id
        )));
    }
    let mut claimed = match notification.claim(now, deps.config.lease) {
        Claim::Settled => return Ok(Written::Yes),
        // Whoever holds it settles it; when they crashed, the sweep orders it again.
        Claim::Taken { .. } => return Ok(Written::Yes),
        Claim::NotBefore(at) => {
            orders::send_at(deps, order, at, now).await;
            return Ok(Written::Yes);
        }
        Claim::Claimed(claimed) => *claimed,
    };
    if let Some(at) = predecessor_step(deps, notification, now).await? {
        return put_off(deps, order, notification, at, now).await;
    }
    let settings = deps
        .state
        .settings(&order.tenant)
        .await
        .context("loading settings")?
        .settings;
    let way = Way::of(deps, &claimed).await?;
    way.name_place(&mut claimed);
    let stored = deps
        .state
        .replace_notification(&claimed)
        .await
        .context("claiming")?;
    if stored == Written::LostRace {
        return Ok(Written::LostRace);
    }
    let outcome = receivers::send(deps, &claimed, &settings, &way).await;
    settle(deps, order, claimed, &outcome, now)
        .await
        .map(|()| Written::Yes)
}

/// When to look again, where the receiver has to hear an earlier notification first.
async fn predecessor_step(
    deps: &Deps,
    notification: &Notification,
    now: Timestamp,
) -> Result<Option<Timestamp>, Undone> {
    let Some(after) = &notification.after else {
        return Ok(None);
    };
    let found = deps.state.notification(&notification.tenant, after).await;
    let before = found.context("loading the notification before")?;
    Ok(before.filter(|before| !before.is_settled()).map(|before| {
        let step = match before.status {
            Status::Retrying { next_at } => next_at.max(now),
            _ => now,
        };
        step + BEHIND_PREDECESSOR
    }))
}

async fn put_off(
    deps: &Deps,
    order: &DeliveryOrder,
    notification: &Notification,
    at: Timestamp,
    now: Timestamp,
) -> Result<Written, Undone> {
    let stored = deps
        .state
        .replace_notification(&notification.put_off(at))
        .await;
    let stored = stored.context("putting off")?;
    if stored == Written::Yes {
        orders::send_at(deps, order, at, now).await;
    }
    Ok(stored)
}

/// Writes down how the sending ended, and orders the next one.
async fn settle(
    deps: &Deps,
    order: &DeliveryOrder,
    claimed: Notification,
    outcome: &Outcome,
    began: Timestamp,
) -> Result<(), Undone> {
    let now = (deps.clock)();
    let settlement = deps.config.retry.settlement(outcome, &claimed, now);
    let duration_ms = u64::try_from(now.duration_since(began).as_millis()).unwrap_or(0);
    log(&claimed, outcome, &settlement, duration_ms);
    let result = AttemptResult {
        outcome: outcome.words().to_owned(),
        status_code: outcome.status_code(),
        duration_ms,
    };
    let settled = claimed.settled(result, settlement.clone(), now);
    let stored = deps
        .state
        .replace_notification(&settled)
        .await
        .context("settling")?;
    if stored == Written::LostRace {
        // The claim ran out and somebody else has it now: what becomes of it is theirs to say.
        tracing::warn!(notification = claimed.id.as_str(), "settled too late");
        return Ok(());
    }
    let metric = match settlement {
        Settlement::Delivered => "NotificationsDelivered",
        Settlement::RetryAt(_) => "NotificationsRetried",
        Settlement::Failed(_) => "NotificationsFailed",
    };
    put_metric(now, "deliver-notifications", metric, 1);
    match settlement {
        Settlement::Delivered => Ok(()),
        Settlement::RetryAt(at) => {
            orders::send_at(deps, order, at, now).await;
            Ok(())
        }
        Settlement::Failed(reason) => {
            Err(Undone::Hopeless(anyhow!("{} failed: {reason}", claimed.id)))
        }
    }
}

fn log(claimed: &Notification, outcome: &Outcome, settlement: &Settlement, duration_ms: u64) {
    let receiver = claimed.receiver.as_ref();
    tracing::info!(
        tenant = claimed.tenant.as_str(),
        notification = claimed.id.as_str(),
        kind = receiver.map(|receiver| receiver.kind.as_str()),
        attempt = claimed.attempts_made,
        status_code = outcome.status_code(),
        duration_ms,
        settlement = match settlement {
            Settlement::Delivered => "delivered",
            Settlement::RetryAt(_) => "retry",
            Settlement::Failed(_) => "failed",
        },
        "sent"
    );
}
