use regex::Regex;

use crate::Labels;

/// How a matcher compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`, anchored at both ends
    Matches,
    /// `!~`, anchored at both ends
    NotMatches,
}

/// A condition on one label. An absent label equals the empty string, as in Prometheus.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// The label's name.
    pub name: String,
    /// How `value` is compared.
    pub op: MatchOp,
    /// Text or regular expression.
    pub value: String,
    regex: Option<Regex>,
}

impl Matcher {
    /// Compiles the expression where `op` needs one.
    pub fn new(name: &str, op: MatchOp, value: &str) -> Result<Self, regex::Error> {
        let regex = match op {
            MatchOp::Matches | MatchOp::NotMatches => Some(Regex::new(&format!("^(?s:{value})$"))?),
            MatchOp::Equal | MatchOp::NotEqual => None,
        };
        Ok(Self {
            name: name.to_owned(),
            op,
            value: value.to_owned(),
            regex,
        })
    }

    /// Whether a label of this value satisfies the condition.
    #[must_use]
    pub fn accepts(&self, value: &str) -> bool {
        let matched = |regex: &Option<Regex>| regex.as_ref().is_some_and(|r| r.is_match(value));
        match self.op {
            MatchOp::Equal => value == self.value,
            MatchOp::NotEqual => value != self.value,
            MatchOp::Matches => matched(&self.regex),
            MatchOp::NotMatches => !matched(&self.regex),
        }
    }

    /// Whether the label set satisfies the condition.
    #[must_use]
    pub fn accepts_labels(&self, labels: &Labels) -> bool {
        self.accepts(labels.value(&self.name))
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.op, &self.value) == (&other.name, other.op, &other.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_label_equals_the_empty_string() {
        let none = Labels::default();
        let accepts = |op, value| Matcher::new("a", op, value).unwrap().accepts_labels(&none);
        assert!(accepts(MatchOp::Equal, ""));
        assert!(accepts(MatchOp::NotEqual, "x"));
        assert!(accepts(MatchOp::Matches, "x?"));
        assert!(accepts(MatchOp::NotMatches, "x+"));
    }

    #[test]
    fn regular_expressions_are_anchored() {
        let matcher = Matcher::new("a", MatchOp::Matches, "b|c").unwrap();
        assert!(matcher.accepts("b") && matcher.accepts("c"));
        assert!(!matcher.accepts("bc") && !matcher.accepts("ab"));
    }
}
