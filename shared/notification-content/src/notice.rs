use std::collections::BTreeMap;

use alert_routing::{Alert, Muted, NotifyReason};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use series::Labels;

use crate::webhook::alertmanager_fingerprint;

/// The most characters of one annotation that travel.
pub const MAX_ANNOTATION_CHARS: usize = 4096;
/// The most annotations of one alert that travel.
pub const MAX_ANNOTATIONS: usize = 32;
/// The most bytes of one alert's annotations that travel.
pub const MAX_ANNOTATIONS_BYTES: usize = 64 * 1024;
/// Name of the annotation that says how many others were left out.
pub const OMITTED_ANNOTATION: &str = "toban_omitted_annotations";

/// How Alertmanager writes that an alert has no end yet: Go's zero time.
const NO_END: &str = "0001-01-01T00:00:00Z";

/// Whether an alert holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertStatus {
    /// It holds.
    Firing,
    /// It does not hold any more.
    Resolved,
}

/// One alert as a notification carries it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotifiedAlert {
    /// Whether it holds.
    pub status: AlertStatus,
    /// The alert, its annotations within bounds.
    pub alert: Alert,
    /// What keeps it from its receiver; none where it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<Muted>,
}

impl NotifiedAlert {
    /// Cuts what is too long and says by how much; labels are identity and stay whole.
    #[must_use]
    pub fn bounded(status: AlertStatus, mut alert: Alert) -> Self {
        let all = std::mem::take(&mut alert.annotations);
        let count = all.len();
        let mut size_bytes = 0;
        for (name, mut text) in all {
            cut(&mut text, MAX_ANNOTATION_CHARS);
            size_bytes += name.len() + text.len();
            if alert.annotations.len() == MAX_ANNOTATIONS || size_bytes > MAX_ANNOTATIONS_BYTES {
                break;
            }
            alert.annotations.insert(name, text);
        }
        let omitted = count - alert.annotations.len();
        if omitted > 0 {
            alert
                .annotations
                .insert(OMITTED_ANNOTATION.to_owned(), omitted.to_string());
        }
        Self {
            status,
            alert,
            muted: None,
        }
    }

    /// The label `alertname`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.alert.labels.value("alertname")
    }

    /// When it ended, where it has.
    #[must_use]
    pub fn ended_at(&self) -> Option<Timestamp> {
        match self.status {
            AlertStatus::Firing => None,
            AlertStatus::Resolved => Some(self.alert.ends_at),
        }
    }

    /// The same as Alertmanager writes it.
    #[must_use]
    pub fn ended_at_text(&self) -> String {
        let ended_at = self.ended_at();
        ended_at.map_or_else(|| NO_END.to_owned(), |at| at.to_string())
    }

    /// As Prometheus and Alertmanager write it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("{:016x}", alertmanager_fingerprint(&self.alert.labels))
    }
}

/// Everything a receiver is told at once.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    /// The notification's id.
    pub id: &'a str,
    /// The receiver's name in the routing.
    pub receiver: &'a str,
    /// Why it is sent.
    pub reason: NotifyReason,
    /// Identifies the group for receivers, as Alertmanager writes it: route, then labels.
    pub group_key: &'a str,
    /// The labels by which the alerts belong together.
    pub group_labels: &'a Labels,
    /// At least one alert.
    pub alerts: &'a [NotifiedAlert],
    /// Where people look further, without a slash at the end.
    pub public_url: &'a str,
}

impl Notice<'_> {
    /// Firing as long as one alert is.
    #[must_use]
    pub fn status(&self) -> AlertStatus {
        if self
            .alerts
            .iter()
            .any(|alert| alert.status == AlertStatus::Firing)
        {
            AlertStatus::Firing
        } else {
            AlertStatus::Resolved
        }
    }

    /// The labels that all alerts share.
    #[must_use]
    pub fn common_labels(&self) -> BTreeMap<&str, &str> {
        common(self.alerts, |alert| alert.labels.iter())
    }

    /// The annotations that all alerts share.
    #[must_use]
    pub fn common_annotations(&self) -> BTreeMap<&str, &str> {
        common(self.alerts, |alert| {
            let annotations = alert.annotations.iter();
            annotations.map(|(name, text)| (name.as_str(), text.as_str()))
        })
    }

    /// Where an alert's sender shows it; where it does not say, people look here.
    #[must_use]
    pub fn generator_url(&self, notified: &NotifiedAlert) -> String {
        if notified.alert.generator_url.is_empty() {
            self.link()
        } else {
            notified.alert.generator_url.clone()
        }
    }

    pub(crate) fn link(&self) -> String {
        format!("{}/", self.public_url)
    }
}

/// The pairs that all alerts share.
fn common<'a, I: Iterator<Item = (&'a str, &'a str)>>(
    alerts: &'a [NotifiedAlert],
    pairs: impl Fn(&'a Alert) -> I,
) -> BTreeMap<&'a str, &'a str> {
    let mut alerts = alerts.iter().map(|notified| pairs(&notified.alert));
    let Some(first) = alerts.next() else {
        return BTreeMap::new();
    };
    let mut shared: BTreeMap<_, _> = first.collect();
    for alert in alerts {
        let of_this: BTreeMap<_, _> = alert.collect();
        shared.retain(|name, value| of_this.get(name) == Some(value));
    }
    shared
}

/// Keeps the first `max_chars` characters and says how many are missing.
pub(crate) fn cut(text: &mut String, max_chars: usize) {
    let Some((at, _)) = text.char_indices().nth(max_chars) else {
        return;
    };
    let missing = text[at..].chars().count();
    text.truncate(at);
    text.push_str(&format!("… (+{missing})"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_cut_says_how_much_is_missing() {
        let mut text = "日本語のテキスト".to_owned();
        cut(&mut text, 3);
        assert_eq!(text, "日本語… (+5)");
        let mut short = "abc".to_owned();
        cut(&mut short, 3);
        assert_eq!(short, "abc");
    }
}
