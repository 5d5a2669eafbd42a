use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};

use series::{Series, SeriesId};

use crate::LoadError;

/// Series of many chunks; each label set is held once, however many chunks repeat it.
#[derive(Default)]
pub(crate) struct Gathered(HashMap<SeriesId, Series>);

impl Gathered {
    pub(crate) fn add(&mut self, mut series: Series) {
        match self.0.entry(series.id()) {
            Entry::Occupied(mut known) => known.get_mut().samples.append(&mut series.samples),
            Entry::Vacant(place) => {
                place.insert(series);
            }
        }
    }

    /// In no order; times may repeat where chunks do.
    pub(crate) fn into_series(self) -> Vec<Series> {
        self.0.into_values().collect()
    }
}

/// What all senders of one read may hold together.
pub(crate) struct Room {
    max: usize,
    taken: AtomicUsize,
}

impl Room {
    pub(crate) const fn of(max: usize) -> Self {
        Self {
            max,
            taken: AtomicUsize::new(0),
        }
    }

    pub(crate) fn take(&self, samples: usize) -> Result<(), LoadError> {
        let taken = self.taken.fetch_add(samples, Ordering::Relaxed) + samples;
        if taken > self.max {
            return Err(LoadError::TooManySamples { max: self.max });
        }
        Ok(())
    }
}
