//! What does the service's list of thresholds say? As much of it as this version understands and has room for.

use regex::RegexBuilder;
use serde::Deserialize;
use series::{MatchOp, Matcher};

use crate::thresholds::{Comparison, Pattern, Threshold};

/// More than any tenant's simple rules; what is beyond it is the service's to judge, as without an agent.
const MOST_THRESHOLDS: usize = 500;

/// Rules are no way to exhaust every host's memory: so much may one regular expression take once compiled,
/// and of so many the agent knows (each takes some 40 KB in use).
const MOST_REGEX_BYTES: usize = 32 * 1024;
const MOST_REGEXES: usize = 100;

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
    /// "matchers"}, "op", "value"}]}`, and gives them in the order of their metrics. An entry that this
    /// version does not understand, or has no room for, is left to the service; nothing when the whole is
    /// not such an answer.
    #[must_use]
    pub fn list(json: &[u8]) -> Option<Vec<Self>> {
        let answer: WireAnswer = serde_json::from_slice(json).ok()?;
        let mut regexes = 0;
        let understood = answer.thresholds.into_iter().filter_map(|entry| {
            let one = Self::of_wire(serde_json::from_value(entry).ok()?)?;
            let more = one.regexes();
            let has_room = regexes + more <= MOST_REGEXES;
            has_room.then(|| {
                regexes += more;
                one
            })
        });
        let mut list: Vec<Self> = understood.take(MOST_THRESHOLDS).collect();
        list.sort_by(|a, b| a.series.metric.cmp(&b.series.metric));
        Some(list)
    }

    fn regexes(&self) -> usize {
        let patterns = [Some(&self.series), self.divisor.as_ref()];
        let matchers = patterns.into_iter().flatten().flat_map(|one| &one.matchers);
        matchers.filter(|one| is_regex(one.op)).count()
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
}

impl Pattern {
    fn of_wire(wire: &WirePattern) -> Option<Self> {
        let matchers = wire.matchers.iter().map(matcher);
        Some(Self {
            metric: wire.metric.clone(),
            matchers: matchers.collect::<Option<_>>()?,
        })
    }
}

fn is_regex(op: MatchOp) -> bool {
    matches!(op, MatchOp::Matches | MatchOp::NotMatches)
}

fn matcher(wire: &WireMatcher) -> Option<Matcher> {
    let op = match wire.op.as_str() {
        "=" => MatchOp::Equal,
        "!=" => MatchOp::NotEqual,
        "=~" => MatchOp::Matches,
        "!~" => MatchOp::NotMatches,
        _ => return None,
    };
    if is_regex(op) {
        let mut small = RegexBuilder::new(&wire.value);
        small.size_limit(MOST_REGEX_BYTES).build().ok()?;
    }
    Matcher::new(&wire.name, op, &wire.value).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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

    #[test]
    fn beyond_a_hundred_regular_expressions_the_others_still_count() {
        let matchers = r#""matchers":[{"name":"a","op":"=~","value":"x.*"}],"#;
        let one = |n: usize| {
            let matchers = if n.is_multiple_of(2) { matchers } else { "" };
            format!(r#"{{"metric":"m",{matchers}"op":">","value":{n}}}"#)
        };
        let all: Vec<String> = (0..400).map(one).collect();
        let json = format!(r#"{{"thresholds":[{}]}}"#, all.join(","));
        assert_eq!(Threshold::list(json.as_bytes()).unwrap().len(), 100 + 200);
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(json in ".{0,200}") {
            let _ = Threshold::list(json.as_bytes());
        }
    }
}
