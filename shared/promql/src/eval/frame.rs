//! Instant vectors over all steps of an evaluation.

use std::collections::HashMap;

use series::{IdentityHasher, Labels, METRIC_NAME, STALE_NAN_BITS, SeriesId};

use crate::EvalError;

/// Marks a cell without a sample. No sample carries it: stale markers are never selected.
pub(crate) const ABSENT: f64 = f64::from_bits(STALE_NAN_BITS);

pub(crate) fn is_present(cell: f64) -> bool {
    cell.to_bits() != STALE_NAN_BITS
}

/// Labels of a row; the metric's name is dropped without copying the rest.
#[derive(Debug, Clone)]
pub(crate) struct Tags {
    labels: Labels,
    nameless: bool,
}

impl Tags {
    pub(crate) fn of(labels: Labels) -> Self {
        Self {
            labels,
            nameless: false,
        }
    }

    pub(crate) fn empty() -> Self {
        Self::of(Labels::default())
    }

    pub(crate) fn without_name(&self) -> Self {
        Self {
            labels: self.labels.clone(),
            nameless: true,
        }
    }

    pub(crate) fn value(&self, name: &str) -> &str {
        if self.nameless && name == METRIC_NAME {
            return "";
        }
        self.labels.value(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let nameless = self.nameless;
        self.labels
            .iter()
            .filter(move |(name, _)| !(nameless && *name == METRIC_NAME))
    }

    pub(crate) fn to_labels(&self) -> Labels {
        if self.nameless && !self.labels.metric_name().is_empty() {
            return self.labels.filtered(|name| name != METRIC_NAME);
        }
        self.labels.clone()
    }

    pub(crate) fn filtered(&self, keep: impl Fn(&str) -> bool) -> Labels {
        self.labels
            .filtered(|name| keep(name) && !(self.nameless && name == METRIC_NAME))
    }

    /// Identity of the labels for which `keep(name)` holds.
    pub(crate) fn id_of(&self, keep: impl Fn(&str) -> bool) -> SeriesId {
        let mut hasher = IdentityHasher::default();
        for (name, value) in self.iter().filter(|(name, _)| keep(name)) {
            hasher.label(name, value);
        }
        hasher.finish()
    }
}

/// Rows of labelled cells, one cell per step, [`ABSENT`] where there is no sample.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub tags: Vec<Tags>,
    cells: Vec<f64>,
    pub steps: usize,
}

impl Frame {
    pub(crate) fn new(steps: usize) -> Self {
        Self {
            tags: Vec::new(),
            cells: Vec::new(),
            steps,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.tags.len()
    }

    /// Adds a row unless it is without any sample.
    pub(crate) fn push(&mut self, tags: Tags, row: &[f64]) {
        if row.iter().any(|cell| is_present(*cell)) {
            self.tags.push(tags);
            self.cells.extend_from_slice(row);
        }
    }

    /// Adds a row without samples, to be filled, and gives its index.
    pub(crate) fn push_empty(&mut self, tags: Tags) -> usize {
        self.tags.push(tags);
        self.cells.resize(self.cells.len() + self.steps, ABSENT);
        self.tags.len() - 1
    }

    pub(crate) fn row(&self, index: usize) -> &[f64] {
        &self.cells[index * self.steps..(index + 1) * self.steps]
    }

    pub(crate) fn row_mut(&mut self, index: usize) -> &mut [f64] {
        &mut self.cells[index * self.steps..(index + 1) * self.steps]
    }

    pub(crate) fn cell(&self, row: usize, step: usize) -> f64 {
        self.cells[row * self.steps + step]
    }

    pub(crate) fn cells(&self) -> usize {
        self.cells.len()
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = (&Tags, &[f64])> {
        self.tags.iter().zip(self.cells.chunks_exact(self.steps))
    }

    /// Replaces every sample by what `change(step, value)` makes of it.
    pub(crate) fn map(&mut self, change: impl Fn(usize, f64) -> f64) {
        for row in self.cells.chunks_exact_mut(self.steps) {
            for (step, cell) in row.iter_mut().enumerate() {
                if is_present(*cell) {
                    *cell = change(step, *cell);
                }
            }
        }
    }

    /// For each step, whether any row has a sample.
    pub(crate) fn populated(&self) -> Vec<bool> {
        let mut populated = vec![false; self.steps];
        for row in self.cells.chunks_exact(self.steps) {
            for (any, cell) in populated.iter_mut().zip(row) {
                *any |= is_present(*cell);
            }
        }
        populated
    }

    /// Without rows that have no sample.
    pub(crate) fn compact(self) -> Self {
        let mut kept = Self::new(self.steps);
        for (tags, row) in self.rows() {
            kept.push(tags.clone(), row);
        }
        kept
    }

    /// Drops the metric names; rows that become equal are joined as [`Frame::merged`] does.
    pub(crate) fn nameless(mut self) -> Result<Self, EvalError> {
        let one_name = self.has_one_name();
        for tags in &mut self.tags {
            *tags = tags.without_name();
        }
        if one_name { Ok(self) } else { self.merged() }
    }

    /// Whether all rows carry one metric name, so that they differ without it.
    pub(crate) fn has_one_name(&self) -> bool {
        let mut names = self.tags.iter().map(|tags| tags.value(METRIC_NAME));
        let first = names.next();
        names.all(|name| Some(name) == first)
    }

    /// Joins rows of equal labels; refused where two have a sample at one step.
    pub(crate) fn merged(self) -> Result<Self, EvalError> {
        let (merged, clash) = self.merge();
        clash.map_or(Ok(merged), |_| Err(EvalError::DuplicateLabels))
    }

    /// Joins rows of equal labels, and names two rows that have a sample at one step.
    pub(crate) fn merge(self) -> (Self, Option<(usize, usize)>) {
        let mut seen: HashMap<SeriesId, (usize, usize)> = HashMap::with_capacity(self.len());
        let mut merged = Self::new(self.steps);
        for (index, (tags, row)) in self.rows().enumerate() {
            let id = tags.id_of(|_| true);
            match seen.get(&id) {
                None => {
                    let before = merged.len();
                    merged.push(tags.clone(), row);
                    if merged.len() > before {
                        seen.insert(id, (before, index));
                    }
                }
                Some((target, first)) => {
                    for (to, from) in merged.row_mut(*target).iter_mut().zip(row) {
                        if is_present(*to) && is_present(*from) {
                            return (merged, Some((*first, index)));
                        }
                        if is_present(*from) {
                            *to = *from;
                        }
                    }
                }
            }
        }
        (merged, None)
    }

    /// Refuses two rows of equal labels, whether or not they have samples at one step.
    pub(crate) fn distinct(self) -> Result<Self, EvalError> {
        let mut ids: Vec<SeriesId> = self.tags.iter().map(|t| t.id_of(|_| true)).collect();
        ids.sort_unstable();
        if ids.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(EvalError::DuplicateLabels);
        }
        Ok(self)
    }
}
