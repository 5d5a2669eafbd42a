//! What may a tenant send now?
//!
//! An instance remembers for some seconds what a tenant may send and what it used, so that a flush asks
//! nobody. Quotas save money, and lost samples cost more: what can't be read or counted is let in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use quotas::{Gate, Quotas};
use series::Admission;
use state_table::StateTable;
use state_table::quotas::Standing;

use crate::gate;

/// After so long an instance looks again.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(15);
/// The most tenants an instance remembers; beyond it everything is forgotten, which costs reads.
const MAX_REMEMBERED: usize = 200;

/// What a tenant may send, as decoders take it.
#[derive(Debug, Default)]
pub struct Allowed {
    /// As it is set and was measured.
    pub standing: Standing,
    /// For remote write.
    pub remote_write: remote_write::Limits,
    /// For every other protocol.
    pub intake: intake::Limits,
    /// Near the quota of series: what tells new ones from others.
    pub gate: Option<Arc<Gate>>,
}

/// What this instance read lately.
#[derive(Debug, Default)]
pub struct Standings(Mutex<HashMap<TenantId, (Arc<Allowed>, Timestamp)>>);

impl Standings {
    /// What a tenant may send, at most some seconds old where the table answers.
    pub async fn of(&self, state: &StateTable, tenant: &TenantId, now: Timestamp) -> Arc<Allowed> {
        let known = self.known().get(tenant).cloned();
        if let Some((allowed, read_at)) = &known
            && now.duration_since(*read_at) < REMEMBERED
        {
            return Arc::clone(allowed);
        }
        match state.standing(tenant).await {
            Ok(standing) => {
                let before = known.and_then(|(allowed, _)| allowed.gate.clone());
                let gate = gate::behind(state, tenant, &standing, before, now).await;
                self.remember(tenant, Arc::new(Allowed::of(standing, gate)), now)
            }
            // What was known goes on for the next seconds: a table that fails is not asked by each flush.
            Err(error) => {
                tracing::warn!(%tenant, %error, "a tenant's quotas can't be read");
                lambda_support::put_metric(now, "ingest-metrics", "QuotasNotRead", 1);
                let known = known.map(|(allowed, _)| allowed).unwrap_or_default();
                self.remember(tenant, known, now)
            }
        }
    }

    fn remember(&self, tenant: &TenantId, allowed: Arc<Allowed>, now: Timestamp) -> Arc<Allowed> {
        let mut known = self.known();
        if known.len() >= MAX_REMEMBERED {
            known.clear();
        }
        known.insert(tenant.clone(), (Arc::clone(&allowed), now));
        allowed
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, (Arc<Allowed>, Timestamp)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Allowed {
    fn of(standing: Standing, gate: Option<Arc<Gate>>) -> Self {
        let quotas = &standing.allowed.quotas;
        let admission = gate.clone().map(|gate| gate as Arc<dyn Admission>);
        Self {
            remote_write: remote_write_limits(quotas, admission.clone()),
            intake: intake_limits(quotas, admission),
            standing,
            gate,
        }
    }

    /// Whether each point has to be leased before it is taken.
    pub fn is_near_rate(&self) -> bool {
        let usage = self.standing.usage.as_ref();
        usage.is_some_and(|usage| usage.is_near_rate(self.quotas()))
    }

    /// What is set.
    pub fn quotas(&self) -> &Quotas {
        &self.standing.allowed.quotas
    }
}

fn remote_write_limits(
    quotas: &Quotas,
    admission: Option<Arc<dyn Admission>>,
) -> remote_write::Limits {
    remote_write::Limits {
        admission,
        labels_per_series: size(quotas.labels_per_series),
        label_name_bytes: size(quotas.label_name_bytes),
        label_value_bytes: size(quotas.label_value_bytes),
        ..remote_write::Limits::default()
    }
}

fn intake_limits(quotas: &Quotas, admission: Option<Arc<dyn Admission>>) -> intake::Limits {
    intake::Limits {
        admission,
        labels_per_series: size(quotas.labels_per_series),
        label_name_bytes: size(quotas.label_name_bytes),
        label_value_bytes: size(quotas.label_value_bytes),
        ..intake::Limits::default()
    }
}

fn size(quota: u64) -> usize {
    usize::try_from(quota).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_quotas_are_the_decoders_own_limits() {
        let allowed = Allowed::of(Standing::default(), None);
        let (ours, theirs) = (allowed.remote_write, remote_write::Limits::default());
        assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
        let (ours, theirs) = (allowed.intake, intake::Limits::default());
        assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
    }
}
