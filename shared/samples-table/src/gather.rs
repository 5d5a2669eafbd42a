use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};

use series::{Series, SeriesId, SeriesSpan};

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

/// Where the series of many chunks begin and end.
#[derive(Default)]
pub(crate) struct Spanned(HashMap<SeriesId, SeriesSpan>);

impl Spanned {
    /// Whether it is a series that was not there before.
    pub(crate) fn add(&mut self, id: SeriesId, span: SeriesSpan) -> bool {
        match self.0.entry(id) {
            Entry::Occupied(mut known) => {
                known.get_mut().extend(span.first_ms, span.last);
                false
            }
            Entry::Vacant(place) => {
                place.insert(span);
                true
            }
        }
    }

    pub(crate) fn add_all(&mut self, others: Self) {
        for (id, span) in others.0 {
            self.add(id, span);
        }
    }

    /// In no order.
    pub(crate) fn into_spans(self) -> Vec<SeriesSpan> {
        self.0.into_values().collect()
    }
}

/// What all senders of one read may hold together.
pub(crate) struct Room {
    max: usize,
    taken: AtomicUsize,
    excess: fn(usize) -> LoadError,
}

impl Room {
    /// `excess` is what taking more than `max` fails with.
    pub(crate) const fn of(max: usize, excess: fn(usize) -> LoadError) -> Self {
        Self {
            max,
            taken: AtomicUsize::new(0),
            excess,
        }
    }

    pub(crate) fn take(&self, amount: usize) -> Result<(), LoadError> {
        let taken = self.taken.fetch_add(amount, Ordering::Relaxed) + amount;
        if taken > self.max {
            return Err((self.excess)(self.max));
        }
        Ok(())
    }
}
