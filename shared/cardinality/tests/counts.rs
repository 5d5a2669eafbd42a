//! Tables by hand, and laws over any set of series.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::{BTreeMap, BTreeSet};

use cardinality::{Count, LOOKBACK_MS, cardinality, churn};
use proptest::prelude::*;
use series::{Labels, METRIC_NAME, STALE_NAN_BITS, Sample, Series, SeriesSpan};

const START: i64 = 1_800_000_000_000;
const END: i64 = START + 3_600_000;
const MINUTE: i64 = 60_000;

fn span(labels: &[(&str, &str)], times: &[i64], is_stale: bool) -> SeriesSpan {
    let mut samples: Vec<Sample> = times
        .iter()
        .map(|&time_ms| Sample {
            time_ms,
            value: 1.0,
        })
        .collect();
    if is_stale {
        samples.last_mut().unwrap().value = f64::from_bits(STALE_NAN_BITS);
    }
    SeriesSpan::of(Series {
        labels: Labels::new(labels.iter().copied()).unwrap(),
        samples,
    })
    .unwrap()
}

fn counts(of: &[Count]) -> Vec<(&str, u64)> {
    of.iter()
        .map(|one| (one.name.as_str(), one.value))
        .collect()
}

#[test]
fn what_prometheus_counts_is_counted() {
    let at = [START];
    let all = [
        span(
            &[(METRIC_NAME, "up"), ("job", "node"), ("instance", "a")],
            &at,
            false,
        ),
        span(
            &[(METRIC_NAME, "up"), ("job", "node"), ("instance", "bb")],
            &[START + 5],
            false,
        ),
        span(&[(METRIC_NAME, "load"), ("instance", "bb")], &at, false),
        span(&[("job", "nameless")], &at, false),
    ];
    let found = cardinality(&all, 10);
    assert_eq!((found.series, found.label_pairs), (4, 6));
    assert_eq!((found.first_ms, found.last_ms), (START, START + 5));
    assert_eq!(counts(&found.series_by_name), [("up", 2), ("load", 1)]);
    assert_eq!(
        counts(&found.values_by_label),
        [(METRIC_NAME, 2), ("instance", 2), ("job", 2)]
    );
    assert_eq!(
        counts(&found.value_bytes_by_label),
        [("job", 12), (METRIC_NAME, 6), ("instance", 3)]
    );
    assert_eq!(
        counts(&found.series_by_pair),
        [
            ("__name__=up", 2),
            ("instance=bb", 2),
            ("job=node", 2),
            ("__name__=load", 1),
            ("instance=a", 1),
            ("job=nameless", 1)
        ]
    );
    assert_eq!(
        counts(&cardinality(&all, 1).series_by_pair),
        [("__name__=up", 2)]
    );
    assert_eq!(counts(&cardinality(&all, 0).series_by_name), []);
}

#[test]
fn nothing_is_counted_as_nothing() {
    let found = cardinality(&[], 10);
    assert_eq!((found.series, found.label_pairs), (0, 0));
    assert_eq!((found.first_ms, found.last_ms), (i64::MAX, i64::MIN));
    let found = churn(&[], START, END, 10);
    assert_eq!((found.active, found.appeared, found.ended), (0, 0, 0));
}

/// First and last sample, whether that is a stale marker; active, appeared, ended.
#[test]
fn a_series_comes_and_goes_by_the_five_minutes_rule_and_by_stale_markers() {
    for (first, last, is_stale, expected) in [
        (START, END, false, (1, 0, 0)),
        (START + 5 * MINUTE - 1, END, false, (1, 0, 0)),
        (START + 5 * MINUTE, END, false, (1, 1, 0)),
        (START, END - 5 * MINUTE + 1, false, (1, 0, 0)),
        (START, END - 5 * MINUTE, false, (0, 0, 1)),
        (START, END, true, (0, 0, 1)),
        (START + 20 * MINUTE, START + 30 * MINUTE, false, (0, 1, 1)),
        (END, END, true, (0, 1, 1)),
    ] {
        let one = [span(&[(METRIC_NAME, "up")], &[first, last], is_stale)];
        let found = churn(&one, START, END, 10);
        let got = (found.active, found.appeared, found.ended);
        assert_eq!(
            got,
            expected,
            "{} to {}, {is_stale}",
            first - START,
            last - START
        );
        let names = if expected.1 == 1 {
            vec![("up", 1)]
        } else {
            vec![]
        };
        assert_eq!(counts(&found.appeared_by_name), names);
        let names = if expected.2 == 1 {
            vec![("up", 1)]
        } else {
            vec![]
        };
        assert_eq!(counts(&found.ended_by_name), names);
    }
}

#[test]
fn the_parts_of_a_series_make_one_span_in_any_order() {
    let part = |time_ms, value| (time_ms, Sample { time_ms, value });
    let stale = f64::from_bits(STALE_NAN_BITS);
    let parts = [
        part(START, 1.0),
        part(START + 5, 2.0),
        part(START + 5, stale),
    ];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let mut whole = span(&[(METRIC_NAME, "up")], &[START + 1], false);
        for at in order {
            whole.extend(parts[at].0, parts[at].1);
        }
        assert_eq!((whole.first_ms, whole.last.time_ms), (START, START + 5));
        assert!(whole.last.is_stale(), "the larger bit pattern");
    }
}

fn any_span() -> impl Strategy<Value = SeriesSpan> {
    let labels = prop::collection::btree_map("[a-c]|__name__", "[x-z]{1,2}", 0..4);
    (labels, START..=END, 0..=MINUTE * 60, any::<bool>()).prop_map(
        |(labels, first, length, is_stale)| {
            let labels: Vec<_> = labels
                .iter()
                .map(|(n, v)| (n.as_str(), v.as_str()))
                .collect();
            span(&labels, &[first, (first + length).min(END)], is_stale)
        },
    )
}

/// No series twice.
fn any_spans() -> impl Strategy<Value = Vec<SeriesSpan>> {
    prop::collection::vec(any_span(), 0..40).prop_map(|all| {
        let by_labels: BTreeMap<Labels, SeriesSpan> = all
            .into_iter()
            .map(|each| (each.labels.clone(), each))
            .collect();
        by_labels.into_values().collect()
    })
}

proptest! {
    #[test]
    fn counts_agree_with_counting_by_hand(all in any_spans()) {
        let found = cardinality(&all, usize::MAX);
        let pairs: Vec<(&str, &str)> = all.iter().flat_map(|each| each.labels.iter()).collect();
        let distinct: BTreeSet<_> = pairs.iter().copied().collect();
        prop_assert_eq!(found.label_pairs, distinct.len() as u64);
        prop_assert_eq!(found.series_by_pair.len(), distinct.len());
        for one in &found.series_by_pair {
            let same = pairs.iter().filter(|(name, value)| one.name == format!("{name}={value}"));
            prop_assert_eq!(one.value, same.count() as u64);
        }
        for (values, bytes) in [(&found.values_by_label, false), (&found.value_bytes_by_label, true)] {
            for one in values {
                let of_name = distinct.iter().filter(|(name, _)| *name == one.name);
                let sum: usize = of_name.map(|(_, value)| if bytes { value.len() } else { 1 }).sum();
                prop_assert_eq!(one.value, sum as u64);
            }
        }
        let named = all.iter().filter(|each| !each.labels.metric_name().is_empty()).count();
        prop_assert_eq!(found.series_by_name.iter().map(|one| one.value).sum::<u64>(), named as u64);
    }

    #[test]
    fn a_shorter_list_is_the_beginning_of_a_longer_one_and_order_changes_nothing(
        all in any_spans(), limit in 0usize..20,
    ) {
        let (long, short) = (cardinality(&all, usize::MAX), cardinality(&all, limit));
        for (long, short) in [
            (&long.series_by_name, &short.series_by_name),
            (&long.values_by_label, &short.values_by_label),
            (&long.value_bytes_by_label, &short.value_bytes_by_label),
            (&long.series_by_pair, &short.series_by_pair),
        ] {
            prop_assert_eq!(&long[..limit.min(long.len())], &short[..]);
            prop_assert!(long.windows(2).all(|two| two[0].value >= two[1].value));
        }
        let mut reversed = all.clone();
        reversed.reverse();
        prop_assert_eq!(cardinality(&reversed, limit), short);
    }

    #[test]
    fn every_series_is_there_at_the_end_or_has_ended(all in any_spans()) {
        let found = churn(&all, START, END, usize::MAX);
        prop_assert_eq!(found.active + found.ended, all.len() as u64);
        prop_assert!(found.appeared <= all.len() as u64);
        let sum = |of: &[Count]| of.iter().map(|one| one.value).sum::<u64>();
        prop_assert_eq!(sum(&found.appeared_by_name), found.appeared);
        prop_assert_eq!(sum(&found.ended_by_name), found.ended);
        // What was there from the start can't have appeared, however short the window.
        let found = churn(&all, END - LOOKBACK_MS, END, usize::MAX);
        let late = all.iter().filter(|each| each.first_ms >= END).count() as u64;
        prop_assert_eq!(found.appeared, late);
    }
}
