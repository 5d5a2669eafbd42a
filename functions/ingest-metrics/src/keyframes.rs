//! Which keyframe do a host's chunks refer to now?

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use ids::{SenderId, TenantId};
use jiff::Timestamp;
use sample_codec::{Chunk, Keyframe};
use samples_table::{KEYFRAME_FRESH, LoadError, SamplesTable};
use series::SeriesView;

/// The most hosts an instance remembers; beyond it everything is forgotten, which costs reads.
const MAX_REMEMBERED: usize = 500;

type Known = HashMap<(TenantId, SenderId), (Arc<Keyframe>, Timestamp)>;

/// The keyframes this instance used last.
#[derive(Debug, Default)]
pub struct Keyframes(Mutex<Known>);

impl Keyframes {
    /// The host's keyframe, from memory or from its newest chunk; none where it is too old to be named.
    pub async fn current(
        &self,
        samples: &SamplesTable,
        tenant: &TenantId,
        sender: &SenderId,
        now: Timestamp,
    ) -> Result<Option<Arc<Keyframe>>, LoadError> {
        let key = (tenant.clone(), sender.clone());
        let known = self
            .0
            .lock()
            .ok()
            .and_then(|known| known.get(&key).cloned());
        let known = match known {
            Some(known) => Some(known),
            None => self.stored(samples, key).await?,
        };
        Ok(known.and_then(|(keyframe, fresh_until)| (now < fresh_until).then_some(keyframe)))
    }

    async fn stored(
        &self,
        samples: &SamplesTable,
        key: (TenantId, SenderId),
    ) -> Result<Option<(Arc<Keyframe>, Timestamp)>, LoadError> {
        let (tenant, sender) = &key;
        let Some(chunk) = samples.newest_chunk(tenant, sender).await? else {
            return Ok(None);
        };
        let Some(id) = Chunk::keyframe_id(&chunk.bytes) else {
            return Ok(None);
        };
        let found = samples.keyframe(tenant, sender, id).await?;
        Ok(found.map(|(keyframe, fresh_until)| {
            let known = (Arc::new(keyframe), fresh_until);
            self.remember(key, known.clone());
            known
        }))
    }

    /// Makes a keyframe of this flush and stores it, before any chunk may name it. None where the host is
    /// too large for one.
    pub async fn renew(
        &self,
        samples: &SamplesTable,
        tenant: &TenantId,
        sender: &SenderId,
        series: &[SeriesView<'_>],
        now: Timestamp,
    ) -> Result<Option<Arc<Keyframe>>, LoadError> {
        let Some(keyframe) = Keyframe::of(series).map(Arc::new) else {
            return Ok(None);
        };
        samples.put_keyframe(tenant, sender, &keyframe, now).await?;
        let known = (Arc::clone(&keyframe), now + KEYFRAME_FRESH);
        self.remember((tenant.clone(), sender.clone()), known);
        Ok(Some(keyframe))
    }

    fn remember(&self, key: (TenantId, SenderId), known: (Arc<Keyframe>, Timestamp)) {
        if let Ok(mut all) = self.0.lock() {
            if all.len() >= MAX_REMEMBERED {
                all.clear();
            }
            all.insert(key, known);
        }
    }
}
