//! Replays a recorded corpus (format: tests/promql/README.md) and says where answers differ.

#![allow(
    clippy::unwrap_used,
    reason = "a corpus that can't be read must stop the run"
)]

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::Path;

use promql::{EvalError, Expr, Value, evaluate_instant, evaluate_range, json};
use serde_json::Value as Json;
use series::{Labels, STALE_NAN_BITS, Sample, Series};

/// Numbers may differ by this factor where the order of additions or the C library decides.
const TOLERANCE: f64 = 1e-12;

/// What came of a corpus.
#[derive(Debug, Default)]
pub struct Outcome {
    pub cases: usize,
    pub errors: usize,
    /// Numbers that agree to the bit, and to [`TOLERANCE`] only.
    pub equal_numbers: usize,
    pub close_numbers: usize,
    /// Answered by Prometheus, refused by us: how often for which construct.
    pub refused: BTreeMap<String, usize>,
    pub mismatches: Vec<String>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} cases ({} of them errors), {} mismatches; {} numbers equal to the bit, {} to 1e-12; refused: {:?}",
            self.cases,
            self.errors,
            self.mismatches.len(),
            self.equal_numbers,
            self.close_numbers,
            self.refused
        )
    }
}

/// What we answer: a result, or an HTTP status with a message.
enum Answer {
    Result(Value),
    Refused(u64, String),
    Unsupported(String),
}

pub fn replay(path: &Path) -> Outcome {
    let packed = std::fs::read(path).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    let corpus: Json = serde_json::from_str(&text).unwrap();
    let series: Vec<Series> = array(&corpus["series"]).iter().map(stored).collect();
    let mut outcome = Outcome::default();
    for case in array(&corpus["cases"]) {
        outcome.cases += 1;
        let answer = answer(case, &series);
        if let Err(why) = compare(case, &answer, &mut outcome) {
            let mut question = case.clone();
            question["answer"] = Json::Null;
            outcome.mismatches.push(format!("{question}: {why}"));
        }
    }
    outcome
}

fn answer(case: &Json, series: &[Series]) -> Answer {
    let expr = match Expr::parse(case["expr"].as_str().unwrap()) {
        Ok(expr) => expr,
        Err(error) => return Answer::Refused(400, error.to_string()),
    };
    if let Err(unsupported) = expr.check() {
        return Answer::Unsupported(unsupported.construct);
    }
    let result = match case["time"].as_i64() {
        Some(at_ms) => evaluate_instant(&expr, series, at_ms),
        None => {
            let [start, end, step] = ["start", "end", "step"].map(|n| case[n].as_i64().unwrap());
            evaluate_range(&expr, series, start, end, step).map(Value::Matrix)
        }
    };
    match result {
        Ok(value) => Answer::Result(value),
        Err(EvalError::Unsupported(unsupported)) => Answer::Unsupported(unsupported.construct),
        Err(error @ (EvalError::NoRangeOf(_) | EvalError::TimeRange(_))) => {
            Answer::Refused(400, error.to_string())
        }
        Err(error) => Answer::Refused(422, error.to_string()),
    }
}

fn compare(case: &Json, answer: &Answer, outcome: &mut Outcome) -> Result<(), String> {
    let expected = &case["answer"];
    let status = expected["status"].as_u64().unwrap();
    match answer {
        Answer::Unsupported(what) => {
            if status == 200 {
                *outcome.refused.entry(what.clone()).or_default() += 1;
            }
            outcome.errors += 1;
            Ok(())
        }
        Answer::Refused(ours, why) => {
            outcome.errors += 1;
            if *ours != status {
                return Err(format!("{ours} {why}, expected {expected}"));
            }
            let message = expected["error"].as_str().unwrap_or_default();
            if status == 422 && message != why && !(is_matching(message) && is_matching(why)) {
                return Err(format!("{why:?}, expected {message:?}"));
            }
            Ok(())
        }
        Answer::Result(value) if status == 200 => {
            let ordered = case["expr"].as_str().is_some_and(|e| e.starts_with("sort"));
            compare_data(&expected["data"], value, ordered, outcome)
        }
        Answer::Result(value) => Err(format!("{value:?}, expected {expected}")),
    }
}

/// Where a match fails in several ways, the first step and the first element decide what is said.
fn is_matching(message: &str) -> bool {
    ["duplicate series", "multiple matches", "same labelset"]
        .iter()
        .any(|part| message.contains(part))
}

fn compare_data(
    data: &Json,
    value: &Value,
    ordered: bool,
    outcome: &mut Outcome,
) -> Result<(), String> {
    let mut written = String::new();
    json::append_value(&mut written, value);
    let ours: Json = serde_json::from_str(&written).map_err(|e| format!("{e} in {written}"))?;
    if ours["resultType"] != data["resultType"] {
        return Err(format!(
            "a {}, expected a {}",
            ours["resultType"], data["resultType"]
        ));
    }
    if !matches!(value, Value::Vector(_) | Value::Matrix(_)) {
        return compare_samples(&data["result"], &ours["result"], outcome);
    }
    let (theirs, ours) = (by_labels(&data["result"]), by_labels(&ours["result"]));
    let labels = |of: &BTreeMap<String, Json>| of.keys().cloned().collect::<Vec<_>>();
    if labels(&theirs) != labels(&ours) {
        return Err(format!(
            "{:?}, expected {:?}",
            labels(&ours),
            labels(&theirs)
        ));
    }
    if ordered && matches!(value, Value::Vector(_)) {
        compare_order(&data["result"], &written)?;
    }
    for (labels, theirs) in &theirs {
        let ours = &ours[labels];
        let pair = |of: &Json| match of.get("values") {
            Some(values) => array(values).to_vec(),
            None => vec![of["value"].clone()],
        };
        let (theirs, ours) = (pair(theirs), pair(ours));
        if theirs.len() != ours.len() {
            return Err(format!("{labels}: {ours:?}, expected {theirs:?}"));
        }
        for (theirs, ours) in theirs.iter().zip(&ours) {
            compare_samples(theirs, ours, outcome).map_err(|why| format!("{labels}: {why}"))?;
        }
    }
    Ok(())
}

/// `sort` orders values; elements of equal value may stand in any order.
fn compare_order(theirs: &Json, written: &str) -> Result<(), String> {
    let ours: Json = serde_json::from_str(written).unwrap();
    let values = |of: &Json| -> Vec<f64> {
        let values = array(of).iter().map(|e| e["value"][1].as_str().unwrap());
        values.map(|text| text.parse().unwrap()).collect()
    };
    let (theirs, ours) = (values(theirs), values(&ours["result"]));
    let mut pairs = theirs.iter().zip(&ours);
    if pairs.all(|(a, b)| a == b || is_close(*a, *b) || a.is_nan() && b.is_nan()) {
        return Ok(());
    }
    Err(format!("order {ours:?}, expected {theirs:?}"))
}

fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() <= TOLERANCE * a.abs().max(b.abs())
}

fn compare_samples(theirs: &Json, ours: &Json, outcome: &mut Outcome) -> Result<(), String> {
    let wrong = || Err(format!("{ours}, expected {theirs}"));
    if theirs[0].as_f64() != ours[0].as_f64() {
        return wrong();
    }
    let (their_text, our_text) = (theirs[1].as_str().unwrap(), ours[1].as_str().unwrap());
    if their_text == our_text {
        outcome.equal_numbers += 1;
        return Ok(());
    }
    let (Ok(theirs_value), Ok(ours_value)) = (their_text.parse::<f64>(), our_text.parse::<f64>())
    else {
        return wrong();
    };
    if theirs_value.to_bits() == ours_value.to_bits() {
        // Of two shortest texts that are equally near, Go takes the even one. Else the writer is wrong.
        outcome.equal_numbers += 1;
        return if their_text.len() == our_text.len() {
            Ok(())
        } else {
            wrong()
        };
    }
    if !is_close(theirs_value, ours_value) {
        return wrong();
    }
    outcome.close_numbers += 1;
    Ok(())
}

fn by_labels(result: &Json) -> BTreeMap<String, Json> {
    let elements = array(result);
    let by_labels: BTreeMap<String, Json> = elements
        .iter()
        .map(|e| (e["metric"].to_string(), e.clone()))
        .collect();
    assert_eq!(by_labels.len(), elements.len(), "labels twice in {result}");
    by_labels
}

fn stored(series: &Json) -> Series {
    let labels = series["labels"].as_object().unwrap();
    let labels = labels
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
    let samples = array(&series["samples"]).iter().map(|sample| Sample {
        time_ms: sample[0].as_i64().unwrap(),
        value: match sample[1].as_str().unwrap() {
            "stale" => f64::from_bits(STALE_NAN_BITS),
            number => number.parse().unwrap(),
        },
    });
    Series {
        labels: Labels::new(labels).unwrap(),
        samples: samples.collect(),
    }
}

fn array(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}
