//! Notifications as Alertmanager's webhook carries them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use notification_content::{Alert, AlertStatus, Notice, NotifiedAlert, NotifyReason};
use serde_json::Value;
use series::Labels;

pub struct Given {
    receiver: String,
    public_url: String,
    group_labels: Labels,
    alerts: Vec<NotifiedAlert>,
}

pub fn read(file: &str) -> Given {
    let text = match file {
        "three.json" => include_str!("../three.json"),
        _ => include_str!("../ended.json"),
    };
    let data: Value = serde_json::from_str(text).unwrap();
    let text = |name: &str| data[name].as_str().unwrap().to_owned();
    let alerts = data["alerts"].as_array().unwrap().iter();
    Given {
        receiver: text("receiver"),
        public_url: text("externalURL"),
        group_labels: labels(&data["groupLabels"]),
        alerts: alerts.map(alert).collect(),
    }
}

fn labels(value: &Value) -> Labels {
    Labels::new(pairs(value)).unwrap()
}

fn pairs(value: &Value) -> BTreeMap<String, String> {
    serde_json::from_value(value.clone()).unwrap()
}

fn alert(value: &Value) -> NotifiedAlert {
    let time = |name: &str| value[name].as_str().unwrap().parse::<Timestamp>().unwrap();
    let status = match value["status"].as_str() {
        Some("firing") => AlertStatus::Firing,
        _ => AlertStatus::Resolved,
    };
    let alert = Alert {
        labels: labels(&value["labels"]),
        annotations: pairs(&value["annotations"]),
        starts_at: time("startsAt"),
        ends_at: time("endsAt"),
        ends_by_timeout: false,
        updated_at: time("startsAt"),
        generator_url: value["generatorURL"].as_str().unwrap().to_owned(),
        value: String::new(),
    };
    NotifiedAlert::bounded(status, alert)
}

impl Given {
    pub fn notice(&self) -> Notice<'_> {
        Notice {
            id: "n-1",
            receiver: &self.receiver,
            reason: NotifyReason::FirstNotification,
            group_key: "{}:{}",
            group_labels: &self.group_labels,
            alerts: &self.alerts,
            public_url: &self.public_url,
        }
    }
}
