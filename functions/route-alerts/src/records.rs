//! Records of the queue `alerts`.

use std::collections::BTreeSet;

use alert_routing::{
    Decision, GroupId, Heard, HeardOutcome, Looked, Position, Said, hear, look, recheck,
};
use anyhow::{Context, anyhow};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use lambda_support::{Attempt, Record, each_record};
use messages::{AlertsMessage, Change, TransitionBatch};

use crate::desk::{Leftover, Runner};
use crate::timers::{self, Timer};
use crate::{Deps, orders};

/// So many alerts of one message are stored at once.
const AT_ONCE: usize = 8;

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
    let message = AlertsMessage::read(&record.body)
        .map_err(|error| Undone::Hopeless(anyhow!(error).context("reading a message")))?;
    let version = message.version();
    if version > messages::VERSION {
        let error = anyhow!("version {version} is newer than this function");
        return Err(Undone::Passing(error));
    }
    let tenant = message.tenant();
    let configured = deps.plans.of(&deps.state, tenant);
    let configured = configured.await.context("reading what is configured")?;
    let runner = Runner {
        deps,
        tenant,
        configured: &configured,
        now,
    };
    let mut leftover = Leftover::default();
    match &message {
        AlertsMessage::Transitions(batch) => {
            leftover = runner.hear_all(decisions(batch)).await?;
        }
        AlertsMessage::Said(batch) => {
            let heard = batch.said.iter().map(|said| Heard::Said {
                said: said.clone(),
                received_at: batch.received_at,
            });
            leftover = runner.hear_all(heard).await?;
        }
        AlertsMessage::Look(order) => leftover.wakes.push((order.look_at.clone(), now)),
        AlertsMessage::Recheck(order) => {
            for group in deps.state.groups(tenant).await.context("listing groups")? {
                runner.recheck(&mut leftover, &group.id).await?;
            }
            if !order.is_last {
                timers::recheck_again(deps, order).await?;
            }
        }
    }
    runner.finish(leftover).await.map_err(Undone::Passing)
}

/// What our own rules decided, in the order of their decisions.
fn decisions(batch: &TransitionBatch) -> impl Iterator<Item = Heard> {
    batch
        .transitions
        .iter()
        .enumerate()
        .map(|(index, transition)| {
            let alert = &transition.alert;
            Heard::Decided {
                said: Said {
                    labels: alert.labels.clone(),
                    annotations: alert.annotations.clone(),
                    starts_at: Some(alert.starts_at),
                    ends_at: match transition.change {
                        Change::Fired => None,
                        Change::Resolved => Some(alert.ends_at.unwrap_or(transition.caused_at)),
                    },
                    generator_url: String::new(),
                    value: value_text(alert.value),
                },
                source: batch.source.clone(),
                position: Position {
                    decided_at: batch.decided_at,
                    sequence: batch.sequence,
                    part: batch.part,
                    index: u32::try_from(index).unwrap_or(u32::MAX),
                },
                caused_at: transition.caused_at,
            }
        })
}

/// As Prometheus writes a value.
fn value_text(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    value.to_string()
}

impl Runner<'_> {
    /// Several at once: they are alerts of their own, or the order of their sources says which is later.
    async fn hear_all(&self, heard: impl Iterator<Item = Heard>) -> Result<Leftover, Undone> {
        let hearing = stream::iter(heard).map(async |heard| self.hear(&heard).await);
        let each: Vec<Leftover> = hearing.buffer_unordered(AT_ONCE).try_collect().await?;
        let mut all = Leftover::default();
        for leftover in each {
            all.wakes.extend(leftover.wakes);
            all.orders.extend(leftover.orders);
        }
        Ok(all)
    }

    async fn hear(&self, heard: &Heard) -> Result<Leftover, Undone> {
        let (plan, now) = (&self.configured.plan, self.now);
        let mut leftover = Leftover::default();
        let outcome = self
            .run(&mut leftover, async |desk| {
                hear(&desk, plan, heard, now).await
            })
            .await?;
        match outcome {
            HeardOutcome::Contended => {
                let error = anyhow!("an alert was written by others each time in between");
                Err(Undone::Passing(error))
            }
            HeardOutcome::Invalid(invalid) => {
                tracing::warn!(tenant = self.tenant.as_str(), %invalid, "an alert can't be one");
                Ok(leftover)
            }
            HeardOutcome::Stored(_) | HeardOutcome::KnownBefore => Ok(leftover),
        }
    }

    async fn recheck(&self, leftover: &mut Leftover, group: &GroupId) -> Result<(), Undone> {
        let now = self.now;
        self.run(leftover, async |desk| recheck(&desk, group, now).await)
            .await?;
        Ok(())
    }

    /// Looks at the groups that are due at once, and sends what follows.
    async fn finish(&self, mut leftover: Leftover) -> anyhow::Result<()> {
        let (plan, now) = (&self.configured.plan, self.now);
        let wakes = std::mem::take(&mut leftover.wakes);
        let due: BTreeSet<GroupId> = wakes
            .iter()
            .filter(|(_, at)| *at <= now)
            .map(|(group, _)| group.clone())
            .collect();
        leftover
            .wakes
            .extend(wakes.into_iter().filter(|(_, at)| *at > now));
        for group in due {
            let looked = self
                .run(&mut leftover, async |desk| {
                    look(&desk, plan, &group, now).await
                })
                .await?;
            self.note(&group, &looked, &mut leftover);
        }
        let timers: Vec<Timer> = leftover
            .wakes
            .into_iter()
            .map(|(group, at)| Timer {
                tenant: self.tenant.clone(),
                group,
                at,
            })
            .collect();
        let (orders, timers) = futures::join!(
            orders::send(self.deps, &leftover.orders),
            timers::send(self.deps, &timers, now),
        );
        if let Err(error) = orders.and(timers) {
            tracing::warn!(
                error = format!("{error:#}"),
                "the sweep has to send orders or timers"
            );
        }
        Ok(())
    }

    fn note(&self, group: &GroupId, looked: &Looked, leftover: &mut Leftover) {
        let (tenant, group_id) = (self.tenant.as_str(), group.0.as_str());
        match looked {
            Looked::Early { due } => leftover.wakes.push((group.clone(), *due)),
            Looked::Decided(flush) => {
                for (integration, decision) in &flush.decisions {
                    let decision = match decision {
                        Decision::Notify { reason, members } => {
                            format!("{reason:?} of {}", members.len())
                        }
                        Decision::Quiet(reason) => format!("{reason:?}"),
                        Decision::AllMuted => "AllMuted".to_owned(),
                    };
                    tracing::info!(tenant, group_id, integration, decision, "decided");
                }
            }
            Looked::Idle | Looked::Overtaken | Looked::Empty => {}
        }
    }
}
