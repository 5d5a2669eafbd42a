use std::collections::BTreeMap;

use serde_json::Value;

/// Numbers may differ by this factor where the order of additions or the C library decides.
const TOLERANCE: f64 = 1e-12;

/// What Prometheus answers and we refuse; nothing else may be (as shared/promql/tests/corpus.rs has it).
const REFUSED: [&str; 7] = [
    "changing parameter beside a vector fixed by @",
    "escape \\B in a regular expression",
    "function histogram_count",
    "function histogram_fraction",
    "function histogram_sum",
    "timestamp of a selector with both @ and offset",
    "window fixed by @ beside a changing argument, over a range",
];

/// What agreed.
#[derive(Debug, Default)]
pub struct Agreement {
    /// To the digit.
    pub equal_numbers: usize,
    /// Within [`TOLERANCE`] only.
    pub close_numbers: usize,
    /// Errors of the same status.
    pub errors: usize,
    /// Answered by Prometheus, refused by us by name and place.
    pub refused: usize,
}

type Answer = (u16, Value);

/// Whether both said the same.
pub fn compare(
    ours: &Answer,
    theirs: &Answer,
    is_ordered: bool,
    agreement: &mut Agreement,
) -> Result<(), String> {
    let ((our_status, ours), (their_status, theirs)) = (ours, theirs);
    if let Some(construct) = refused_construct(*our_status, &ours["error"]) {
        let is_answered = *their_status == 200;
        agreement.refused += usize::from(is_answered);
        agreement.errors += usize::from(!is_answered);
        return if is_answered && !REFUSED.contains(&construct) {
            Err(format!("{ours}, expected {theirs}"))
        } else {
            Ok(())
        };
    }
    if our_status != their_status {
        return Err(format!(
            "{our_status} {ours}, expected {their_status} {theirs}"
        ));
    }
    if *our_status != 200 {
        agreement.errors += 1;
        return compare_errors(*our_status, ours, theirs);
    }
    let (ours, theirs) = (&ours["data"], &theirs["data"]);
    if ours["resultType"] != theirs["resultType"] {
        return Err(format!("{ours}, expected {theirs}"));
    }
    let is_vector = ours["resultType"] == "vector";
    if !is_vector && ours["resultType"] != "matrix" {
        return compare_pair(&ours["result"], &theirs["result"], agreement);
    }
    let (ours, theirs) = (list(&ours["result"]), list(&theirs["result"]));
    if is_ordered && is_vector {
        compare_order(ours, theirs)?;
    }
    compare_series(ours, theirs, agreement)
}

/// What is refused by name, with its line and column.
fn refused_construct(status: u16, error: &Value) -> Option<&str> {
    let (place, construct) = error.as_str()?.split_once(": not supported: ")?;
    let has_place = place
        .split(':')
        .all(|n| n.parse::<u32>().is_ok_and(|n| n > 0));
    (status == 422 && has_place).then_some(construct)
}

fn compare_errors(status: u16, ours: &Value, theirs: &Value) -> Result<(), String> {
    // A parser has its own words; what fails while it is evaluated has Prometheus'.
    let (our_words, their_words) = (&ours["error"], &theirs["error"]);
    let has_same_words =
        status != 422 || our_words == their_words || both_match(our_words, their_words);
    if ours["errorType"] == theirs["errorType"] && has_same_words {
        return Ok(());
    }
    Err(format!("{ours}, expected {theirs}"))
}

/// Where a match fails in several ways, the first step and the first element decide what is said.
fn both_match(ours: &Value, theirs: &Value) -> bool {
    [ours, theirs].iter().all(|error| {
        let error = error.as_str().unwrap_or_default();
        ["duplicate series", "multiple matches", "same labelset"]
            .iter()
            .any(|part| error.contains(part))
    })
}

fn compare_series(
    ours: &[Value],
    theirs: &[Value],
    agreement: &mut Agreement,
) -> Result<(), String> {
    let (our_count, their_count) = (ours.len(), theirs.len());
    let (ours, theirs) = (by_labels(ours), by_labels(theirs));
    if !ours.keys().eq(theirs.keys()) || our_count != their_count {
        return Err(format!("{:?}, expected {:?}", ours.keys(), theirs.keys()));
    }
    for (labels, theirs) in &theirs {
        let (ours, theirs) = (points(ours[labels]), points(theirs));
        if ours.len() != theirs.len() {
            return Err(format!("{labels}: {ours:?}, expected {theirs:?}"));
        }
        for (ours, theirs) in ours.iter().zip(&theirs) {
            compare_pair(ours, theirs, agreement).map_err(|why| format!("{labels}: {why}"))?;
        }
    }
    Ok(())
}

/// `sort` orders values; elements of equal value may stand in any order.
fn compare_order(ours: &[Value], theirs: &[Value]) -> Result<(), String> {
    let values = |of: &[Value]| -> Vec<f64> {
        let texts = of.iter().filter_map(|one| one["value"][1].as_str());
        texts.filter_map(|text| text.parse().ok()).collect()
    };
    let (ours, theirs) = (values(ours), values(theirs));
    let mut pairs = ours.iter().zip(&theirs);
    if pairs.all(|(a, b)| a == b || is_close(*a, *b) || a.is_nan() && b.is_nan()) {
        return Ok(());
    }
    Err(format!("order {ours:?}, expected {theirs:?}"))
}

fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() <= TOLERANCE * a.abs().max(b.abs())
}

/// One `[time, value]`.
fn compare_pair(ours: &Value, theirs: &Value, agreement: &mut Agreement) -> Result<(), String> {
    let wrong = || Err(format!("{ours}, expected {theirs}"));
    if ours[0].as_f64() != theirs[0].as_f64() {
        return wrong();
    }
    if ours[1] == theirs[1] {
        agreement.equal_numbers += 1;
        return Ok(());
    }
    let number = |of: &Value| of[1].as_str().and_then(|text| text.parse::<f64>().ok());
    let (Some(a), Some(b)) = (number(ours), number(theirs)) else {
        return wrong();
    };
    // The same bits in another text is a fault of the writer.
    if a.to_bits() == b.to_bits() || !is_close(a, b) {
        return wrong();
    }
    agreement.close_numbers += 1;
    Ok(())
}

fn points(of: &Value) -> Vec<Value> {
    match of.get("values") {
        Some(values) => list(values).to_vec(),
        None => vec![of["value"].clone()],
    }
}

fn by_labels(elements: &[Value]) -> BTreeMap<String, &Value> {
    let labelled = elements.iter().map(|one| (one["metric"].to_string(), one));
    labelled.collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
