//! Who silenced what, from when until when?

use alertmanager_config::{Matcher, MatcherError, matcher::MatchOp};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use series::Labels;

/// While it lasts, alerts that all matchers accept are told to nobody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// Its name: a UUID.
    pub id: String,
    /// All must accept an alert.
    #[serde(with = "matcher_list")]
    pub matchers: Vec<Matcher>,
    /// The first instant.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
}

/// How far a silence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SilenceState {
    /// It begins later.
    Pending,
    /// It silences.
    Active,
    /// It is over.
    Expired,
}

impl Silence {
    /// How far it is at a time.
    #[must_use]
    pub fn state(&self, at: Timestamp) -> SilenceState {
        if at < self.starts_at {
            SilenceState::Pending
        } else if at < self.ends_at {
            SilenceState::Active
        } else {
            SilenceState::Expired
        }
    }

    /// Whether it is about alerts of these labels.
    #[must_use]
    pub fn accepts(&self, labels: &Labels) -> bool {
        self.matchers
            .iter()
            .all(|matcher| matcher.accepts_labels(labels))
    }
}

/// A matcher as Alertmanager's API has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiMatcher {
    /// The label's name.
    pub name: String,
    /// The text, or the regular expression.
    pub value: String,
    /// Whether it is an expression.
    pub is_regex: bool,
    /// Whether the label must match, or must not.
    #[serde(default = "yes")]
    pub is_equal: bool,
}

const fn yes() -> bool {
    true
}

impl From<&Matcher> for ApiMatcher {
    fn from(matcher: &Matcher) -> Self {
        let op = matcher.op();
        Self {
            name: matcher.name().to_owned(),
            value: matcher.value().to_owned(),
            is_regex: matches!(op, MatchOp::Matches | MatchOp::NotMatches),
            is_equal: matches!(op, MatchOp::Equal | MatchOp::Matches),
        }
    }
}

impl TryFrom<&ApiMatcher> for Matcher {
    type Error = MatcherError;

    fn try_from(matcher: &ApiMatcher) -> Result<Self, MatcherError> {
        let op = match (matcher.is_equal, matcher.is_regex) {
            (true, false) => MatchOp::Equal,
            (false, false) => MatchOp::NotEqual,
            (true, true) => MatchOp::Matches,
            (false, true) => MatchOp::NotMatches,
        };
        Self::new(&matcher.name, op, &matcher.value)
    }
}

mod matcher_list {
    use alertmanager_config::Matcher;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::ApiMatcher;

    pub(super) fn serialize<S: Serializer>(
        matchers: &[Matcher],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let all: Vec<ApiMatcher> = matchers.iter().map(ApiMatcher::from).collect();
        all.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Matcher>, D::Error> {
        let all = Vec::<ApiMatcher>::deserialize(deserializer)?;
        let all = all.iter().map(Matcher::try_from);
        all.collect::<Result<_, _>>().map_err(D::Error::custom)
    }
}
