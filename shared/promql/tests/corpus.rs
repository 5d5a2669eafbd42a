//! Answers equal those of Prometheus 2.42 to the same questions over the same samples.

mod replay;

use std::path::Path;

/// What Prometheus answers and this evaluator refuses; nothing else may be.
const REFUSED: [&str; 7] = [
    "changing parameter beside a vector fixed by @",
    "escape \\B in a regular expression",
    "function histogram_count",
    "function histogram_fraction",
    "function histogram_sum",
    "timestamp of a selector with both @ and offset",
    "window fixed by @ beside a changing argument, over a range",
];

#[test]
fn every_recorded_answer_of_prometheus_is_given_again() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/promql/corpus.json.gz");
    let outcome = replay::replay(&path);
    println!("{outcome}");
    assert!(
        outcome.mismatches.is_empty(),
        "{}",
        outcome.mismatches.join("\n")
    );
    let refused: Vec<&str> = outcome.refused.keys().map(String::as_str).collect();
    assert_eq!(refused, REFUSED);
    let refusals: usize = outcome.refused.values().sum();
    assert!(
        outcome.cases > 4_000 && outcome.equal_numbers > 60_000 && refusals < 40,
        "{outcome}"
    );
}
