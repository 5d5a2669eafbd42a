//! A load that can be counted: gauges `beat` whose value goes up by one each time they are looked at.
//!
//! Whatever a sender took up is stored as 0, 1, 2... without a gap; what it lost is a gap, what was
//! stored twice is a value that comes twice.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use crate::Tenant;

/// How many series each look gives.
pub const SERIES: usize = 10;

/// Something to scrape.
#[derive(Debug)]
pub struct BeatTarget {
    /// Where it is scraped.
    pub address: String,
    scrapes: Arc<AtomicU64>,
}

impl BeatTarget {
    /// Starts it; it ends with the test's process.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a broken set-up must fail the test")]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound").to_string();
        let scrapes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&scrapes);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let mut lines = BufReader::new(&client).lines().map_while(Result::ok);
                while lines.next().is_some_and(|line| !line.is_empty()) {}
                let body = exposition(counted.fetch_add(1, Ordering::SeqCst));
                let _ = write!(
                    &client,
                    "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\n\
                     content-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Self { address, scrapes }
    }

    /// How often it was scraped.
    #[must_use]
    pub fn scrapes(&self) -> u64 {
        self.scrapes.load(Ordering::SeqCst)
    }
}

fn exposition(beat: u64) -> String {
    let lines = (0..SERIES).map(|n| format!("beat{{n=\"{n}\"}} {beat}\n"));
    std::iter::once("# TYPE beat gauge\n".to_owned())
        .chain(lines)
        .collect()
}

/// What is stored of the beats.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Beats {
    /// How many series there are.
    pub series: usize,
    /// The values that every series has.
    pub whole: BTreeSet<u64>,
    /// Values that only some series have.
    pub torn: BTreeSet<u64>,
    /// Values that a series has more than once.
    pub doubled: BTreeSet<u64>,
}

impl Beats {
    /// Reads back the series `name` of the last ten minutes.
    #[must_use]
    pub fn stored(tenant: &Tenant, name: &str, at_ms: i64) -> Self {
        let found = tenant.query(&format!("{name}[10m]"), at_ms);
        Self::count(found.as_array().map_or(&[], Vec::as_slice))
    }

    fn count(found: &[Value]) -> Self {
        let mut told = Self {
            series: found.len(),
            ..Self::default()
        };
        let mut all: Vec<BTreeSet<u64>> = Vec::new();
        for one in found {
            let mut own = BTreeSet::new();
            for pair in one["values"].as_array().into_iter().flatten() {
                let value: f64 = pair[1]
                    .as_str()
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(-1.0);
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a count"
                )]
                let beat = value as u64;
                if !own.insert(beat) {
                    told.doubled.insert(beat);
                }
            }
            all.push(own);
        }
        let any: BTreeSet<u64> = all.iter().flatten().copied().collect();
        (told.whole, told.torn) = any
            .into_iter()
            .partition(|beat| all.len() == SERIES && all.iter().all(|own| own.contains(beat)));
        told
    }

    /// What is missing of `0..=last`.
    #[must_use]
    pub fn missing(&self, last: u64) -> BTreeSet<u64> {
        (0..=last)
            .filter(|beat| !self.whole.contains(beat))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(of_first: &[u64]) -> Vec<Value> {
        let series = |beats: &[u64]| {
            let values: Vec<_> = beats.iter().map(|b| json!([b, b.to_string()])).collect();
            json!({ "values": values })
        };
        let mut all = vec![series(&[0, 1, 2]); SERIES - 1];
        all.push(series(of_first));
        all
    }

    #[test]
    fn a_gap_and_a_double_show() {
        let whole = Beats::count(&found(&[0, 1, 2]));
        assert!(whole.missing(2).is_empty() && whole.torn.is_empty() && whole.doubled.is_empty());
        assert_eq!(whole.missing(3), BTreeSet::from([3]));
        let torn = Beats::count(&found(&[0, 2]));
        assert_eq!((torn.missing(2), torn.torn), ([1].into(), [1].into()));
        assert_eq!(Beats::count(&found(&[0, 1, 1, 2])).doubled, [1].into());
        assert_eq!(Beats::count(&found(&[0, 1, 2])[1..]).missing(2).len(), 3);
    }
}
