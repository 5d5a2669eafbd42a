#![allow(
    clippy::unwrap_used,
    reason = "a corpus that can't be read must stop the run"
)]

use std::io::Read;
use std::path::Path;

use serde_json::Value;
use series::{STALE_NAN_BITS, Sample, Series};
use toban_tests::series;

const RECORDED_START_MS: i64 = 1_700_000_000_000;
const HOUR_MS: i64 = 3_600_000;

/// The recorded series and questions, moved into the time that ingest takes.
pub struct Corpus {
    pub series: Vec<Series>,
    pub cases: Vec<Case>,
    /// First and last time of any sample.
    pub span_secs: (i64, i64),
}

/// One question: at one time, or start, end and step.
#[derive(Debug)]
pub struct Case {
    pub expr: String,
    pub times: Vec<i64>,
}

impl Corpus {
    /// All samples within the two hours before `now_ms`.
    pub fn until(now_ms: i64) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("promql/corpus.json.gz");
        let packed = std::fs::read(path).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(packed.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        let recorded: Value = serde_json::from_str(&text).unwrap();
        // Whole hours, so that steps stay where they were.
        let shift_ms = (now_ms - HOUR_MS - RECORDED_START_MS) / HOUR_MS * HOUR_MS;
        let stored = recorded["series"].as_array().unwrap();
        let cases = recorded["cases"].as_array().unwrap();
        let start = (RECORDED_START_MS + shift_ms) / 1000;
        Self {
            series: stored.iter().map(|one| moved(one, shift_ms)).collect(),
            cases: cases.iter().map(|case| asked(case, shift_ms)).collect(),
            span_secs: (start, start + HOUR_MS / 1000),
        }
    }
}

fn asked(case: &Value, shift_ms: i64) -> Case {
    let time = |name: &str| Some(case[name].as_i64()? + shift_ms);
    let times = match time("time") {
        Some(at) => vec![at],
        None => vec![
            time("start").unwrap(),
            time("end").unwrap(),
            case["step"].as_i64().unwrap(),
        ],
    };
    let expr = case["expr"].as_str().unwrap();
    Case {
        expr: with_moved_times(expr, shift_ms),
        times,
    }
}

/// Times after `@`, of which all lie in the recorded hours.
fn with_moved_times(expr: &str, shift_ms: i64) -> String {
    let mut moved = String::new();
    let mut rest = expr;
    while let Some(at) = rest.find("17000") {
        let (before, number) = rest.split_at(at);
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = number.split_at(digits);
        moved.push_str(before);
        match number.parse::<i64>() {
            Ok(secs) if digits == 10 => moved.push_str(&(secs + shift_ms / 1000).to_string()),
            _ => moved.push_str(number),
        }
        rest = after;
    }
    moved + rest
}

fn moved(stored: &Value, shift_ms: i64) -> Series {
    let labels: Vec<(&str, &str)> = stored["labels"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    let samples = stored["samples"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sample| Sample {
            time_ms: sample[0].as_i64().unwrap() + shift_ms,
            value: match sample[1].as_str().unwrap() {
                "stale" => f64::from_bits(STALE_NAN_BITS),
                number => number.parse().unwrap(),
            },
        });
    Series {
        samples: samples.collect(),
        ..series(&labels, &[])
    }
}
