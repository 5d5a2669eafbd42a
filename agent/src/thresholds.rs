//! Was a threshold crossed between two looks? Then a person waits for the flush, and it goes at once.
//!
//! Pure: what the service said in, a decision out.

use serde::Deserialize;
use series::{Labels, MatchOp, Matcher};

use crate::snapshot::Snapshot;

/// More than any tenant's simple rules; what is beyond it is the service's to judge, as without an agent.
const MOST_THRESHOLDS: usize = 500;

/// `metric{matchers} op value`: one of the tenant's rules that looks at one series at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    matchers: Vec<Matcher>,
    metric: String,
    comparison: Comparison,
    value: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Above,
    AboveOrEqual,
    Below,
    BelowOrEqual,
    Equal,
    NotEqual,
}

#[derive(Deserialize)]
struct WireThreshold {
    metric: String,
    #[serde(default)]
    matchers: Vec<WireMatcher>,
    op: String,
    value: f64,
}

#[derive(Deserialize)]
struct WireMatcher {
    name: String,
    op: String,
    value: String,
}

impl Threshold {
    /// Reads `[{"metric", "matchers": [{"name", "op", "value"}], "op", "value"}]`. An entry that this
    /// version does not understand is left to the service; nothing when the whole is not such a list.
    #[must_use]
    pub fn list(json: &[u8]) -> Option<Vec<Self>> {
        let entries: Vec<serde_json::Value> = serde_json::from_slice(json).ok()?;
        let understood = entries.into_iter().filter_map(|entry| {
            let entry = serde_json::from_value(entry).ok()?;
            Self::of_wire(entry)
        });
        Some(understood.take(MOST_THRESHOLDS).collect())
    }

    fn of_wire(wire: WireThreshold) -> Option<Self> {
        let matcher = |wire: &WireMatcher| {
            let op = match wire.op.as_str() {
                "=" => MatchOp::Equal,
                "!=" => MatchOp::NotEqual,
                "=~" => MatchOp::Matches,
                "!~" => MatchOp::NotMatches,
                _ => return None,
            };
            Matcher::new(&wire.name, op, &wire.value).ok()
        };
        Some(Self {
            matchers: wire.matchers.iter().map(matcher).collect::<Option<_>>()?,
            metric: wire.metric,
            comparison: match wire.op.as_str() {
                ">" => Comparison::Above,
                ">=" => Comparison::AboveOrEqual,
                "<" => Comparison::Below,
                "<=" => Comparison::BelowOrEqual,
                "==" => Comparison::Equal,
                "!=" => Comparison::NotEqual,
                _ => return None,
            },
            value: wire.value,
        })
    }

    fn concerns(&self, labels: &Labels) -> bool {
        labels.metric_name() == self.metric
            && self.matchers.iter().all(|one| one.accepts_labels(labels))
    }

    #[expect(clippy::float_cmp, reason = "PromQL's == compares so")]
    fn is_met_by(&self, value: f64) -> bool {
        match self.comparison {
            Comparison::Above => value > self.value,
            Comparison::AboveOrEqual => value >= self.value,
            Comparison::Below => value < self.value,
            Comparison::BelowOrEqual => value <= self.value,
            Comparison::Equal => value == self.value,
            Comparison::NotEqual => value != self.value,
        }
    }
}

/// Whether a series began or ceased to meet a threshold: an alert that ends is waited for as well.
/// A series that is new or ended met none before or after.
#[must_use]
pub fn crossed(previous: &Snapshot, current: &Snapshot, thresholds: &[Threshold]) -> bool {
    let is_met = |threshold: &Threshold, value: Option<&f64>| {
        value.is_some_and(|value| threshold.is_met_by(*value))
    };
    thresholds.iter().any(|threshold| {
        let began_or_ceased = current.values.iter().any(|(labels, value)| {
            threshold.concerns(labels)
                && threshold.is_met_by(*value) != is_met(threshold, previous.values.get(labels))
        });
        began_or_ceased
            || previous.values.iter().any(|(labels, value)| {
                !current.values.contains_key(labels)
                    && threshold.is_met_by(*value)
                    && threshold.concerns(labels)
            })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn snapshot(values: &[(&str, f64)]) -> Snapshot {
        let labels = |mount: &str| {
            Labels::new([
                ("__name__", "node_filesystem_avail_bytes"),
                ("mountpoint", mount),
            ])
        };
        Snapshot {
            time_ms: 0,
            values: values
                .iter()
                .map(|(m, v)| (labels(m).unwrap(), *v))
                .collect(),
        }
    }

    fn below_ten(matcher: &str) -> Vec<Threshold> {
        let json = format!(
            r#"[{{"metric":"node_filesystem_avail_bytes","matchers":[{matcher}],"op":"<","value":10}}]"#
        );
        Threshold::list(json.as_bytes()).unwrap()
    }

    const ROOT: &str = r#"{"name":"mountpoint","op":"=","value":"/"}"#;
    const DATA: &str = r#"{"name":"mountpoint","op":"=~","value":"/data.*"}"#;

    #[test]
    fn only_what_changes_sides_crosses() {
        for (matcher, before, after, expected) in [
            (ROOT, vec![("/", 11.0)], vec![("/", 9.0)], true),
            (ROOT, vec![("/", 9.0)], vec![("/", 11.0)], true),
            (ROOT, vec![("/", 9.0)], vec![("/", 8.0)], false),
            (ROOT, vec![("/", 11.0)], vec![("/", 10.0)], false),
            (ROOT, vec![("/x", 11.0)], vec![("/x", 9.0)], false),
            ("", vec![("/x", 11.0)], vec![("/x", 9.0)], true),
            (DATA, vec![("/data1", 11.0)], vec![("/data1", 9.0)], true),
            (
                DATA,
                vec![("/mnt/data1", 11.0)],
                vec![("/mnt/data1", 9.0)],
                false,
            ),
            (ROOT, vec![], vec![("/", 9.0)], true),
            (ROOT, vec![], vec![("/", 11.0)], false),
            (ROOT, vec![("/", 9.0)], vec![], true),
            (ROOT, vec![("/", 11.0)], vec![], false),
            (ROOT, vec![("/", 11.0)], vec![("/", f64::NAN)], false),
            (ROOT, vec![("/", 9.0)], vec![("/", f64::NAN)], true),
        ] {
            let found = crossed(&snapshot(&before), &snapshot(&after), &below_ten(matcher));
            assert_eq!(found, expected, "{matcher} {before:?} {after:?}");
        }
    }

    #[test]
    fn every_operator_compares_as_promql_does() {
        for (op, met) in [
            (">", [false, false, true]),
            (">=", [false, true, true]),
            ("<", [true, false, false]),
            ("<=", [true, true, false]),
            ("==", [false, true, false]),
            ("!=", [true, false, true]),
        ] {
            let json = format!(r#"[{{"metric":"m","op":"{op}","value":2}}]"#);
            let threshold = &Threshold::list(json.as_bytes()).unwrap()[0];
            assert_eq!([1.0, 2.0, 3.0].map(|v| threshold.is_met_by(v)), met, "{op}");
        }
    }

    #[test]
    fn what_a_newer_service_says_is_left_to_it() {
        let json = br#"[{"metric":"a","op":">","value":1,"for":"5m"},
            {"metric":"b","op":"=~","value":1}, {"expr":"rate(x[5m])"}, 7,
            {"metric":"c","op":">","value":1,"matchers":[{"name":"x","op":"=~","value":"("}]}]"#;
        let list = Threshold::list(json).unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].metric, "a");
        assert_eq!(Threshold::list(b"[]"), Some(vec![]));
        for json in [&b"{}"[..], b"", b"null", b"<html>", b"[1,"] {
            assert_eq!(Threshold::list(json), None);
        }
    }

    proptest! {
        #[test]
        fn crossing_is_the_same_both_ways_and_standing_still_never_crosses(
            before in prop::collection::btree_map("/[a-c]", 0.0..20.0, 0..4),
            after in prop::collection::btree_map("/[a-c]", 0.0..20.0, 0..4),
        ) {
            let of = |values: &std::collections::BTreeMap<String, f64>| {
                snapshot(&values.iter().map(|(m, v)| (m.as_str(), *v)).collect::<Vec<_>>())
            };
            let (before, after) = (of(&before), of(&after));
            let list = below_ten("");
            prop_assert_eq!(crossed(&before, &after, &list), crossed(&after, &before, &list));
            prop_assert!(!crossed(&after, &after, &list));
        }

        #[test]
        fn no_answer_makes_it_panic(json in ".{0,200}") {
            let _ = Threshold::list(json.as_bytes());
        }
    }
}
