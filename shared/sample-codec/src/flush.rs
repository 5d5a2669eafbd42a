//! A flush brought into the one form that codecs work on.

use std::borrow::Cow;

use series::{Sample, Series, SeriesId, SeriesView, merge_samples};

/// One series of a flush: its samples rise in time and are not empty.
#[derive(Debug, Clone)]
pub(crate) struct Row<'a> {
    pub(crate) id: SeriesId,
    pub(crate) labels: &'a [(&'a str, &'a str)],
    pub(crate) samples: Cow<'a, [Sample]>,
}

impl Row<'_> {
    /// What the labels weigh when decoded, against [`MAX_LABEL_BYTES`](crate::limits::MAX_LABEL_BYTES).
    pub(crate) fn label_weight(&self) -> usize {
        let texts = self.labels.iter();
        texts.map(|(n, v)| label_weight(n, v)).sum()
    }
}

pub(crate) fn label_weight(name: &str, value: &str) -> usize {
    name.len() + value.len() + 16
}

/// The series in the order given, without those that have no samples.
pub(crate) fn rows<'a>(flush: &[SeriesView<'a>]) -> Vec<Row<'a>> {
    let with_samples = flush.iter().filter(|view| !view.samples.is_empty());
    with_samples
        .map(|view| Row {
            id: view.id,
            labels: view.labels,
            samples: in_time_order(view.samples),
        })
        .collect()
}

/// Sorted by labels, each series once.
pub(crate) fn sorted_rows<'a>(flush: &[SeriesView<'a>]) -> Vec<Row<'a>> {
    let mut rows = rows(flush);
    if !rows.is_sorted_by(|a, b| a.labels < b.labels) {
        rows.sort_by(|a, b| a.labels.cmp(b.labels));
        rows.dedup_by(|later, earlier| {
            let is_same = later.labels == earlier.labels;
            if is_same {
                let both = [&earlier.samples[..], &later.samples[..]].concat();
                earlier.samples = Cow::Owned(merge_samples(both));
            }
            is_same
        });
    }
    rows
}

fn in_time_order(samples: &[Sample]) -> Cow<'_, [Sample]> {
    if samples.is_sorted_by(|a, b| a.time_ms < b.time_ms) {
        Cow::Borrowed(samples)
    } else {
        Cow::Owned(merge_samples(samples.to_vec()))
    }
}

/// One list out of many, sorted by labels: the union of all samples by (series, time). Where two values
/// claim one time the larger bit pattern wins, so that the order of arrival changes nothing.
#[must_use]
pub fn merge(mut series: Vec<Series>) -> Vec<Series> {
    let is_ready = series.is_sorted_by(|a, b| a.labels < b.labels)
        && series
            .iter()
            .all(|s| s.samples.is_sorted_by(|a, b| a.time_ms < b.time_ms));
    if is_ready {
        return series;
    }
    series.sort_by(|a, b| a.labels.cmp(&b.labels));
    series.dedup_by(|later, earlier| {
        let is_same = later.labels == earlier.labels;
        if is_same {
            earlier.samples.append(&mut later.samples);
        }
        is_same
    });
    for series in &mut series {
        if !series.samples.is_sorted_by(|a, b| a.time_ms < b.time_ms) {
            series.samples = merge_samples(std::mem::take(&mut series.samples));
        }
    }
    series
}
