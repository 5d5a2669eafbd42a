use intake::{PointIssue, Why};

/// Why a value is rejected while the rest of its body is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A line that does not follow the grammar; it counts as one value.
    InvalidLine,
    /// A field that holds text.
    NotANumber,
    /// As in every protocol.
    Point(PointIssue),
}

impl Reason {
    /// Whether a sender has something to repair. Telegraf sends text at each flush (`system` has `uptime_format`),
    /// InfluxDB takes it, and a refusal would be an error in its log each time.
    #[must_use]
    pub fn is_error(self) -> bool {
        self != Self::NotANumber
    }
}

impl Why for Reason {
    const UNIT: &'static str = "values";

    fn code(self) -> &'static str {
        match self {
            Self::InvalidLine => "invalid_line",
            Self::NotANumber => "not_a_number",
            Self::Point(issue) => issue.code(),
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::InvalidLine => "send measurement,tag=value field=1 and a whole number as time",
            Self::NotANumber => {
                "only numbers and booleans are kept: drop text with fielddrop (fieldexclude in newer Telegrafs)"
            }
            Self::Point(issue) => issue.advice(),
        }
    }
}

impl From<PointIssue> for Reason {
    fn from(issue: PointIssue) -> Self {
        Self::Point(issue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_remote_write_has_too_has_the_same_word() {
        let theirs = remote_write::Reason::ALL.map(|reason| reason.code());
        for issue in PointIssue::ALL {
            assert!(theirs.contains(&Reason::from(issue).code()), "{issue:?}");
        }
    }
}
