use intake::{PointIssue, Why};

/// Why a value is rejected while the rest of its body is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// An element that is no value list; it counts as one value.
    InvalidValueList,
    /// NaN: collectd had nothing to report.
    NoValue,
    /// As in every protocol.
    Point(PointIssue),
}

impl Reason {
    /// Whether a sender has something to repair. A plugin that can't read its source reports NaN by design.
    #[must_use]
    pub fn is_error(self) -> bool {
        self != Self::NoValue
    }
}

impl Why for Reason {
    const UNIT: &'static str = "values";

    fn code(self) -> &'static str {
        match self {
            Self::InvalidValueList => "invalid_value_list",
            Self::NoValue => "no_value",
            Self::Point(issue) => issue.code(),
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::InvalidValueList => {
                "send value lists: set Format \"JSON\" and Notifications false in write_http"
            }
            Self::NoValue => "the plugin could not read its source: see collectd's own log",
            Self::Point(issue) => issue.advice(),
        }
    }
}

impl From<PointIssue> for Reason {
    fn from(issue: PointIssue) -> Self {
        Self::Point(issue)
    }
}
