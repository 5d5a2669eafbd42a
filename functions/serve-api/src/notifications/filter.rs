//! Which notifications somebody wants to see. Pure.

use http_access::{HttpError, Parameters};
use state_table::notifications::{Notification, Status};

const STATES: [&str; 6] = [
    "pending",
    "delivering",
    "delivered",
    "retrying",
    "failed",
    "not_sent",
];
const MOST_LABELS: usize = 20;

/// Everything that a notification must have.
#[derive(Debug, Default)]
pub(super) struct Filter {
    receiver: Option<String>,
    status: Option<String>,
    labels: Vec<(String, String)>,
}

impl Filter {
    pub(super) fn of(query: &Parameters) -> Result<Self, HttpError> {
        let status = query.text("status").map(str::to_owned);
        if status
            .as_ref()
            .is_some_and(|status| !STATES.contains(&status.as_str()))
        {
            let states = STATES.join(", ");
            return Err(HttpError::bad_request(format!(
                "status must be one of {states}"
            )));
        }
        let labels: Option<Vec<_>> = query.all("label").map(pair).collect();
        let labels = labels.filter(|labels| labels.len() <= MOST_LABELS).ok_or_else(|| {
            HttpError::bad_request(format!(
                "label must be name=value, such as severity=critical; {MOST_LABELS} of them at most"
            ))
        })?;
        Ok(Self {
            receiver: query.text("receiver").map(str::to_owned),
            status,
            labels,
        })
    }

    /// The labels have to be those of one alert.
    pub(super) fn fits(&self, notification: &Notification) -> bool {
        let receiver = notification.receiver.as_ref();
        let is_to = |wanted: &String| receiver.is_some_and(|receiver| receiver.name == *wanted);
        self.receiver.as_ref().is_none_or(is_to)
            && self
                .status
                .as_deref()
                .is_none_or(|wanted| state(&notification.status) == wanted)
            && (self.labels.is_empty()
                || notification.alerts.iter().any(|alert| {
                    let mut labels = self.labels.iter();
                    labels.all(|(name, value)| alert.alert.labels.value(name) == value)
                }))
    }
}

fn pair(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    (!name.is_empty()).then(|| (name.to_owned(), value.to_owned()))
}

const fn state(status: &Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::Delivering { .. } => "delivering",
        Status::Delivered { .. } => "delivered",
        Status::Retrying { .. } => "retrying",
        Status::Failed { .. } => "failed",
        Status::NotSent => "not_sent",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn notification(receiver: &str, status: serde_json::Value) -> Notification {
        let alert = |instance: &str, severity: &str| {
            json!({"status": "firing", "alert": {
                "labels": {"alertname": "A", "instance": instance, "severity": severity},
                "starts_at": "2024-01-01T00:00:00Z", "ends_at": "2024-01-01T01:00:00Z",
                "updated_at": "2024-01-01T00:00:00Z",
            }})
        };
        serde_json::from_value(json!({
            "id": "n-1", "tenant": "demo", "language": "en", "reason": "first_notification",
            "receiver": {"name": receiver, "integration": "x", "kind": "mail", "place": ""},
            "group_labels": {}, "alerts": [alert("a", "low"), alert("b", "high")],
            "caused_at": "2024-01-01T00:00:00Z", "decided_at": "2024-01-01T00:00:00Z",
            "created_at": "2024-01-01T00:00:00Z", "status": status, "revision": 1,
        }))
        .unwrap()
    }

    #[test]
    fn what_is_asked_for_has_to_fit_altogether_and_the_labels_one_alert() {
        let failed = json!({"state": "failed", "at": "2024-01-01T00:00:00Z", "reason": "x"});
        let notification = notification("ops", failed);
        for (query, fits) in [
            ("", true),
            ("receiver=ops", true),
            ("receiver=op", false),
            ("status=failed", true),
            ("status=pending", false),
            ("label=severity%3Dhigh", true),
            ("label=severity%3Dhigh&label=instance%3Db", true),
            ("label=severity%3Dhigh&label=instance%3Da", false),
            ("label=nothing%3D", true),
            ("receiver=ops&status=failed&label=alertname%3DA", true),
            ("receiver=ops&status=not_sent&label=alertname%3DA", false),
        ] {
            let filter = Filter::of(&Parameters::parse(query.as_bytes())).unwrap();
            assert_eq!(filter.fits(&notification), fits, "{query}");
        }
        for refused in ["status=sent", "label=severity", "label=%3Dx"] {
            assert!(
                Filter::of(&Parameters::parse(refused.as_bytes())).is_err(),
                "{refused}"
            );
        }
    }
}
