//! Answers equal those of Prometheus 2.42 to the same questions over the same samples.

mod replay;

use std::path::Path;

#[test]
fn every_recorded_answer_of_prometheus_is_given_again() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/promql/corpus.json.gz");
    let outcome = replay::replay(&path);
    let shown: Vec<&str> = outcome
        .mismatches
        .iter()
        .take(40)
        .map(|m| &m[..m.len().min(600)])
        .collect();
    println!(
        "{} cases, {} errors, {} numbers equal to the bit, {} close, {} refused",
        outcome.cases,
        outcome.errors,
        outcome.equal_numbers,
        outcome.close_numbers,
        outcome.refused.len()
    );
    println!("refused: {:#?}", outcome.refused);
    assert!(
        shown.is_empty(),
        "{} mismatches:\n{}",
        outcome.mismatches.len(),
        shown.join("\n")
    );
}
