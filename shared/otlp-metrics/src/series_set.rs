use std::collections::HashMap;
use std::ops::Range;

use series::{IdentityHasher, METRIC_NAME, Sample, SeriesId};
use xxhash_rust::xxh3::xxh3_64;

use crate::label_name;
use crate::{Limits, Refusal};

/// Where a text stands in [`Texts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

/// Every name and value of a body once: labels of one resource repeat in each of its series.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    all: String,
    known: HashMap<u64, Span>,
    /// Keys of attributes with their translations: data points of one metric have mostly the same few.
    recent_names: Vec<(Box<str>, Span)>,
}

const MOST_RECENT_NAMES: usize = 16;

impl Texts {
    pub(crate) fn of(&self, span: Span) -> &str {
        self.all
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    /// Whether two texts are equal; mostly they are one.
    pub(crate) fn is_same(&self, a: Span, b: Span) -> bool {
        a == b || self.of(a) == self.of(b)
    }

    pub(crate) fn keep(&mut self, text: &str) -> Span {
        let hash = xxh3_64(text.as_bytes());
        if let Some(span) = self.known.get(&hash).copied()
            && self.of(span) == text
        {
            return span;
        }
        // A body has less than 4 GiB, and a text that collides is only kept twice.
        let start = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push_str(text);
        let span = Span {
            start,
            end: u32::try_from(self.all.len()).unwrap_or(u32::MAX),
        };
        self.known.insert(hash, span);
        span
    }

    /// The name of the label that an attribute's key becomes.
    pub(crate) fn label_name(&mut self, key: &str) -> Span {
        let mut recent = self.recent_names.iter();
        if let Some((_, span)) = recent.find(|(known, _)| known.as_ref() == key) {
            return *span;
        }
        let mut name = String::new();
        label_name::translate(key, &mut name);
        let span = self.keep(&name);
        if self.recent_names.len() == MOST_RECENT_NAMES {
            self.recent_names.clear();
        }
        self.recent_names.push((key.into(), span));
        span
    }

    fn into_text(self) -> String {
        self.all
    }
}

/// A label by where its texts stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Label {
    pub(crate) name: Span,
    pub(crate) value: Span,
}

/// A series: its labels and samples in the lists of the set.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: SeriesId,
    pub(crate) labels: Range<u32>,
    pub(crate) samples: Range<u32>,
}

/// The series of a body, each once, while they are found.
#[derive(Debug, Default)]
pub(crate) struct SeriesSet {
    pub(crate) texts: Texts,
    labels: Vec<Label>,
    entries: Vec<Entry>,
    by_id: HashMap<SeriesId, u32>,
    samples: Vec<(u32, Sample)>,
    sorted: Vec<Label>,
}

/// The finished lists: all texts, all labels, all series, all samples.
pub(crate) type Lists = (
    String,
    Vec<(Range<usize>, Range<usize>)>,
    Vec<Entry>,
    Vec<Sample>,
);

impl SeriesSet {
    /// Adds a sample to the series of these labels; those of an empty value count as absent.
    pub(crate) fn add(
        &mut self,
        name: &str,
        labels: &[Label],
        extra: Option<(&str, &str)>,
        sample: Sample,
        limits: &Limits,
    ) -> Result<(), Refusal> {
        let index = self.series(name, labels, extra, limits)?;
        if self.samples.len() == limits.samples {
            return Err(Refusal::TooManySamples {
                limit: limits.samples,
            });
        }
        self.samples.push((index, sample));
        Ok(())
    }

    fn series(
        &mut self,
        name: &str,
        labels: &[Label],
        extra: Option<(&str, &str)>,
        limits: &Limits,
    ) -> Result<u32, Refusal> {
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
        let id = hasher.finish();
        let index = match self.by_id.get(&id) {
            Some(index) => Ok(*index),
            None => self.start(id, &sorted, limits),
        };
        self.sorted = sorted;
        index
    }

    fn start(&mut self, id: SeriesId, sorted: &[Label], limits: &Limits) -> Result<u32, Refusal> {
        if self.entries.len() == limits.series {
            return Err(Refusal::TooManySeries {
                limit: limits.series,
            });
        }
        if self.labels.len() + sorted.len() > limits.labels {
            return Err(Refusal::TooManyLabels {
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
    pub(crate) fn finish(mut self) -> Lists {
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
        (self.texts.into_text(), labels, self.entries, samples)
    }
}

/// Limits keep every list below 4 Gi entries.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
