//! Was a threshold crossed between two looks? Then a person waits for the flush, and it goes at once.
//!
//! Pure: what the service said in, a decision out.

use series::{Labels, METRIC_NAME, Matcher};

use crate::snapshot::Snapshot;

/// `metric{matchers} op value`, or a quotient of two such: a rule that looks at little enough to be seen
/// crossed from here.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    pub(crate) series: Pattern,
    pub(crate) divisor: Option<Pattern>,
    pub(crate) comparison: Comparison,
    pub(crate) value: f64,
}

/// Series of one metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pattern {
    pub(crate) metric: String,
    pub(crate) matchers: Vec<Matcher>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Above,
    AboveOrEqual,
    Below,
    BelowOrEqual,
    Equal,
    NotEqual,
}

impl Threshold {
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
    fn accepts(&self, labels: &Labels) -> bool {
        labels.metric_name() == self.metric
            && self.matchers.iter().all(|one| one.accepts_labels(labels))
    }
}

/// Whether a series began or ceased to meet a threshold: an alert that ends is waited for as well.
/// A series that is new or ended met none before or after. `thresholds` as [`Threshold::list`] gives them.
#[must_use]
pub fn crossed(previous: &Snapshot, current: &Snapshot, thresholds: &[Threshold]) -> bool {
    let is_crossed = |labels: &Labels| {
        of_metric(thresholds, labels.metric_name())
            .iter()
            .any(|threshold| {
                threshold.series.accepts(labels)
                    && threshold.is_met_in(previous, labels) != threshold.is_met_in(current, labels)
            })
    };
    let mut ended = previous
        .values
        .keys()
        .filter(|labels| !current.values.contains_key(labels));
    current.values.keys().any(is_crossed) || ended.any(is_crossed)
}

/// The few that look at this metric, so that five hundred cost no more than they have to.
fn of_metric<'t>(thresholds: &'t [Threshold], metric: &str) -> &'t [Threshold] {
    let from = thresholds.partition_point(|one| one.series.metric.as_str() < metric);
    let rest = &thresholds[from..];
    &rest[..rest.partition_point(|one| one.series.metric == metric)]
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
    fn the_metrics_that_a_host_has_find_their_thresholds_among_all() {
        let one = |metric: &str| format!(r#"{{"metric":"{metric}","op":">","value":1}}"#);
        let all: Vec<String> = ["c", "a", "d", "b", "c"].map(one).into();
        let json = format!(r#"{{"thresholds":[{}]}}"#, all.join(","));
        let list = Threshold::list(json.as_bytes()).unwrap();
        for (metric, count) in [
            ("a", 1),
            ("b", 1),
            ("c", 2),
            ("d", 1),
            ("", 0),
            ("bb", 0),
            ("e", 0),
        ] {
            let found = of_metric(&list, metric);
            assert_eq!(found.len(), count, "{metric}");
            assert!(found.iter().all(|one| one.series.metric == metric));
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
    }
}
