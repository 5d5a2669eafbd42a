use std::collections::HashMap;

use series::{IdentityHasher, METRIC_NAME, Sample, SeriesId};

use crate::series_list::{Entry, SeriesList};
use crate::{Excess, Limits, PointIssue, Span, Texts};

/// A label by where its texts stand.
#[derive(Debug, Clone, Copy)]
pub struct Label {
    /// Its name.
    pub name: Span,
    /// Its value.
    pub value: Span,
}

/// The series of a body, each once, while they are found.
#[derive(Debug, Default)]
pub struct SeriesSet {
    /// The texts of all labels.
    pub texts: Texts,
    labels: Vec<Label>,
    entries: Vec<Entry>,
    by_id: HashMap<SeriesId, u32>,
    samples: Vec<(u32, Sample)>,
    sorted: Vec<Label>,
}

impl SeriesSet {
    /// Adds a sample to the series of these labels; those of an empty value count as absent.
    pub fn add(
        &mut self,
        name: &str,
        labels: &[Label],
        extra: Option<(&str, &str)>,
        sample: Sample,
        limits: &Limits,
    ) -> Result<(), Excess> {
        let index = self.series(name, labels, extra, limits)?;
        if self.samples.len() == limits.samples {
            return Err(Excess::Samples {
                limit: limits.samples,
            });
        }
        self.samples.push((index, sample));
        Ok(())
    }

    /// Whether the only series of a point may be taken.
    pub fn check_admission(
        &mut self,
        name: &str,
        labels: &[Label],
        limits: &Limits,
    ) -> Result<(), PointIssue> {
        let Some(admission) = &limits.admission else {
            return Ok(());
        };
        let id = self.identify(name, labels, None);
        if admission.admits_all(&[id]) {
            Ok(())
        } else {
            Err(PointIssue::ActiveSeriesQuota)
        }
    }

    /// The identity of the series that [`SeriesSet::add`] would add to.
    pub fn identify(
        &mut self,
        name: &str,
        labels: &[Label],
        extra: Option<(&str, &str)>,
    ) -> SeriesId {
        let (sorted, id) = self.sort(name, labels, extra);
        self.sorted = sorted;
        id
    }

    fn series(
        &mut self,
        name: &str,
        labels: &[Label],
        extra: Option<(&str, &str)>,
        limits: &Limits,
    ) -> Result<u32, Excess> {
        let (sorted, id) = self.sort(name, labels, extra);
        let index = match self.by_id.get(&id) {
            Some(index) => Ok(*index),
            None => self.start(id, &sorted, limits),
        };
        self.sorted = sorted;
        index
    }

    /// The labels of a series in order, in memory that has to be given back, and its identity.
    fn sort(
        &mut self,
        name: &str,
        labels: &[Label],
        extra: Option<(&str, &str)>,
    ) -> (Vec<Label>, SeriesId) {
        let mut sorted = std::mem::take(&mut self.sorted);
        sorted.clear();
        let own = [Some((METRIC_NAME, name)), extra];
        sorted.extend(own.into_iter().flatten().map(|(name, value)| Label {
            name: self.texts.keep(name),
            value: self.texts.keep(value),
        }));
        let texts = &self.texts;
        sorted.extend(labels.iter().filter(|label| {
            let name = texts.of(label.name);
            let is_own = name == METRIC_NAME || extra.is_some_and(|(own, _)| own == name);
            !is_own && label.value.start < label.value.end
        }));
        sorted.sort_unstable_by(|a, b| texts.of(a.name).cmp(texts.of(b.name)));
        let mut hasher = IdentityHasher::default();
        for label in &sorted {
            hasher.label(texts.of(label.name), texts.of(label.value));
        }
        (sorted, hasher.finish())
    }

    fn start(&mut self, id: SeriesId, sorted: &[Label], limits: &Limits) -> Result<u32, Excess> {
        if self.entries.len() == limits.series {
            return Err(Excess::Series {
                limit: limits.series,
            });
        }
        if self.labels.len() + sorted.len() > limits.labels {
            return Err(Excess::Labels {
                limit: limits.labels,
            });
        }
        let index = offset(self.entries.len());
        let start = offset(self.labels.len());
        self.labels.extend_from_slice(sorted);
        self.entries.push(Entry {
            id,
            labels: start..offset(self.labels.len()),
            samples: 0..0,
        });
        self.by_id.insert(id, index);
        Ok(index)
    }

    /// Brings the samples of each series together, in the order sent.
    #[must_use]
    pub fn finish(mut self) -> SeriesList {
        self.samples.sort_by_key(|(series, _)| *series);
        for (at, (series, _)) in self.samples.iter().enumerate() {
            let Some(entry) = self.entries.get_mut(*series as usize) else {
                continue;
            };
            if entry.samples.is_empty() {
                entry.samples = offset(at)..offset(at);
            }
            entry.samples.end = offset(at + 1);
        }
        let range = |span: Span| span.start as usize..span.end as usize;
        let labels = self.labels.iter().map(|l| (range(l.name), range(l.value)));
        let labels = labels.collect();
        let samples = self.samples.into_iter().map(|(_, s)| s).collect();
        SeriesList::new(self.texts.into_text(), labels, self.entries, samples)
    }
}

/// Limits keep every list below 4 Gi entries.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
