//! What others than Alertmanager's clients say of alerts, and what reaches the queue of it.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use access::Role;
use serde_json::{Value, json};
use support::Stack;

const WEBHOOK: &str = "/api/v1/inputs/alertmanager";

fn recorded() -> Value {
    serde_json::from_str(include_str!(
        "../../../shared/notification-content/tests/data/alertmanager-0.25-webhook.json"
    ))
    .unwrap()
}

#[tokio::test]
async fn an_alertmanagers_webhook_reaches_the_queue_alert_by_alert() {
    let stack = Stack::start().await;
    let body = recorded()["firing"].to_string();
    let answer = stack.send(Role::Operator, "POST", WEBHOOK, &body).await;
    assert_eq!(answer.status(), 204, "{}", answer.told());
    let messages = stack.aws.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["tenant"], "demo");
    let said = &messages[0]["said"][0];
    assert_eq!(said["labels"], recorded()["firing"]["alerts"][0]["labels"]);
    assert_eq!(said["ends_at"], Value::Null);
}

#[tokio::test]
async fn an_alert_that_can_not_be_one_does_not_keep_the_others() {
    let stack = Stack::start().await;
    let mut body = recorded()["firing"].clone();
    let mut nameless = body["alerts"][0].clone();
    nameless["labels"] = json!({});
    body["alerts"].as_array_mut().unwrap().push(nameless);
    let answer = stack
        .send(Role::Operator, "POST", WEBHOOK, &body.to_string())
        .await;
    assert_eq!(answer.status(), 422, "{}", answer.told());
    assert_eq!(stack.aws.messages()[0]["said"].as_array().unwrap().len(), 1);
    for wrong in ["", "[]", "{\"version\":\"3\",\"alerts\":[]}"] {
        let answer = stack.send(Role::Operator, "POST", WEBHOOK, wrong).await;
        assert_eq!(answer.status(), 422, "{wrong}: {}", answer.told());
    }
    assert!(stack.aws.messages().is_empty());
    let viewer = stack.send(Role::Viewer, "POST", WEBHOOK, "{}").await;
    assert_eq!(viewer.status(), 403);
}

#[tokio::test]
async fn an_event_is_read_by_the_mapping_that_the_settings_name() {
    let stack = Stack::start().await;
    let mapping = json!({
        "labels": {"alertname": "Backup {/job}", "host": "{/host}"},
        "status": "/state", "resolved": ["ok"],
    });
    let settings = json!({"alerting": {"events": {"backups": mapping}}});
    stack.settle(settings).await;
    let path = "/api/v1/inputs/events/backups";
    let event = json!({"job": "nightly", "host": "db-1", "state": "failed"}).to_string();
    let answer = stack.send(Role::Operator, "POST", path, &event).await;
    assert_eq!(answer.status(), 204, "{}", answer.told());
    let said = stack.aws.messages()[0]["said"][0].clone();
    assert_eq!(
        said["labels"],
        json!({"alertname": "Backup nightly", "host": "db-1"})
    );
    let unknown = stack
        .send(
            Role::Operator,
            "POST",
            "/api/v1/inputs/events/other",
            &event,
        )
        .await;
    assert_eq!(unknown.status(), 404);
    let broken = stack.send(Role::Operator, "POST", path, "no JSON").await;
    assert_eq!(broken.status(), 422);
}
