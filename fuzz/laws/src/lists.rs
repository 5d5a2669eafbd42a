//! What the decoders that share `intake` have in common.

use ::remote_write::Protocol;
use intake::{Limits, SeriesList};
use series::SeriesId;

use crate::remote_write_oracle::NOW_MS;
use crate::views::{self, Bounds};

/// What needs no oracle.
pub(crate) fn is_sound(list: &SeriesList, limits: &Limits) {
    let labels = list.labels();
    let views: Vec<_> = list.series(&labels).collect();
    let bounds = Bounds {
        labels: limits.labels_per_series,
        name_bytes: limits.label_name_bytes,
        value_bytes: limits.label_value_bytes,
        window_ms: NOW_MS.saturating_sub(limits.past_ms)..=NOW_MS.saturating_add(limits.future_ms),
    };
    views::are_sound(&views, &bounds);
    assert_eq!(views.len(), list.series_count());
    assert!(views.len() <= limits.series && labels.len() <= limits.labels);
    let samples: usize = views.iter().map(|view| view.samples.len()).sum();
    assert_eq!(samples, list.sample_count());
    assert!(samples <= limits.samples);
    // A series comes once, and its names are those that remote write takes.
    let mut ids: Vec<SeriesId> = views.iter().map(|view| view.id).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
    views::come_back(&views, Protocol::V1);
    views::come_back(&views, Protocol::V2);
}

/// The usual limits, but samples of any time. A resource whose data points lie years apart has a `target_info` of
/// very many samples, of which fewer are tried here.
pub(crate) fn any_time() -> Limits {
    Limits {
        samples: 4096,
        past_ms: i64::MAX,
        future_ms: i64::MAX,
        ..Limits::default()
    }
}

/// Limits that a small body reaches.
pub(crate) fn few() -> Limits {
    Limits {
        decompressed_bytes: 1 << 14,
        series: 12,
        samples: 40,
        labels: 96,
        labels_per_series: 10,
        label_name_bytes: 24,
        label_value_bytes: 48,
        buckets_per_point: 8,
        ..any_time()
    }
}

/// What a body within the limits may take: the lists of the accepted part, thrice, because a list that
/// grows has an old and a new place and some room; every text of it; and what one data point holds.
pub(crate) fn most_bytes(limits: &Limits, body: &[u8]) -> usize {
    let families = 112 * limits.series;
    let lists = 24 * limits.samples + 96 * limits.series + families + 48 * limits.labels;
    let point = 96 * limits.labels_per_series + 64 * limits.buckets_per_point;
    3 * (lists + point) + 16 * body.len() + (64 << 10)
}
