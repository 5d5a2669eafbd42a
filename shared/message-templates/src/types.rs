//! What values a template meets. Source: Alertmanager's "Notification template reference".

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// Everything that is told.
    Data,
    Alerts,
    Alert,
    /// Labels or annotations.
    Pairs,
    /// The same in order, as `SortedPairs` gives them.
    Sorted,
    Pair,
    Text,
    /// HTML that is not to be escaped.
    Html,
    Texts,
    Integer,
    Bool,
    Time,
    /// `and` and `or` of different kinds: only good as a condition.
    Mixed,
}

/// What a field of a value is.
pub(crate) enum Member {
    /// Stored under its name.
    Stored(Type),
    /// Computed by a function of the value.
    Computed(&'static str, Type),
    /// Computed by a function of the value and arguments of these types.
    Method(&'static str, &'static [Type], Type),
}

use Member::{Computed, Method, Stored};

impl Type {
    /// As it is called in problems.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Data => "the whole notification",
            Self::Alerts => "a list of alerts",
            Self::Alert => "an alert",
            Self::Pairs => "a set of labels or annotations",
            Self::Sorted => "a list of pairs",
            Self::Pair => "a pair",
            Self::Text => "a text",
            Self::Html => "a text of HTML",
            Self::Texts => "a list of texts",
            Self::Integer => "a number",
            Self::Bool => "a truth value",
            Self::Time => "a time",
            Self::Mixed => "values of different kinds",
        }
    }

    /// The field or method of this name. A label may have any name.
    pub fn member(self, name: &str) -> Option<Member> {
        Some(match (self, name) {
            (Self::Data, "Receiver" | "Status" | "ExternalURL")
            | (Self::Alert, "Status" | "GeneratorURL" | "Fingerprint")
            | (Self::Pair, "Name" | "Value") => Stored(Self::Text),
            (Self::Data, "Alerts") => Stored(Self::Alerts),
            (Self::Data, "GroupLabels" | "CommonLabels" | "CommonAnnotations")
            | (Self::Alert, "Labels" | "Annotations") => Stored(Self::Pairs),
            (Self::Alert, "StartsAt" | "EndsAt") => Stored(Self::Time),
            (Self::Alerts, "Firing") => Computed("firing", Self::Alerts),
            (Self::Alerts, "Resolved") => Computed("resolved", Self::Alerts),
            (Self::Pairs, "SortedPairs") => Computed("sorted_pairs", Self::Sorted),
            (Self::Pairs, "Names") => Computed("names", Self::Texts),
            (Self::Pairs, "Values") => Computed("values", Self::Texts),
            (Self::Pairs, "Remove") => Method("without", &[Self::Texts], Self::Pairs),
            (Self::Pairs, _) => Stored(Self::Text),
            (Self::Sorted, "Names") => Computed("sorted_names", Self::Texts),
            (Self::Sorted, "Values") => Computed("sorted_values", Self::Texts),
            (Self::Time, "Format") => Method("time_format", &[Self::Text], Self::Text),
            (Self::Time, "Unix") => Computed("time_unix", Self::Integer),
            (Self::Time, "UTC") => Computed("time_utc", Self::Time),
            _ => return None,
        })
    }

    /// Whether it can be empty, which is what a condition asks.
    pub const fn can_be_asked(self) -> bool {
        !matches!(self, Self::Data | Self::Alert | Self::Pair | Self::Time)
    }

    /// The type of what stands in it.
    pub const fn element(self) -> Option<Self> {
        match self {
            Self::Alerts => Some(Self::Alert),
            Self::Sorted => Some(Self::Pair),
            Self::Pairs | Self::Texts => Some(Self::Text),
            _ => None,
        }
    }
}
