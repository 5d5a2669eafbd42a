use std::ops::RangeInclusive;

use ::remote_write::{Buffer, Limits, Protocol};
use series::{METRIC_NAME, Sample, SeriesId, SeriesView};

use crate::remote_write_oracle::NOW_MS;

/// What one series may be.
pub(crate) struct Bounds {
    pub(crate) labels: usize,
    pub(crate) name_bytes: usize,
    pub(crate) value_bytes: usize,
    pub(crate) window_ms: RangeInclusive<i64>,
}

/// Each series is what stores and evaluators rely on.
pub(crate) fn are_sound(views: &[SeriesView<'_>], bounds: &Bounds) {
    for view in views {
        let labels = view.labels;
        assert!(labels.is_sorted_by(|a, b| a.0 < b.0), "{labels:?}");
        assert!(labels.iter().all(|(_, value)| !value.is_empty()));
        assert!(!view.label(METRIC_NAME).is_empty(), "{labels:?}");
        assert_eq!(view.id, SeriesId::of(labels.iter().copied()));
        assert!(labels.len() <= bounds.labels, "{labels:?}");
        for (name, value) in labels {
            assert!(name.len() <= bounds.name_bytes, "{name}");
            assert!(value.len() <= bounds.value_bytes, "{name}={value}");
        }
        assert!(!view.samples.is_empty(), "{labels:?}");
        let mut times = view.samples.iter().map(|sample| sample.time_ms);
        assert!(times.all(|time_ms| bounds.window_ms.contains(&time_ms)));
    }
}

/// Sent on, they arrive unchanged: what one decoder takes, that of `protocol` takes too.
pub(crate) fn come_back(views: &[SeriesView<'_>], protocol: Protocol) {
    let body = match protocol {
        Protocol::V1 => ::remote_write::encode_views(views),
        Protocol::V2 => ::remote_write::encode_views_v2(views),
    };
    let mut buffer = Buffer::default();
    let again = protocol.decode(&body, &boundless(), NOW_MS, &mut buffer);
    let again = again.expect("what was encoded is decoded");
    assert!(again.rejected.is_empty(), "{}", again.rejected);
    assert!(
        again
            .series()
            .map(owned)
            .eq(views.iter().copied().map(owned)),
        "something else comes back"
    );
}

type Owned<'a> = (SeriesId, &'a [(&'a str, &'a str)], &'a [Sample]);

fn owned(view: SeriesView<'_>) -> Owned<'_> {
    (view.id, view.labels, view.samples)
}

/// One series may be as large as ever, and there may be more of them than in a body.
fn boundless() -> Limits {
    Limits {
        decompressed_bytes: usize::MAX,
        series: usize::MAX,
        samples: usize::MAX,
        symbols: usize::MAX,
        labels: usize::MAX,
        label_text_bytes: usize::MAX,
        ..any_time()
    }
}

/// The usual limits, but samples of any time.
pub(crate) fn any_time() -> Limits {
    Limits {
        past_ms: i64::MAX,
        future_ms: i64::MAX,
        ..Limits::default()
    }
}
