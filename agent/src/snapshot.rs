//! One look at the host: every series with its value, all at one time.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use series::{InvalidLabels, Labels, METRIC_NAME};

/// What one collection found.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Milliseconds since the Unix epoch, the same for every value.
    pub time_ms: i64,
    /// One value per series.
    pub values: BTreeMap<Labels, f64>,
}

/// Collects values under the labels that every series of this host carries.
pub struct Recorder {
    base: Vec<(String, String)>,
    snapshot: Snapshot,
}

impl Recorder {
    /// A snapshot in the making; `base` are the labels that every series carries.
    #[must_use]
    pub fn new(time_ms: i64, base: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            base: base.iter().map(owned).collect(),
            snapshot: Snapshot {
                time_ms,
                values: BTreeMap::new(),
            },
        }
    }

    /// The time of every value.
    #[must_use]
    pub fn time_ms(&self) -> i64 {
        self.snapshot.time_ms
    }

    /// Records one value. The first value of a series stays, as two mounts on one place have it.
    pub fn record(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        if let Ok(labels) = self.series(name, labels) {
            self.snapshot.values.entry(labels).or_insert(value);
        }
    }

    fn series(&self, name: &str, labels: &[(&str, &str)]) -> Result<Labels, InvalidLabels> {
        let base = self.base.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        Labels::new(
            base.chain(labels.iter().copied())
                .chain([(METRIC_NAME, name)]),
        )
    }

    /// The finished snapshot.
    #[must_use]
    pub fn finish(self) -> Snapshot {
        self.snapshot
    }
}

impl Snapshot {
    /// Prometheus' text format, one line per series, with the time.
    #[must_use]
    pub fn exposition(&self) -> String {
        let mut text = String::new();
        for (labels, value) in &self.values {
            text.push_str(labels.metric_name());
            let mut separator = '{';
            for (name, label) in labels.iter().filter(|(name, _)| *name != METRIC_NAME) {
                let _ = write!(text, "{separator}{name}=\"{}\"", escaped(label));
                separator = ',';
            }
            let _ = writeln!(text, "}} {} {}", exposed(*value), self.time_ms);
        }
        text
    }
}

/// A label value as the text format wants it: backslash, quote and line feed escaped, nothing else.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

fn exposed(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_format_escapes_what_would_break_a_line() {
        let mut recorder = Recorder::new(7, &[("instance", "h")]);
        recorder.record("m", &[("mountpoint", "/a \"b\"\n\\ü")], f64::INFINITY);
        assert_eq!(
            recorder.finish().exposition(),
            "m{instance=\"h\",mountpoint=\"/a \\\"b\\\"\\n\\\\ü\"} +Inf 7\n"
        );
    }

    #[test]
    fn the_first_of_two_mounts_on_one_place_is_reported() {
        let mut recorder = Recorder::new(7, &[]);
        recorder.record("m", &[], 1.0);
        recorder.record("m", &[], 2.0);
        assert_eq!(
            recorder.finish().values.into_values().collect::<Vec<_>>(),
            [1.0]
        );
    }
}
