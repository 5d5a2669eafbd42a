//! Laws: no input panics, and an expression's locality is enough to evaluate it.

#![allow(clippy::unwrap_used, reason = "a test")]

mod strategies;

use promql::{
    Expr, Limits, Locality, Value, evaluate_instant, evaluate_instant_within, evaluate_range_within,
};
use proptest::prelude::*;
use series::{Labels, Sample, Series};
use strategies::{NOW, WORDS, expression, host_expression, local_expression, stored};

fn evaluate_everywhere(text: &str, series: &[Series]) {
    let limits = Limits {
        max_samples: 100_000,
        max_visited: 1_000_000,
    };
    let Ok(expr) = Expr::parse(text) else {
        return;
    };
    let _ = (expr.check(), expr.locality(), expr.time_range(NOW, NOW));
    for at_ms in [NOW + 300_000, 0, i64::MAX, i64::MIN] {
        let _ = evaluate_instant_within(&expr, series, at_ms, limits);
    }
    let range = (NOW, NOW + 600_000, 60_000);
    let _ = evaluate_range_within(&expr, series, range, limits);
}

proptest! {
    // 256 cases each; PROPTEST_CASES asks for more.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        evaluate_everywhere(&text, &[]);
    }

    #[test]
    fn no_row_of_tokens_panics(
        words in prop::collection::vec((prop::sample::select(WORDS.to_vec()), prop::bool::ANY), 0..24),
        series in stored(),
    ) {
        let text: String = words
            .iter()
            .map(|(word, space)| format!("{word}{}", if *space { " " } else { "" }))
            .collect();
        evaluate_everywhere(&text, &series);
    }

    #[test]
    fn no_expression_panics_over_any_samples(text in expression(), series in stored()) {
        prop_assert!(Expr::parse(&text).is_ok(), "{text}");
        evaluate_everywhere(&text, &series);
    }

    /// What a range query says of a time is what an instant query says of it, up to errors: labels that
    /// clash at other times.
    #[test]
    fn a_step_of_a_range_is_an_instant(text in expression(), series in stored()) {
        // `end()` is another time in another query.
        let text = text.replace("@ end()", "@ 1700000100");
        let expr = Expr::parse(&text).unwrap();
        let range = evaluate_range_within(&expr, &series, (NOW, NOW + 600_000, 150_000), Limits::default());
        let Ok(range) = range else { return Ok(()); };
        for at_ms in [NOW, NOW + 300_000, NOW + 600_000] {
            let Ok(Value::Vector(mut instant)) = evaluate_instant(&expr, &series, at_ms) else {
                return Err(TestCaseError::fail(format!("{text}: an instant fails")));
            };
            instant.sort_by(|a, b| a.0.cmp(&b.0));
            let column: Vec<(Labels, Sample)> = range
                .iter()
                .filter_map(|series| {
                    let sample = series.samples.iter().find(|s| s.time_ms == at_ms)?;
                    Some((series.labels.clone(), *sample))
                })
                .collect();
            let shown = |all: &[(Labels, Sample)]| -> Vec<String> {
                all.iter().map(|(l, s)| format!("{l} {}", s.value)).collect()
            };
            prop_assert_eq!(shown(&instant), shown(&column), "{}", text);
        }
    }

    #[test]
    fn samples_outside_of_the_time_range_do_not_matter(text in expression(), series in stored()) {
        let expr = Expr::parse(&text).unwrap();
        let range = (NOW + 200_000, NOW + 400_000, 50_000);
        let (from_ms, to_ms) = expr.time_range(range.0, range.1).unwrap();
        let mut needed = series.clone();
        for series in &mut needed {
            series.samples.retain(|s| (from_ms..=to_ms).contains(&s.time_ms));
        }
        let of = |series: &[Series]| {
            let result = evaluate_range_within(&expr, series, range, Limits::default());
            format!("{result:?}")
        };
        prop_assert_eq!(of(&series), of(&needed), "{}", text);
    }

    #[test]
    fn what_is_local_to_a_host_is_the_same_host_by_host(text in host_expression(), series in stored()) {
        let expr = Expr::parse(&text).unwrap();
        prop_assert_ne!(expr.locality(), Locality::Tenant, "{}", text);
        let at_ms = NOW + 300_000;
        let mut parts = Vec::new();
        for host in ["", "w1", "w2"] {
            let of_host: Vec<Series> = series
                .iter()
                .filter(|s| s.labels.value("instance") == host)
                .cloned()
                .collect();
            parts.push(evaluate_instant(&expr, &of_host, at_ms));
        }
        // One host's clash of labels is an error of the whole; alone, the others have their answers.
        let Ok(whole) = evaluate_instant(&expr, &series, at_ms) else { return Ok(()); };
        let mut joined = Vec::new();
        for part in parts {
            joined.extend(elements(part.unwrap()));
        }
        joined.sort();
        let mut whole = elements(whole);
        whole.sort();
        prop_assert_eq!(joined, whole, "{}", text);
    }

    #[test]
    fn one_series_alone_gives_its_element(text in local_expression(), series in stored()) {
        let expr = Expr::parse(&text).unwrap();
        prop_assert_eq!(expr.locality(), Locality::Series, "{}", text);
        let at_ms = NOW + 300_000;
        let mut alone = Vec::new();
        for series in &series {
            let labels: Vec<(&str, &str)> = series.labels.iter().collect();
            let newest = series.samples.iter().rfind(|s| s.time_ms <= at_ms);
            let value = newest.and_then(|newest| expr.evaluate_one(&labels, *newest, at_ms));
            alone.extend(value.map(|v| format!("{} {v}", expr.labels_of_one(&labels))));
        }
        alone.sort();
        let mut whole = elements(evaluate_instant(&expr, &series, at_ms).unwrap());
        whole.sort();
        prop_assert_eq!(alone, whole, "{}", text);
    }
}

fn elements(value: Value) -> Vec<String> {
    match value {
        Value::Vector(elements) => elements
            .iter()
            .map(|(l, s)| format!("{l} {}", s.value))
            .collect(),
        other => panic!("{other:?} is no vector"),
    }
}

#[test]
fn nested_expressions_fit_a_small_stack_or_are_refused() {
    let deep = |open: &str, close: &str, times: usize| {
        format!("{}up{}", open.repeat(times), close.repeat(times))
    };
    let mut texts = Vec::new();
    for times in [100, 199, 300, 1_900, 50_000] {
        texts.push(deep("(", ")", times));
        texts.push(deep("sum(", ")", times));
        texts.push(deep("-", "", times));
        texts.push(deep("1 + ", "", times));
        texts.push(deep("", " + 1", times));
        texts.push(deep("2 ^ ", "", times));
        texts.push(deep("max_over_time((", ")[1m:1m])", times));
        texts.push(deep("sum(1 + -", " * 2)", times));
    }
    let small_stack = std::thread::Builder::new().stack_size(2 << 20);
    let thread =
        small_stack.spawn(move || texts.iter().for_each(|text| evaluate_everywhere(text, &[])));
    thread.unwrap().join().unwrap();
}

#[test]
fn what_would_take_too_much_is_refused() {
    let series = vec![Series {
        labels: Labels::new([("__name__", "up")]).unwrap(),
        samples: (0..1_000)
            .map(|i| Sample {
                time_ms: NOW + i * 1_000,
                value: 1.0,
            })
            .collect(),
    }];
    let limits = Limits {
        max_samples: 1_000,
        max_visited: 12_000,
    };
    let cases = [
        ("up", 1_000, true),
        ("up", 100, false),
        ("rate(up[10s])", 1_000, true),
        ("rate(up[10m])", 1_000, false),
        ("1", 100, false),
        ("max_over_time(up[30d:1s])", 1_000_000, false),
    ];
    for (text, step_ms, fits) in cases {
        let expr = Expr::parse(text).unwrap();
        let range = (NOW, NOW + 900_000, step_ms);
        let result = evaluate_range_within(&expr, &series, range, limits);
        assert_eq!(result.is_ok(), fits, "{text} {step_ms}: {result:?}");
    }
}
