//! Records of the queue `alerts`.

use anyhow::{Context, anyhow, bail};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use lambda_support::{Attempt, Record, each_record};
use messages::{DeliveryOrder, Transition, TransitionBatch};
use state_table::Written;
use state_table::alerts::{AlertPlace, Position};
use state_table::notifications::{Notification, Status};
use state_table::settings::Settings;

use crate::decision::{Decision, route};
use crate::outcome::{Origin, outcome};
use crate::{Deps, orders};

/// So often a decision is made anew when somebody else wrote the alert in between.
const TRIES: usize = 5;

/// Seconds until a record that failed comes again, by how often it came: some minutes of outage are
/// outlasted before it ends in the dead-letter queue.
const COMES_AGAIN_SECS: [i32; 4] = [2, 10, 60, 240];

/// Why a record is not done.
#[derive(Debug, thiserror::Error)]
enum Undone {
    /// It can't be read, and never will be.
    #[error("hopeless")]
    Hopeless(#[source] anyhow::Error),
    /// It may pass when it comes again.
    #[error("not done")]
    Passing(#[from] anyhow::Error),
}

/// Routes each record; exactly those that failed come again.
pub(crate) async fn route_batch(deps: &Deps, batch: SqsEvent, now: Timestamp) -> SqsBatchResponse {
    each_record(batch, async |record: Record| {
        let Err(undone) = route_record(deps, &record, now).await else {
            return Attempt::Done;
        };
        come_again(deps, &record, matches!(undone, Undone::Hopeless(_))).await;
        Attempt::Failed(anyhow::Error::new(undone))
    })
    .await
}

/// Without this a failed record would come again after the queue's visibility timeout only. One that
/// can't pass comes at once, so that it stands in the dead-letter queue within seconds.
async fn come_again(deps: &Deps, record: &Record, is_hopeless: bool) {
    let at = usize::try_from(record.receive_count.saturating_sub(1)).unwrap_or(usize::MAX);
    let secs = if is_hopeless {
        0
    } else {
        COMES_AGAIN_SECS[at.min(COMES_AGAIN_SECS.len() - 1)]
    };
    let changed = deps
        .queues
        .change_message_visibility()
        .queue_url(&deps.alerts_queue_url)
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

async fn route_record(deps: &Deps, record: &Record, now: Timestamp) -> Result<(), Undone> {
    let batch: TransitionBatch = serde_json::from_str(&record.body).map_err(|error| {
        Undone::Hopeless(anyhow!(error).context("reading a batch of transitions"))
    })?;
    if batch.version > messages::VERSION {
        let error = anyhow!("version {} is newer than this function", batch.version);
        return Err(Undone::Passing(error));
    }
    let settings = deps
        .state
        .settings(&batch.tenant)
        .await
        .context("loading settings")?
        .settings;
    let mut orders = Vec::new();
    for (index, transition) in batch.transitions.iter().enumerate() {
        let position = Position {
            decided_at: batch.decided_at,
            sequence: batch.sequence,
            part: batch.part,
            index: u32::try_from(index).unwrap_or(u32::MAX),
        };
        let origin = Origin {
            tenant: &batch.tenant,
            source: &batch.source,
            position,
        };
        orders.extend(
            apply(
                deps,
                &origin,
                transition,
                &settings,
                record.receive_count,
                now,
            )
            .await?,
        );
    }
    if let Err(error) = orders::send(deps, &orders).await {
        tracing::warn!(error = format!("{error:#}"), "the sweep has to send orders");
    }
    Ok(())
}

/// Decides and writes until nobody writes in between; returns the orders to send.
async fn apply(
    deps: &Deps,
    origin: &Origin<'_>,
    transition: &Transition,
    settings: &Settings,
    receive_count: u32,
    now: Timestamp,
) -> anyhow::Result<Vec<DeliveryOrder>> {
    let fingerprint = transition.alert.fingerprint();
    for _ in 0..TRIES {
        let place = deps
            .state
            .alert_place(origin.tenant, fingerprint, origin.source, now)
            .await
            .context("loading the alert")?;
        let decision = route(
            transition,
            &origin.position,
            settings,
            place.stored.as_ref(),
        );
        log(origin, transition, &decision);
        let (notify, reason) = match decision {
            Decision::Changed { notify, reason } => (notify, reason),
            // Whoever applied it may have crashed before the orders were sent.
            Decision::Duplicate if receive_count > 1 => return Ok(told_before(origin, &place)),
            Decision::Duplicate | Decision::Stale => return Ok(Vec::new()),
        };
        let next = outcome(origin, transition, &place, (&notify, reason), settings, now)?;
        let written = deps
            .state
            .commit_alert(origin.tenant, &next.alert, &next.notifications, now)
            .await
            .context("storing the alert and its notifications")?;
        if written == Written::Yes {
            return Ok(orders_of(&next.notifications));
        }
    }
    bail!("the alert {fingerprint} was written by others {TRIES} times in a row")
}

fn orders_of(notifications: &[Notification]) -> Vec<DeliveryOrder> {
    notifications
        .iter()
        .filter(|notification| notification.status == Status::Pending)
        .map(|notification| DeliveryOrder {
            version: messages::VERSION,
            tenant: notification.tenant.clone(),
            notification: notification.id.clone(),
        })
        .collect()
}

fn told_before(origin: &Origin<'_>, place: &AlertPlace) -> Vec<DeliveryOrder> {
    let told = place.stored.iter().flat_map(|stored| stored.told.values());
    told.map(|told| DeliveryOrder {
        version: messages::VERSION,
        tenant: origin.tenant.clone(),
        notification: told.notification.clone(),
    })
    .collect()
}

fn log(origin: &Origin<'_>, transition: &Transition, decision: &Decision<'_>) {
    let (tenant, source) = (origin.tenant.as_str(), origin.source);
    let fingerprint = transition.alert.fingerprint().to_string();
    let sequence = origin.position.sequence;
    let (told, reason) = match decision {
        Decision::Changed { notify, reason } => (notify.len(), format!("{reason:?}")),
        Decision::Duplicate => (0, "Duplicate".to_owned()),
        Decision::Stale => (0, "Stale".to_owned()),
    };
    tracing::info!(tenant, source, sequence, fingerprint, change = ?transition.change, told, reason, "routed");
}
