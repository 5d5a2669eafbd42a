//! What does this webhook, CloudWatch alarm or event say of alerts? Pure.
//!
//! | input | [`Said`] |
//! |---|---|
//! | Alertmanager's webhook, version 4 ([`alertmanager_webhook`]) | each alert as it is there |
//! | CloudWatch's alarm notification ([`cloudwatch_alarm`]) | one alert, by account, region and name |
//! | any JSON, by a mapping ([`Mapping::read`]) | one alert, by the labels that the mapping takes from it |
//!
//! The key of an alert is its label set, and so nothing that changes while it is the same (a value, a time, a reason) becomes
//! a label: that goes into annotations.

mod alertmanager;
mod cloudwatch;
mod mapping;

pub use alert_routing::Said;
pub use alertmanager::alertmanager_webhook;
pub use cloudwatch::{Alarm, cloudwatch_alarm};
pub use mapping::{Mapping, Template};

/// Why an input says nothing; the text says what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is no JSON of the expected shape.
    #[error("not the JSON that is expected here: {0}")]
    Json(String),
    /// It is of a version that nobody here reads.
    #[error(
        "version {0:?} of Alertmanager's webhook is not read; Alertmanager since 0.6 sends \"4\""
    )]
    Version(String),
    /// Something that is needed is not there.
    #[error("{0} is missing")]
    Missing(String),
    /// Something has a value that nobody here knows.
    #[error("{what} is {value:?}; {expected}")]
    Unknown {
        /// Which field.
        what: String,
        /// What it says.
        value: String,
        /// What it may say.
        expected: String,
    },
}

/// Labels of pairs of which later ones win and empty ones are left out.
fn labels(pairs: impl IntoIterator<Item = (String, String)>) -> series::Labels {
    let unique: std::collections::BTreeMap<String, String> = pairs.into_iter().collect();
    series::Labels::from(unique)
}
