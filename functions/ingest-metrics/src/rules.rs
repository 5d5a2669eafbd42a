//! Which rules does a tenant have now?

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use rule_evaluation::RuleSet;
use state_table::{StateTable, TableError};

/// After so long an instance looks whether the rules changed.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(15);
/// The most tenants an instance remembers; beyond it everything is forgotten, which costs reads.
const MAX_REMEMBERED: usize = 200;

/// What this instance compiled lately.
#[derive(Debug)]
pub struct Rules {
    public_url: String,
    known: Mutex<HashMap<TenantId, (Arc<RuleSet>, Timestamp)>>,
}

impl Rules {
    /// `public_url` is what templates see as `$externalURL`.
    #[must_use]
    pub fn new(public_url: impl Into<String>) -> Self {
        Self {
            public_url: public_url.into(),
            known: Mutex::default(),
        }
    }

    /// A tenant's rules, at most some seconds old.
    pub async fn of(
        &self,
        state: &StateTable,
        tenant: &TenantId,
        now: Timestamp,
    ) -> Result<Arc<RuleSet>, TableError> {
        let known = self
            .known
            .lock()
            .ok()
            .and_then(|known| known.get(tenant).cloned());
        if let Some((rules, read_at)) = known
            && now.duration_since(read_at) < REMEMBERED
        {
            return Ok(rules);
        }
        self.read(state, tenant, now).await
    }

    /// A tenant's rules as they are now.
    pub async fn read(
        &self,
        state: &StateTable,
        tenant: &TenantId,
        now: Timestamp,
    ) -> Result<Arc<RuleSet>, TableError> {
        let rules = Arc::new(state.rule_set(tenant, &self.public_url).await?);
        if let Ok(mut known) = self.known.lock() {
            if known.len() >= MAX_REMEMBERED {
                known.clear();
            }
            known.insert(tenant.clone(), (Arc::clone(&rules), now));
        }
        Ok(rules)
    }
}
