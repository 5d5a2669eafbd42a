use std::fmt;
use std::str::FromStr;

use prometheus_notation::{format_duration_ms, parse_duration_ms};
use serde::{Serialize, Serializer};

/// A duration as Prometheus writes it: `30s`, `1h30m`, `1w`. Whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration {
    ms: u64,
}

impl Duration {
    /// Of so many milliseconds.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self { ms }
    }

    /// Of so many seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self { ms: secs * 1_000 }
    }

    /// How many milliseconds; at most 292 years.
    #[must_use]
    pub const fn as_ms(self) -> u64 {
        self.ms
    }
}

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse_duration_ms(text).map(Self::from_ms)
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_duration_ms(self.ms))
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
