//! Which alerts somebody wants to see.

use alertmanager_config::matcher::{all_accept, parse_matcher};
use alertmanager_config::{Matcher, MatcherError, NameSyntax};
use http_access::{HttpError, Parameters};
use prometheus_notation::go_regex::{self, Refused};
use regex::Regex;
use series::Labels;

use super::view::Suppressed;

/// The query string of `alerts` and `alerts/groups`.
pub struct Filter {
    active: bool,
    silenced: bool,
    inhibited: bool,
    matchers: Vec<Matcher>,
    receiver: Option<Regex>,
}

impl Filter {
    pub fn of(query: &Parameters) -> Result<Self, HttpError> {
        let receiver = last(query, "receiver").filter(|text| !text.is_empty());
        let receiver = receiver.map(|text| {
            go_regex::anchored(text).map_err(|refused| {
                let reason = expression_error(refused);
                HttpError::bad_request(format!("failed to parse receiver param: {reason}"))
            })
        });
        Ok(Self {
            active: flag(query, "active"),
            silenced: flag(query, "silenced"),
            inhibited: flag(query, "inhibited"),
            matchers: matchers(query)?,
            receiver: receiver.transpose()?,
        })
    }

    /// Whether alerts for this receiver are wanted.
    pub fn wants_receiver(&self, name: &str) -> bool {
        self.receiver.as_ref().is_none_or(|one| one.is_match(name))
    }

    /// Whether this alert is wanted.
    pub fn wants(&self, labels: &Labels, suppressed: &Suppressed) -> bool {
        (self.active || suppressed.is_any())
            && (self.silenced || suppressed.silenced_by.is_empty())
            && (self.inhibited || suppressed.inhibited_by.is_none())
            && all_accept(&self.matchers, labels)
    }
}

/// Each `filter`.
pub fn matchers(query: &Parameters) -> Result<Vec<Matcher>, HttpError> {
    let parsed = query
        .all("filter")
        .map(|text| parse_matcher(text, NameSyntax::Classic).map_err(matcher_error));
    parsed.collect()
}

fn matcher_error(error: MatcherError) -> HttpError {
    HttpError::bad_request(match error {
        MatcherError::Format(text) => format!("bad matcher format: {text}"),
        MatcherError::Quote(text) => {
            format!("matcher value contains unescaped double quote: {text}")
        }
        MatcherError::Regex(reason) => format!("error parsing regexp: {reason}"),
        other => other.to_string(),
    })
}

fn expression_error(refused: Refused) -> String {
    match refused {
        Refused::Invalid(reason) => format!("error parsing regexp: {reason}"),
        Refused::Unsupported(what) => format!("error parsing regexp: {what} is not supported"),
    }
}

/// As its library reads a flag: what it does not know is no; nothing is yes.
fn flag(query: &Parameters, name: &str) -> bool {
    const YES: [&str; 10] = [
        "true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled",
    ];
    last(query, name)
        .is_none_or(|text| text.is_empty() || YES.iter().any(|yes| text.eq_ignore_ascii_case(yes)))
}

fn last<'q>(query: &'q Parameters, name: &'q str) -> Option<&'q str> {
    query.all(name).last()
}
