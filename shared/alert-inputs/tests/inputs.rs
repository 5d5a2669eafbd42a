//! What each input says, and what is refused.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

use alert_inputs::{Alarm, Mapping, Said, Unreadable, alertmanager_webhook, cloudwatch_alarm};
use jiff::Timestamp;
use serde_json::{Value, json};

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn label(said: &Said, name: &str) -> String {
    said.labels.value(name).to_owned()
}

/// A recording of Alertmanager 0.25.
fn recorded() -> Value {
    serde_json::from_str(include_str!(
        "../../notification-content/tests/data/alertmanager-0.25-webhook.json"
    ))
    .unwrap()
}

#[test]
fn a_recorded_webhook_of_alertmanager_says_what_it_says() {
    let recorded = recorded();
    let said = |name: &str| alertmanager_webhook(recorded[name].to_string().as_bytes()).unwrap();
    let (firing, resolved) = (said("firing"), said("resolved"));
    let theirs = &recorded["firing"]["alerts"][0];
    assert_eq!(
        serde_json::to_value(&firing[0].labels).unwrap(),
        theirs["labels"]
    );
    assert_eq!(
        serde_json::to_value(&firing[0].annotations).unwrap(),
        theirs["annotations"]
    );
    assert_eq!(
        firing[0].generator_url,
        theirs["generatorURL"].as_str().unwrap()
    );
    assert_eq!(firing[0].ends_at, None, "Go's zero time is no end");
    let ended = recorded["resolved"]["alerts"][0]["endsAt"]
        .as_str()
        .unwrap();
    assert_eq!(resolved[0].ends_at, Some(ended.parse().unwrap()));
    assert_eq!(resolved[0].labels, firing[0].labels);
}

#[test]
fn what_is_no_webhook_of_version_4_is_refused_and_says_why() {
    let mut other = recorded()["firing"].clone();
    other["version"] = json!("5");
    assert_eq!(
        alertmanager_webhook(other.to_string().as_bytes()),
        Err(Unreadable::Version("5".to_owned()))
    );
    let mut odd = recorded()["firing"].clone();
    odd["alerts"][0]["status"] = json!("suppressed");
    assert!(matches!(
        alertmanager_webhook(odd.to_string().as_bytes()),
        Err(Unreadable::Unknown { .. })
    ));
    for body in [
        "",
        "[]",
        "{}",
        "{\"version\":\"4\"}",
        "{\"version\":\"4\",\"alerts\":[{}]}",
    ] {
        assert!(
            matches!(
                alertmanager_webhook(body.as_bytes()),
                Err(Unreadable::Json(_))
            ),
            "{body}"
        );
    }
}

fn alarm(state: &str) -> Value {
    json!({
        "AlarmName": "web CPU", "AlarmDescription": "CPU of the web tier", "AWSAccountId": "123456789012",
        "NewStateValue": state, "OldStateValue": "OK",
        "NewStateReason": "Threshold Crossed: 1 datapoint [99.0 (20/11/26 09:00:00)] was greater than 80.0.",
        "StateChangeTime": "2026-11-20T09:00:01.250+0000", "Region": "US East (N. Virginia)",
        "AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:web CPU",
        "Trigger": {
            "MetricName": "CPUUtilization", "Namespace": "AWS/EC2", "Statistic": "AVERAGE",
            "Dimensions": [{ "value": "i-0abc", "name": "InstanceId" }],
        },
    })
}

fn changed(message: &Value) -> Said {
    match cloudwatch_alarm(&message.to_string()).unwrap() {
        Alarm::Changed(said) => *said,
        Alarm::InsufficientData => panic!("it says something"),
    }
}

#[test]
fn an_alarm_and_its_end_are_the_same_alert() {
    let (fires, ended) = (changed(&alarm("ALARM")), changed(&alarm("OK")));
    assert_eq!(fires.labels, ended.labels);
    for (name, value) in [
        ("alertname", "web CPU"),
        ("aws_account", "123456789012"),
        ("aws_region", "us-east-1"),
        ("namespace", "AWS/EC2"),
        ("metric_name", "CPUUtilization"),
        ("dimension_InstanceId", "i-0abc"),
    ] {
        assert_eq!(label(&fires, name), value);
    }
    let at: Timestamp = "2026-11-20T09:00:01.25Z".parse().unwrap();
    assert_eq!((fires.starts_at, fires.ends_at), (Some(at), None));
    assert_eq!((ended.starts_at, ended.ends_at), (None, Some(at)));
    assert_eq!(fires.annotations["description"], "CPU of the web tier");
    assert!(fires.annotations["summary"].starts_with("Threshold Crossed"));
}

#[test]
fn an_alarm_that_knows_too_little_changes_nothing() {
    let message = alarm("INSUFFICIENT_DATA").to_string();
    assert_eq!(cloudwatch_alarm(&message), Ok(Alarm::InsufficientData));
}

#[test]
fn a_composite_alarm_has_no_metric() {
    let mut message = alarm("ALARM");
    message.as_object_mut().unwrap().remove("Trigger");
    let said = changed(&message);
    assert_eq!(said.labels.len(), 3, "{:?}", said.labels);
}

#[test]
fn what_is_no_alarm_is_refused_and_says_why() {
    let mut odd = alarm("BROKEN").to_string();
    assert!(matches!(
        cloudwatch_alarm(&odd),
        Err(Unreadable::Unknown { .. })
    ));
    odd = alarm("OK")
        .to_string()
        .replace("2026-11-20T09:00:01.250+0000", "yesterday");
    assert!(matches!(
        cloudwatch_alarm(&odd),
        Err(Unreadable::Unknown { .. })
    ));
    assert!(matches!(
        cloudwatch_alarm("hello"),
        Err(Unreadable::Json(_))
    ));
}

fn mapping() -> Mapping {
    serde_json::from_value(json!({
        "labels": { "alertname": "Backup {/job/name}", "host": "{/host}", "empty": "{/nothing}" },
        "annotations": { "summary": "{/job/name} on {/host}: {/error} ({{/n}} tries)" },
        "status": "/state", "resolved": ["ok", "done"], "time": "/at", "link": "/url",
    }))
    .unwrap()
}

fn event(state: &str) -> Vec<u8> {
    json!({
        "job": { "name": "nightly" }, "host": "db-1", "state": state, "error": 28,
        "at": "2026-11-20T09:30:00+09:00", "url": "https://backups.example/42",
    })
    .to_string()
    .into_bytes()
}

#[test]
fn an_event_of_any_shape_is_an_alert_by_its_mapping() {
    let at: Timestamp = "2026-11-20T00:30:00Z".parse().unwrap();
    let fires = mapping().read(&event("failed"), now()).unwrap();
    assert_eq!(label(&fires, "alertname"), "Backup nightly");
    assert_eq!(label(&fires, "host"), "db-1");
    assert_eq!(fires.labels.len(), 2, "what is empty is no label");
    assert_eq!(
        fires.annotations["summary"],
        "nightly on db-1: 28 ({/n}} tries)"
    );
    assert_eq!(fires.generator_url, "https://backups.example/42");
    assert_eq!((fires.starts_at, fires.ends_at), (Some(at), None));
    let ended = mapping().read(&event("OK"), now()).unwrap();
    assert_eq!((ended.starts_at, ended.ends_at), (None, Some(at)));
    assert_eq!(ended.labels, fires.labels);
}

#[test]
fn an_end_that_the_event_does_not_date_is_now() {
    let mut mapping = mapping();
    mapping.time = None;
    assert_eq!(
        mapping.read(&event("done"), now()).unwrap().ends_at,
        Some(now())
    );
}

#[test]
fn an_event_without_a_name_or_with_a_broken_time_is_refused() {
    let nameless = mapping().read(b"{}", now());
    assert!(
        matches!(nameless, Ok(ref said) if label(said, "alertname") == "Backup "),
        "{nameless:?}"
    );
    let mut mapping = mapping();
    mapping.labels.remove("alertname");
    assert!(matches!(
        mapping.read(&event("x"), now()),
        Err(Unreadable::Missing(_))
    ));
    let odd = String::from_utf8(event("x"))
        .unwrap()
        .replace("2026-11-20T09:30:00+09:00", "noon");
    let read = self::mapping().read(odd.as_bytes(), now());
    assert!(matches!(read, Err(Unreadable::Unknown { .. })), "{read:?}");
    assert!(matches!(
        self::mapping().read(b"no", now()),
        Err(Unreadable::Json(_))
    ));
}
