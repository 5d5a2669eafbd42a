use std::sync::Arc;

use series::Admission;

use crate::PointIssue;

/// What one body may hold. The limits of labels and times are remote write's.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Size of the body after decompression.
    pub decompressed_bytes: usize,
    /// Series that one body may become.
    pub series: usize,
    /// Data points in one body, and samples that they may become.
    pub samples: usize,
    /// Labels of all series of one body together.
    pub labels: usize,
    /// Labels of one series, the metric's name included; attributes of one data point.
    pub labels_per_series: usize,
    /// Length of a label's name in UTF-8.
    pub label_name_bytes: usize,
    /// Length of a label's value (the metric's name included) in UTF-8.
    pub label_value_bytes: usize,
    /// Buckets (of each sign) or quantiles of one data point.
    pub buckets_per_point: usize,
    /// How far back a data point's time may lie.
    pub past_ms: i64,
    /// How far ahead a data point's time may lie.
    pub future_ms: i64,
    /// Which series may be taken; all where there is none.
    pub admission: Option<Arc<dyn Admission>>,
}

impl Default for Limits {
    /// 16 MiB, 50,000 series, 100,000 samples, 1,000,000 labels; 64 labels of 256 and 2,048 bytes,
    /// 1,024 buckets; from 24 hours back to 10 minutes ahead.
    fn default() -> Self {
        Self {
            decompressed_bytes: 16 * 1024 * 1024,
            series: 50_000,
            samples: 100_000,
            labels: 1_000_000,
            labels_per_series: 64,
            label_name_bytes: 256,
            label_value_bytes: 2048,
            buckets_per_point: 1024,
            past_ms: 24 * 60 * 60 * 1000,
            future_ms: 10 * 60 * 1000,
            admission: None,
        }
    }
}

impl Limits {
    /// Whether a point of this time is taken at `now_ms`.
    pub fn check_time(&self, time_ms: i64, now_ms: i64) -> Result<(), PointIssue> {
        if time_ms < now_ms.saturating_sub(self.past_ms) {
            Err(PointIssue::TooOld)
        } else if time_ms > now_ms.saturating_add(self.future_ms) {
            Err(PointIssue::TooFarInFuture)
        } else {
            Ok(())
        }
    }
}
