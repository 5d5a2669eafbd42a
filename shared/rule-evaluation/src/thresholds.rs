//! Which of a tenant's rules can a sender see crossed by itself? Then it need not wait with its samples.

use promql::{Selector, Threshold};
use serde::Serialize;
use series::{METRIC_NAME, MatchOp, Matcher};

use crate::RuleSet;

/// The most thresholds that are listed; the agent looks at no more.
pub const MAX_THRESHOLDS: usize = 500;
/// The most text in them, so that the list stays well below what the agent reads (512 KB) even where
/// JSON has to escape every character of it.
const MAX_TEXT_BYTES: usize = 64 * 1024;
/// What JSON puts around a name and a value, counted as text.
const AROUND_BYTES: usize = 40;

/// Simple thresholds of a tenant's rules, each once.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Thresholds {
    /// In the order of the rules.
    pub thresholds: Vec<ThresholdJson>,
    /// How many more there are, which no sender is told of.
    pub left_out: usize,
}

/// `metric{matchers} op value`, or `metric{matchers} / metric{matchers} op value`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ThresholdJson {
    /// Which series.
    #[serde(flatten)]
    pub series: SelectorJson,
    /// The series of the same labels but the metric's name that its value is divided by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub divided_by: Option<SelectorJson>,
    /// `>`, `>=`, `<`, `<=`, `==` or `!=`.
    pub op: &'static str,
    /// Finite.
    pub value: f64,
}

/// Series of one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SelectorJson {
    /// The metric's name.
    pub metric: String,
    /// All must hold.
    pub matchers: Vec<MatcherJson>,
}

/// A condition on one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MatcherJson {
    /// The label's name.
    pub name: String,
    /// `=`, `!=`, `=~` or `!~`.
    pub op: &'static str,
    /// Text, or a regular expression in the syntax of the crate `regex`.
    pub value: String,
}

impl RuleSet {
    /// The rules that are simple thresholds ([`promql::Expr::threshold`]), whatever their `for`: samples that
    /// come at once bring its beginning forward.
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        let mut found = Thresholds::default();
        let mut text_bytes = 0;
        let expressions = self.all().filter_map(|rule| rule.expression());
        for threshold in expressions.filter_map(|expression| expression.threshold()) {
            let one = ThresholdJson::of(&threshold);
            if found.thresholds.contains(&one) {
                continue;
            }
            let bytes = one.text_bytes();
            let is_full = found.thresholds.len() == MAX_THRESHOLDS;
            if is_full || text_bytes + bytes > MAX_TEXT_BYTES {
                found.left_out += 1;
            } else {
                text_bytes += bytes;
                found.thresholds.push(one);
            }
        }
        found
    }
}

impl ThresholdJson {
    fn of(threshold: &Threshold<'_>) -> Self {
        Self {
            series: SelectorJson::of(threshold.selector),
            divided_by: threshold.divisor.map(SelectorJson::of),
            op: threshold.comparison.sign(),
            value: threshold.value,
        }
    }

    fn text_bytes(&self) -> usize {
        let selectors = [Some(&self.series), self.divided_by.as_ref()];
        let bytes = selectors
            .into_iter()
            .flatten()
            .map(SelectorJson::text_bytes);
        bytes.sum()
    }
}

impl SelectorJson {
    fn of(selector: &Selector) -> Self {
        // The name is fixed by one of possibly several conditions on it, which all stay.
        let metric = selector.metric_name().unwrap_or_default();
        let names_it = |one: &&Matcher| {
            one.name == METRIC_NAME && one.op == MatchOp::Equal && one.value == metric
        };
        let others = selector.matchers.iter().filter(|one| !names_it(one));
        Self {
            metric: metric.to_owned(),
            matchers: others.map(MatcherJson::of).collect(),
        }
    }

    fn text_bytes(&self) -> usize {
        let of_matcher = |one: &MatcherJson| AROUND_BYTES + one.name.len() + one.value.len();
        let matchers: usize = self.matchers.iter().map(of_matcher).sum();
        AROUND_BYTES + self.metric.len() + matchers
    }
}

impl MatcherJson {
    fn of(matcher: &Matcher) -> Self {
        Self {
            name: matcher.name.clone(),
            op: match matcher.op {
                MatchOp::Equal => "=",
                MatchOp::NotEqual => "!=",
                MatchOp::Matches => "=~",
                MatchOp::NotMatches => "!~",
            },
            value: matcher.value.clone(),
        }
    }
}
