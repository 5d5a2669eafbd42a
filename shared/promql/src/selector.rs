use series::{METRIC_NAME, MatchOp, Matcher};

use crate::At;

/// How long a sample speaks for its series, in milliseconds (Prometheus' default).
pub const LOOKBACK_MS: i64 = 5 * 60_000;

/// Which series and which of their samples an expression looks at.
#[derive(Debug, Clone)]
pub struct Selector {
    /// All must hold.
    pub matchers: Vec<Matcher>,
    /// How far back it looks; negative: ahead.
    pub offset_ms: i64,
    /// Width of a range selector, 0 for an instant selector.
    pub range_ms: i64,
    /// The `@` modifier.
    pub at: Option<At>,
    /// Byte offset in the expression's text.
    pub position: usize,
    /// Subqueries around it, outermost first.
    pub(crate) windows: Vec<Window>,
}

/// What a subquery adds to the times its inner selectors look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub range_ms: i64,
    pub offset_ms: i64,
    pub at: Option<At>,
}

impl Selector {
    /// First and last time (both included) of the samples that an evaluation from `start_ms` to
    /// `end_ms` may look at.
    #[must_use]
    pub fn time_range(&self, start_ms: i64, end_ms: i64) -> (i64, i64) {
        let own = Window {
            range_ms: if self.range_ms == 0 {
                LOOKBACK_MS
            } else {
                self.range_ms
            },
            offset_ms: self.offset_ms,
            at: self.at,
        };
        let query = (start_ms, end_ms);
        let all = self.windows.iter().chain([&own]);
        all.fold(query, |(from, to), window| {
            let (from, to) = match window.at {
                None => (from, to),
                Some(at) => {
                    let time_ms = at.resolve(query);
                    (time_ms, time_ms)
                }
            };
            (
                from.saturating_sub(window.offset_ms)
                    .saturating_sub(window.range_ms),
                to.saturating_sub(window.offset_ms),
            )
        })
    }

    /// Whether a label set, given by look-up, satisfies all matchers.
    pub(crate) fn accepts<'a>(&self, value: impl Fn(&str) -> &'a str) -> bool {
        self.matchers.iter().all(|m| m.accepts(value(&m.name)))
    }

    /// The one metric name that it can match.
    #[must_use]
    pub fn metric_name(&self) -> Option<&str> {
        self.matchers
            .iter()
            .find(|m| m.name == METRIC_NAME && m.op == MatchOp::Equal)
            .map(|m| m.value.as_str())
    }
}

impl At {
    /// In milliseconds, for a query over `(start, end)`.
    pub(crate) fn resolve(self, query: (i64, i64)) -> i64 {
        match self {
            Self::Start => query.0,
            Self::End => query.1,
            Self::Time(time_ms) => time_ms,
        }
    }
}
