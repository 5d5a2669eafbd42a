//! Was a threshold crossed between two looks? Then a person waits for the flush, and it goes at once.
//!
//! Pure: what the service said in, a decision out.

use regex::RegexBuilder;
use serde::Deserialize;
use series::{Labels, METRIC_NAME, MatchOp, Matcher};

use crate::snapshot::Snapshot;

/// More than any tenant's simple rules; what is beyond it is the service's to judge, as without an agent.
const MOST_THRESHOLDS: usize = 500;

/// The most that one regular expression may take once compiled: a rule is no way to exhaust every host's memory.
const MOST_REGEX_BYTES: usize = 32 * 1024;

/// `metric{matchers} op value`, or a quotient of two such: a rule that looks at little enough to be seen
/// crossed from here.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    series: Pattern,
    divisor: Option<Pattern>,
    comparison: Comparison,
    value: f64,
}

/// Series of one metric.
#[derive(Debug, Clone, PartialEq)]
struct Pattern {
    metric: String,
    matchers: Vec<Matcher>,
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
struct WireAnswer {
    thresholds: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct WireThreshold {
    #[serde(flatten)]
    series: WirePattern,
    divided_by: Option<WirePattern>,
    op: String,
    value: f64,
}

#[derive(Deserialize)]
struct WirePattern {
    metric: String,
    #[serde(default)]
    matchers: Vec<WireMatcher>,
}

#[derive(Deserialize)]
struct WireMatcher {
    name: String,
    op: String,
    value: String,
}

impl Threshold {
    /// Reads `{"thresholds": [{"metric", "matchers": [{"name", "op", "value"}], "divided_by": {"metric",
    /// "matchers"}, "op", "value"}]}`. An entry that this version does not understand is left to the
    /// service; nothing when the whole is not such an answer.
    #[must_use]
    pub fn list(json: &[u8]) -> Option<Vec<Self>> {
        let answer: WireAnswer = serde_json::from_slice(json).ok()?;
        let understood = answer.thresholds.into_iter().filter_map(|entry| {
            let entry = serde_json::from_value(entry).ok()?;
            Self::of_wire(entry)
        });
        Some(understood.take(MOST_THRESHOLDS).collect())
    }

    fn of_wire(wire: WireThreshold) -> Option<Self> {
        Some(Self {
            series: Pattern::of_wire(&wire.series)?,
            divisor: match &wire.divided_by {
                Some(divisor) => Some(Pattern::of_wire(divisor)?),
                None => None,
            },
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

    /// Whether a look at the host has the series of these labels, and its value meets the threshold.
    fn is_met_in(&self, snapshot: &Snapshot, labels: &Labels) -> bool {
        let Some(value) = snapshot.values.get(labels) else {
            return false;
        };
        let Some(divisor) = &self.divisor else {
            return self.is_met_by(*value);
        };
        let labels = labels.with(METRIC_NAME, &divisor.metric);
        let divided_by = snapshot.values.get(&labels);
        divided_by.is_some_and(|by| divisor.accepts(&labels) && self.is_met_by(value / by))
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

impl Pattern {
    fn of_wire(wire: &WirePattern) -> Option<Self> {
        let matchers = wire.matchers.iter().map(matcher);
        Some(Self {
            metric: wire.metric.clone(),
            matchers: matchers.collect::<Option<_>>()?,
        })
    }

    fn accepts(&self, labels: &Labels) -> bool {
        labels.metric_name() == self.metric
            && self.matchers.iter().all(|one| one.accepts_labels(labels))
    }
}

fn matcher(wire: &WireMatcher) -> Option<Matcher> {
    let op = match wire.op.as_str() {
        "=" => MatchOp::Equal,
        "!=" => MatchOp::NotEqual,
        "=~" => MatchOp::Matches,
        "!~" => MatchOp::NotMatches,
        _ => return None,
    };
    if matches!(op, MatchOp::Matches | MatchOp::NotMatches) {
        let mut small = RegexBuilder::new(&wire.value);
        small.size_limit(MOST_REGEX_BYTES).build().ok()?;
    }
    Matcher::new(&wire.name, op, &wire.value).ok()
}

/// Whether a series began or ceased to meet a threshold: an alert that ends is waited for as well.
/// A series that is new or ended met none before or after.
#[must_use]
pub fn crossed(previous: &Snapshot, current: &Snapshot, thresholds: &[Threshold]) -> bool {
    let is_crossed = |threshold: &Threshold, labels: &Labels| {
        threshold.series.accepts(labels)
            && threshold.is_met_in(previous, labels) != threshold.is_met_in(current, labels)
    };
    let ended = previous
        .values
        .keys()
        .filter(|labels| !current.values.contains_key(labels));
    let all: Vec<&Labels> = current.values.keys().chain(ended).collect();
    thresholds
        .iter()
        .any(|threshold| all.iter().any(|labels| is_crossed(threshold, labels)))
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
            r#"{{"thresholds":[{{"metric":"node_filesystem_avail_bytes","matchers":[{matcher}],"op":"<","value":10}}]}}"#
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
            let json = format!(r#"{{"thresholds":[{{"metric":"m","op":"{op}","value":2}}]}}"#);
            let threshold = &Threshold::list(json.as_bytes()).unwrap()[0];
            assert_eq!([1.0, 2.0, 3.0].map(|v| threshold.is_met_by(v)), met, "{op}");
        }
    }

    #[test]
    fn what_a_newer_service_says_is_left_to_it() {
        let json = br#"{"left_out": 2, "thresholds": [{"metric":"a","op":">","value":1,"for":"5m"},
            {"metric":"b","op":"=~","value":1}, {"expr":"rate(x[5m])"}, 7,
            {"metric":"b","op":">","value":1,"divided_by":7},
            {"metric":"c","op":">","value":1,"matchers":[{"name":"x","op":"=~","value":"("}]}]}"#;
        let list = Threshold::list(json).unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].series.metric, "a");
        assert_eq!(Threshold::list(br#"{"thresholds":[]}"#), Some(vec![]));
        for json in [
            &b"{}"[..],
            b"",
            b"[]",
            b"null",
            b"<html>",
            b"{\"thresholds\":[1,",
        ] {
            assert_eq!(Threshold::list(json), None);
        }
    }

    #[test]
    fn a_quotient_is_crossed_by_either_side_and_needs_both() {
        let json = br#"{"thresholds":[{"metric":"avail","op":"<","value":0.1,
            "divided_by":{"metric":"size","matchers":[{"name":"fs","op":"!=","value":"tmpfs"}]}}]}"#;
        let thresholds = Threshold::list(json).unwrap();
        let look = |values: &[(&str, &str, f64)]| Snapshot {
            time_ms: 0,
            values: values
                .iter()
                .map(|(name, fs, value)| {
                    let labels = Labels::new([("__name__", *name), ("fs", *fs), ("on", "/")]);
                    (labels.unwrap(), *value)
                })
                .collect(),
        };
        let before = look(&[("avail", "ext4", 50.0), ("size", "ext4", 100.0)]);
        for (after, expected) in [
            (vec![("avail", "ext4", 9.0), ("size", "ext4", 100.0)], true),
            (vec![("avail", "ext4", 50.0), ("size", "ext4", 999.0)], true),
            (vec![("avail", "ext4", 5.0), ("size", "ext4", 10.0)], false),
            (vec![("avail", "ext4", 5.0)], false),
            (vec![("avail", "ext4", 5.0), ("size", "xfs", 1e9)], false),
            (vec![("avail", "ext4", 0.0), ("size", "ext4", 0.0)], false),
            (vec![("avail", "tmpfs", 1.0), ("size", "tmpfs", 1e9)], false),
        ] {
            assert_eq!(
                crossed(&before, &look(&after), &thresholds),
                expected,
                "{after:?}"
            );
        }
    }

    #[test]
    fn an_expression_that_would_fill_the_memory_is_left_to_the_service() {
        let of = |value: &str| {
            let json = format!(
                r#"{{"thresholds":[{{"metric":"m","op":">","value":1,"matchers":[{{"name":"a","op":"=~","value":"{value}"}}]}}]}}"#
            );
            Threshold::list(json.as_bytes()).unwrap().len()
        };
        for usual in [
            "(?-s:tmpfs|devtmpfs|ramfs|squashfs|iso9660|overlay|fuse.*)",
            "/|/data.*",
            "[^/]+-(a|b|c)[0-9]{1,3}",
            "(?:[0-9A-Za-z_]+\\\\.)*x",
        ] {
            assert_eq!(of(usual), 1, "{usual}");
        }
        assert_eq!(of("((a{100}){100}){10}"), 0);
        assert_eq!(Threshold::list("[".repeat(100_000).as_bytes()), None);
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
