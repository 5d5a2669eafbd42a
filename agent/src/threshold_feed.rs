//! Which simple thresholds does the tenant have? Asked now and then, remembered across restarts.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::sending::{Destination, Fetched};
use crate::thresholds::Threshold;

const PATH: &str = "/api/v1/agent/thresholds";
/// Where the service does not say how long its answer stays fresh.
const BETWEEN_FETCHES: Duration = Duration::from_secs(300);
const LEAST_BETWEEN_FETCHES: Duration = Duration::from_secs(60);
const MOST_BETWEEN_FETCHES: Duration = Duration::from_secs(3600);

/// What one destination said of its tenant's thresholds.
pub struct ThresholdFeed {
    file: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: Option<Arc<[Threshold]>>,
    etag: Option<String>,
    next_fetch: Option<Instant>,
}

/// The file: the answer as it came, so that a newer agent may understand more of it.
#[derive(Serialize, Deserialize)]
struct Remembered {
    etag: Option<String>,
    answer: String,
}

impl ThresholdFeed {
    /// Starts with what `file` remembers, where there is one.
    #[must_use]
    pub fn new(file: Option<PathBuf>) -> Self {
        let state = file.as_deref().and_then(remembered).unwrap_or_default();
        Self {
            file,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thresholds; nothing while the service has not said any, which is not the same as none.
    #[must_use]
    pub fn known(&self) -> Option<Arc<[Threshold]>> {
        self.state().known.clone()
    }

    /// Asks when it is time. A service without thresholds, or a token that may not see them, is no error.
    pub fn refresh(&self, destination: &Destination, now: Instant) {
        let etag = {
            let mut state = self.state();
            if state.next_fetch.is_some_and(|at| now < at) {
                return;
            }
            state.next_fetch = Some(now + BETWEEN_FETCHES);
            state.etag.clone()
        };
        let fresh_for = match destination.fetch(PATH, etag.as_deref()) {
            Fetched::New {
                etag,
                body,
                max_age,
            } => {
                if let Some(list) = Threshold::list(&body) {
                    self.remember(etag.as_deref(), &body);
                    let mut state = self.state();
                    state.known = Some(list.into());
                    state.etag = etag;
                }
                max_age
            }
            Fetched::Same { max_age } => max_age,
            Fetched::Absent => {
                self.forget();
                None
            }
            Fetched::Unknown => None,
        };
        if let Some(fresh_for) = fresh_for {
            let pause = fresh_for.clamp(LEAST_BETWEEN_FETCHES, MOST_BETWEEN_FETCHES);
            self.state().next_fetch = Some(now + pause);
        }
    }

    /// What can't be remembered is asked again after a restart.
    fn remember(&self, etag: Option<&str>, answer: &[u8]) {
        let Some(file) = &self.file else { return };
        let remembered = Remembered {
            etag: etag.map(str::to_owned),
            answer: String::from_utf8_lossy(answer).into_owned(),
        };
        let new = file.with_extension("tmp");
        if let Ok(json) = serde_json::to_vec(&remembered) {
            let _ = std::fs::write(&new, json).and_then(|()| std::fs::rename(&new, file));
        }
    }

    fn forget(&self) {
        if let Some(file) = &self.file {
            let _ = std::fs::remove_file(file);
        }
        let mut state = self.state();
        state.known = None;
        state.etag = None;
    }
}

fn remembered(file: &Path) -> Option<State> {
    let remembered: Remembered = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    let list = Threshold::list(remembered.answer.as_bytes())?;
    Some(State {
        known: Some(list.into()),
        etag: remembered.etag,
        next_fetch: None,
    })
}
