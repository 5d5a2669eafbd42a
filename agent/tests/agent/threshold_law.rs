//! The agent's idea of a crossing against the service's own judgement of the rule, over the wire's JSON.

use ids::RuleFileName;
use jiff::Timestamp;
use proptest::prelude::*;
use rule_evaluation::{External, RuleFile, RuleSet, evaluate};
use series::{Labels, Sample, Series};
use toban_agent::snapshot::Snapshot;
use toban_agent::thresholds::{Threshold, crossed};

const NOW_MS: i64 = 1_800_000_000_000;

fn rules(expression: &str) -> RuleSet {
    let rule = serde_json::json!({"alert": "A", "expr": expression});
    let yaml = serde_json::json!({"groups": [{"name": "g", "rules": [rule]}]}).to_string();
    let file = RuleFile::parse(&RuleFileName::new("f").unwrap(), &yaml).unwrap();
    RuleSet::new([file], External::default())
}

/// Values of `a` and `b` on two disks.
type Values = Vec<(&'static str, &'static str, f64)>;

fn labels(name: &str, disk: &str) -> Labels {
    Labels::new([("__name__", name), ("disk", disk), ("instance", "h")]).unwrap()
}

fn look(values: &Values) -> Snapshot {
    let one = |(name, disk, value): &(&str, &str, f64)| (labels(name, disk), *value);
    Snapshot {
        time_ms: NOW_MS,
        values: values.iter().map(one).collect(),
    }
}

/// On which disks the service sees the rule's condition hold.
fn holds(rules: &RuleSet, values: &Values) -> Vec<String> {
    let series: Vec<Series> = look(values)
        .values
        .into_iter()
        .map(|(labels, value)| Series {
            labels,
            samples: vec![Sample {
                time_ms: NOW_MS,
                value,
            }],
        })
        .collect();
    let at = Timestamp::from_millisecond(NOW_MS).unwrap();
    let found = evaluate(rules.all().next().unwrap(), &series, at).unwrap();
    let mut disks: Vec<String> = found
        .iter()
        .map(|one| one.labels.value("disk").to_owned())
        .collect();
    disks.sort();
    disks
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-40..40_i32).prop_map(|n| f64::from(n) / 4.0),
        2 => any::<f64>().prop_filter("finite", |x| x.is_finite()),
        1 => prop::sample::select(vec![0.1, 0.3, 1e-310, 1e300, 100.0, 1024.0]),
    ]
}

/// `a` or `a / b` with some arithmetic around it, compared with a number.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a",
        "a{disk='x'}",
        "a{disk=~'x|z', instance!=''}",
        "a / b",
        "a{disk!='x'} / b{disk=~'.*y'}",
        "a / b{disk!~'y'}",
    ]);
    let step = prop_oneof![
        Just("-(@)".to_owned()),
        (prop::sample::select(vec!["+", "-", "*", "/"]), number())
            .prop_map(|(operator, number)| format!("(@) {operator} ({number:?})")),
        (prop::sample::select(vec!["+", "-", "*"]), number())
            .prop_map(|(operator, number)| format!("({number:?}) {operator} (@)")),
    ];
    let comparison = prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]);
    let steps = prop::collection::vec(step, 0..4);
    (leaf, steps, comparison, number(), any::<bool>()).prop_map(
        |(leaf, steps, comparison, number, is_mirrored)| {
            let side = steps
                .iter()
                .fold(leaf.to_owned(), |inner, step| step.replace('@', &inner));
            if is_mirrored {
                format!("({number:?}) {comparison} ({side})")
            } else {
                format!("({side}) {comparison} ({number:?})")
            }
        },
    )
}

fn value(threshold: f64) -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => number(),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0]),
        4 => prop::sample::select(vec![threshold, threshold.next_up(), threshold.next_down()]),
    ]
}

fn values(threshold: f64) -> impl Strategy<Value = Values> {
    let one = move || prop::option::weighted(0.9, value(threshold));
    (one(), one(), prop::option::of(Just(1.0)), one()).prop_map(|(ax, ay, bx, by)| {
        [
            ("a", "x", ax),
            ("a", "y", ay),
            ("b", "x", bx),
            ("b", "y", by),
        ]
        .into_iter()
        .filter_map(|(name, disk, value)| Some((name, disk, value?)))
        .collect()
    })
}

/// An expression, and values around the threshold that it is.
fn case() -> impl Strategy<Value = (String, Values, Values)> {
    expression().prop_flat_map(|text| {
        let listed = rules(&text).thresholds();
        let near = listed.thresholds.first().map_or(1.0, |one| one.value);
        (Just(text), values(near), values(near))
    })
}

proptest! {
    // 256 cases; PROPTEST_CASES asks for more.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The flush goes at once exactly when the service's judgement of some series changes with it.
    #[test]
    fn the_agent_sees_a_crossing_exactly_where_the_rule_changes(
        (text, before, after) in case(),
    ) {
        let rules = rules(&text);
        let listed = rules.thresholds();
        prop_assume!(!listed.thresholds.is_empty());
        let json = serde_json::to_vec(&listed).unwrap();
        let thresholds = Threshold::list(&json).unwrap();
        prop_assert_eq!(thresholds.len(), 1, "the agent understands what the service says");
        let changes = holds(&rules, &before) != holds(&rules, &after);
        let seen = crossed(&look(&before), &look(&after), &thresholds);
        prop_assert_eq!(seen, changes, "{} as {}", text, String::from_utf8_lossy(&json));
    }
}

#[test]
fn most_of_what_the_law_is_tried_on_is_a_threshold() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let listed = (0..200)
        .filter(|_| {
            let text = expression().new_tree(&mut runner).unwrap().current();
            !rules(&text).thresholds().thresholds.is_empty()
        })
        .count();
    assert!(listed > 100, "{listed} of 200");
}
