//! What InfluxDB's own client sends is read as what went into it.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeMap;

use influx_line::{Precision, Reason, decode};
use intake::Limits;
use serde_json::Value;

const BODY: &str = include_str!("fixtures/points.lp");
const POINTS: &str = include_str!("fixtures/points.json");
/// Soon after the last point.
const NOW_MS: i64 = 1_795_176_001_000;

fn name(text: &str) -> String {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == ':' || c == '_';
    text.chars()
        .map(|c| if valid(c) { c } else { '_' })
        .collect()
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or(value.as_bool().map(f64::from))
}

#[test]
fn every_point_of_influxdbs_client_comes_out_as_it_went_in() {
    let batch = decode(
        BODY.as_bytes(),
        Precision::Nanoseconds,
        &Limits::default(),
        NOW_MS,
    )
    .unwrap();
    let labels = batch.series.labels();
    let mut found = BTreeMap::new();
    for series in batch.series.series(&labels) {
        for sample in series.samples {
            let labels: Vec<_> = series
                .labels
                .iter()
                .map(|(n, v)| format!("{n}={v}"))
                .collect();
            found.insert((sample.time_ms, labels), sample.value);
        }
    }
    let points: Vec<Value> = serde_json::from_str(POINTS).unwrap();
    let (mut expected, mut texts) = (BTreeMap::new(), 0);
    for point in &points {
        let measurement = name(point["measurement"].as_str().unwrap());
        for (field, value) in point["fields"].as_object().unwrap() {
            let Some(value) = number(value) else {
                texts += 1;
                continue;
            };
            let metric = match field.as_str() {
                "value" => measurement.clone(),
                field => format!("{measurement}_{}", name(field)),
            };
            let tags = point["tags"].as_object().unwrap().iter();
            let tags = tags.map(|(key, value)| {
                // As OTLP's attributes: a name that would begin with one underscore gets a word before it.
                let key = name(key).replace(':', "_");
                let key = if key.starts_with('_') && !key.starts_with("__") {
                    format!("key{key}")
                } else {
                    key
                };
                format!("{key}={}", value.as_str().unwrap())
            });
            let mut labels: Vec<_> = tags.chain([format!("__name__={metric}")]).collect();
            labels.sort();
            expected.insert(
                (point["time_ns"].as_i64().unwrap() / 1_000_000, labels),
                value,
            );
        }
    }
    assert_eq!(points.len(), 168);
    let lost: Vec<_> = expected
        .iter()
        .filter(|(key, value)| found.get(key) != Some(value))
        .collect();
    assert_eq!((lost.len(), lost.first()), (0, None));
    assert_eq!(found.len(), expected.len());
    assert_eq!(batch.rejected.points(), texts);
    assert_eq!(batch.rejected.of(Reason::NotANumber).unwrap().points, texts);
}
