//! May these points come now?

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ids::TenantId;
use jiff::Timestamp;
use quotas::{Share, Turn};
use state_table::StateTable;

use crate::standings::Allowed;

/// The most tenants whose shares an instance remembers; beyond it everything is forgotten, and what is free for
/// each is free once more.
const MAX_REMEMBERED: usize = 10_000;

/// What this instance may still take of each tenant's ten seconds.
#[derive(Debug, Default)]
pub struct Shares(Mutex<HashMap<TenantId, Share>>);

impl Shares {
    /// Whether so many points may be taken; else, after how many seconds the same may pass.
    pub async fn take(
        &self,
        state: &StateTable,
        tenant: &TenantId,
        allowed: &Allowed,
        points: u64,
        now: Timestamp,
    ) -> Result<(), u64> {
        let turn = self.with(tenant, |share| {
            share.turn(points, allowed.quotas(), allowed.is_near_rate(), now)
        });
        let turn = match turn {
            Turn::Ask {
                window,
                points: leased,
                most,
            } => match state.lease_points(tenant, window, leased, most).await {
                Ok(written) if written.is_stored() => {
                    self.with(tenant, |share| share.granted(window, leased, points));
                    Turn::Take
                }
                Ok(_) => {
                    tracing::info!(%tenant, window, most, "the quota of points per second is used up");
                    self.with(tenant, |share| share.refused(window, now))
                }
                Err(error) => {
                    tracing::warn!(%tenant, %error, "points can't be counted, and are taken");
                    lambda_support::put_metric(now, "ingest-metrics", "QuotaNotCounted", points);
                    Turn::Take
                }
            },
            turn => turn,
        };
        match turn {
            Turn::Wait { secs } => {
                lambda_support::put_metric(now, "ingest-metrics", "FlushesDeferred", 1);
                Err(secs)
            }
            Turn::Take | Turn::Ask { .. } => Ok(()),
        }
    }

    fn with<T>(&self, tenant: &TenantId, act: impl FnOnce(&mut Share) -> T) -> T {
        let mut shares = self.shares();
        if shares.len() >= MAX_REMEMBERED && !shares.contains_key(tenant) {
            shares.clear();
        }
        act(shares.entry(tenant.clone()).or_default())
    }

    fn shares(&self) -> MutexGuard<'_, HashMap<TenantId, Share>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
