//! Which keyframe do a host's chunks refer to now?

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use ids::{SenderId, TenantId};
use jiff::{SignedDuration, Timestamp};
use sample_codec::{Chunk, Keyframe};
use samples_table::{KEYFRAME_FRESH, LoadError, SamplesTable};

/// The most hosts an instance remembers; beyond it everything is forgotten, which costs reads.
const MAX_REMEMBERED: usize = 500;

/// A host without a keyframe is looked up again after so long.
const ABSENCE_REMEMBERED: SignedDuration = SignedDuration::from_mins(10);

/// A keyframe and until when it may be named, or that there was none and until when that is believed.
type Remembered = (Option<Arc<Keyframe>>, Timestamp);

/// The keyframes this instance used last.
#[derive(Debug, Default)]
pub struct Keyframes(Mutex<HashMap<(TenantId, SenderId), Remembered>>);

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
        if let Some((keyframe, until)) = known
            && now < until
        {
            return Ok(keyframe);
        }
        let stored = stored(samples, &key, now).await?;
        let remembered = stored.unwrap_or((None, now + ABSENCE_REMEMBERED));
        self.remember(key, remembered.clone());
        Ok(remembered.0)
    }

    /// Stores a keyframe before any chunk may name it.
    pub async fn renew(
        &self,
        samples: &SamplesTable,
        tenant: &TenantId,
        sender: &SenderId,
        keyframe: Keyframe,
        now: Timestamp,
    ) -> Result<(), LoadError> {
        samples.put_keyframe(tenant, sender, &keyframe, now).await?;
        let known = (Some(Arc::new(keyframe)), now + KEYFRAME_FRESH);
        self.remember((tenant.clone(), sender.clone()), known);
        Ok(())
    }

    fn remember(&self, key: (TenantId, SenderId), known: Remembered) {
        if let Ok(mut all) = self.0.lock() {
            if all.len() >= MAX_REMEMBERED {
                all.clear();
            }
            all.insert(key, known);
        }
    }
}

/// What the host's newest chunk names. A keyframe that is missing or damaged is none: a fresh one takes
/// its place, else the host could never report again.
async fn stored(
    samples: &SamplesTable,
    (tenant, sender): &(TenantId, SenderId),
    now: Timestamp,
) -> Result<Option<Remembered>, LoadError> {
    let Some(chunk) = samples.newest_chunk(tenant, sender).await? else {
        return Ok(None);
    };
    let Some(id) = Chunk::keyframe_id(&chunk.bytes) else {
        return Ok(None);
    };
    match samples.keyframe(tenant, sender, id).await {
        Ok(found) => Ok(found
            .filter(|(_, fresh_until)| now < *fresh_until)
            .map(|(keyframe, fresh_until)| (Some(Arc::new(keyframe)), fresh_until))),
        Err(LoadError::Table(error)) => Err(error.into()),
        Err(error) => {
            tracing::error!(%tenant, %sender, %error, "a keyframe is made anew");
            Ok(None)
        }
    }
}
