//! What the real collectd posts becomes the series that the same collectd's write_prometheus shows.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeMap;

use collectd_json::decode;
use intake::Limits;

const POSTED: &str = include_str!("fixtures/posted.json");
const SCRAPED: &str = include_str!("fixtures/scraped.txt");
/// The newest value posted.
const RECORDED_MS: i64 = 1_795_831_441_247;

type Key = (Vec<String>, i64);

/// By labels and time. Values of labels in the recording have no escapes and no commas.
fn scraped() -> BTreeMap<Key, f64> {
    let lines = SCRAPED
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let sample = |line: &str| {
        let (name, rest) = line.split_once('{').unwrap();
        let (labels, rest) = rest.split_once("} ").unwrap();
        let (value, time) = rest.split_once(' ').unwrap();
        let mut labels: Vec<_> = labels
            .split(',')
            .map(|label| label.replace('"', ""))
            .collect();
        labels.push(format!("__name__={name}"));
        labels.sort();
        ((labels, time.parse().unwrap()), value.parse().unwrap())
    };
    lines.map(sample).collect()
}

fn posted() -> BTreeMap<Key, f64> {
    let post = decode(POSTED.as_bytes(), &Limits::default(), RECORDED_MS).unwrap();
    assert!(post.rejected.is_empty(), "{}", post.rejected);
    assert_eq!(
        post.hosts.into_iter().collect::<Vec<_>>(),
        ["web-1.example"]
    );
    let labels = post.series.labels();
    let mut all = BTreeMap::new();
    for series in post.series.series(&labels) {
        let labels: Vec<_> = series
            .labels
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        all.extend(
            series
                .samples
                .iter()
                .map(|sample| ((labels.clone(), sample.time_ms), sample.value)),
        );
    }
    assert_eq!(all.len() as u64, post.values);
    all
}

#[test]
fn every_series_that_collectd_shows_is_posted_with_the_same_name_and_value() {
    let (scraped, posted) = (scraped(), posted());
    assert!(scraped.len() > 50, "{}", scraped.len());
    for (key, value) in &scraped {
        let found = posted.get(key);
        assert!(found.is_some(), "{key:?} is not posted");
        // The scrape has 15 digits, the post as many as it takes.
        let off = (found.unwrap() - value).abs();
        assert!(off <= value.abs() * 1e-9, "{key:?}: {found:?} for {value}");
    }
    let shown: std::collections::BTreeSet<_> = scraped.keys().map(|(labels, _)| labels).collect();
    for (labels, _) in posted.keys() {
        assert!(shown.contains(labels), "{labels:?} is not shown");
    }
}
