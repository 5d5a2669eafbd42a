use std::sync::Arc;

use series::Admission;

/// What one body may hold. Everything is checked before memory is taken for it.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Size of the body after decompression.
    pub decompressed_bytes: usize,
    /// Series in one body, also those without samples.
    pub series: usize,
    /// Samples in one body.
    pub samples: usize,
    /// Native histograms in one body.
    pub histograms: usize,
    /// Strings in the table of a remote-write 2.0 body.
    pub symbols: usize,
    /// Labels of all series together: a remote-write 2.0 body names one with two bytes.
    pub labels: usize,
    /// Text of the labels of all series together, however often the table's strings are used.
    pub label_text_bytes: usize,
    /// Labels of one series, the metric's name included.
    pub labels_per_series: usize,
    /// Length of a label's name in UTF-8.
    pub label_name_bytes: usize,
    /// Length of a label's value (the metric's name included) in UTF-8.
    pub label_value_bytes: usize,
    /// Classic buckets that one native histogram may become, before its resolution is reduced.
    pub classic_buckets: usize,
    /// Samples that all native histograms of a body together may become; more reduces their resolution.
    pub classic_samples: usize,
    /// How far back a sample's time may lie.
    pub past_ms: i64,
    /// How far ahead a sample's time may lie.
    pub future_ms: i64,
    /// Which series may be taken; all where there is none.
    pub admission: Option<Arc<dyn Admission>>,
}

impl Default for Limits {
    /// 16 MiB, 50,000 series, 100,000 samples, 10,000 histograms; a million labels of 32 MiB; 64 labels of
    /// 256 and 2,048 bytes; 160 buckets and 100,000 samples from histograms; from 24 hours back to
    /// 10 minutes ahead.
    fn default() -> Self {
        Self {
            decompressed_bytes: 16 * 1024 * 1024,
            series: 50_000,
            samples: 100_000,
            histograms: 10_000,
            symbols: 500_000,
            labels: 1_000_000,
            label_text_bytes: 32 * 1024 * 1024,
            labels_per_series: 64,
            label_name_bytes: 256,
            label_value_bytes: 2048,
            classic_buckets: 160,
            classic_samples: 100_000,
            past_ms: 24 * 60 * 60 * 1000,
            future_ms: 10 * 60 * 1000,
            admission: None,
        }
    }
}
