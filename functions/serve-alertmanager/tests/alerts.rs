//! Who would get an alert, who works on one, and what reaches the queue.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use access::Role;
use ids::TenantId;
use serde_json::{Value, json};
use support::Stack;

const CONFIG: &str = r#"
route:
  receiver: default
  group_by: [alertname]
  routes:
  - {receiver: pager, matchers: [severity="page"], continue: true, mute_time_intervals: [always]}
  - {receiver: web, matchers: [team=~"web|www"], group_by: ["..."]}
  - {receiver: pager, matchers: [severity="page"]}
time_intervals: [{name: always, time_intervals: [{years: ["2000:3000"]}]}]
receivers: [{name: default}, {name: pager}, {name: web}]
"#;

async fn configured() -> Stack {
    let stack = Stack::start().await;
    let path = "/api/v1/alertmanager/config";
    let put = stack.send_as("demo", Role::Admin, ("PUT", path), &[], CONFIG);
    put.await.ok();
    stack.aws.messages();
    stack
}

#[tokio::test]
async fn the_way_through_the_tree_is_told_with_its_reasons() {
    let stack = configured().await;
    let path = "/api/v1/alertmanager/routes/test";
    let asked = json!({"labels": {"alertname": "X", "severity": "page"}}).to_string();
    let told = stack.send(Role::Viewer, "POST", path, &asked).await.ok();
    assert_eq!(
        told["receivers"],
        json!(["pager", "pager"]),
        "every match, repeats included"
    );
    let routes = told["routes"].as_array().unwrap();
    let of = |name: &str| {
        routes
            .iter()
            .map(|one| one[name].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("matched"), [true, true, false, true]);
    assert_eq!(of("chosen"), [false, true, false, true]);
    assert_eq!(
        routes[2]["refused_by"],
        json!({"matcher": "team=~\"web|www\"", "value": ""})
    );
    assert_eq!(
        routes[1]["muted"],
        json!({"why": "in_mute_time", "interval": "always"})
    );
    assert_eq!(routes[3]["muted"], Value::Null);
    assert_eq!(
        routes[1]["group_key"],
        "{}/{severity=\"page\"}:{alertname=\"X\"}"
    );
    assert_eq!(routes[2]["group_by"], json!(["..."]));
    assert_eq!(routes[0]["group_wait"], "30s");
    let nobody = stack
        .send(Role::Viewer, "POST", path, r#"{"labels": {}}"#)
        .await;
    assert_eq!(nobody.ok()["receivers"], json!(["default"]));
    assert_eq!(
        stack.send(Role::Viewer, "POST", path, "{}").await.status(),
        400
    );
}

#[tokio::test]
async fn without_a_configuration_nobody_is_told_where_no_receiver_is_set() {
    let stack = Stack::start().await;
    let path = "/api/v1/alertmanager/routes/test";
    let told = stack
        .send(Role::Viewer, "POST", path, r#"{"labels": {"a": "b"}}"#)
        .await;
    assert_eq!(told.ok()["receivers"], json!([]));
}

#[tokio::test]
async fn what_is_posted_reaches_the_queue_whole_or_is_refused() {
    let stack = configured().await;
    let path = "/alertmanager/api/v2/alerts";
    let big = "x".repeat(3_000);
    let alerts: Vec<Value> = (0..500)
        .map(|at| json!({"labels": {"alertname": "Big", "at": at.to_string()}, "annotations": {"text": big}}))
        .collect();
    stack
        .send(Role::Operator, "POST", path, &json!(alerts).to_string())
        .await
        .ok();
    let messages = stack.aws.messages();
    assert!(messages.len() > 5, "{}", messages.len());
    let said = messages
        .iter()
        .flat_map(|one| one["said"].as_array().unwrap().clone());
    let mut found: Vec<u32> = said
        .map(|one| one["labels"]["at"].as_str().unwrap().parse().unwrap())
        .collect();
    found.sort_unstable();
    assert_eq!(found, (0..500).collect::<Vec<_>>());
    let mixed =
        json!([{"labels": {"a-b": "c"}}, {"labels": {"alertname": "Good"}}, {"labels": {}}]);
    let refused = stack
        .send(Role::Operator, "POST", path, &mixed.to_string())
        .await;
    let expected = "invalid label set: invalid name \"a-b\"; at least one label pair required";
    assert_eq!((refused.status(), refused.json()), (400, json!(expected)));
    assert_eq!(
        stack.aws.messages()[0]["said"][0]["labels"],
        json!({"alertname": "Good"})
    );
    stack.aws.refuse_messages(true);
    let good = json!([{"labels": {"alertname": "Good"}}]).to_string();
    assert_eq!(
        stack
            .send(Role::Operator, "POST", path, &good)
            .await
            .status(),
        503
    );
    let huge = format!(
        "[{{\"labels\": {{\"a\": \"{}\"}}}}]",
        "x".repeat(10_000_000)
    );
    assert_eq!(
        stack
            .send(Role::Operator, "POST", path, &huge)
            .await
            .status(),
        413
    );
}

#[tokio::test]
async fn somebody_works_on_an_alert_until_they_say_otherwise() {
    let stack = configured().await;
    stack.fires(json!({"alertname": "X"}), 300).await;
    let listed = stack
        .send(Role::Viewer, "GET", "/alertmanager/api/v2/alerts", "")
        .await
        .ok();
    let fingerprint = listed[0]["fingerprint"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/alerts/{fingerprint}/acknowledgement");
    let wanted = json!({"until": "2026-11-20T10:00:00Z", "comment": "on it"}).to_string();
    let told = stack
        .send(Role::Operator, "POST", &path, &wanted)
        .await
        .ok();
    assert_eq!(told["acknowledged"]["by"], "operator of demo");
    assert_eq!(told["acknowledged"]["comment"], "on it");
    assert_eq!(stack.aws.messages().len(), 1);
    let demo = TenantId::new("demo").unwrap();
    let stored = stack
        .deps
        .state
        .firing_alerts(&demo)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(stored.revision, 2);
    assert!(
        stored
            .acknowledged
            .unwrap()
            .holds(stored.alert.starts_at, stack.now.get())
    );
    assert_eq!(
        stack
            .send(Role::Operator, "DELETE", &path, "")
            .await
            .status(),
        204
    );
    assert_eq!(
        stack
            .send(Role::Operator, "DELETE", &path, "")
            .await
            .status(),
        404
    );
    assert_eq!(stack.aws.messages().len(), 1);
    let told: Vec<String> = stack
        .trail()
        .await
        .into_iter()
        .map(|(action, ..)| action)
        .collect();
    assert_eq!(
        told[told.len() - 2..],
        ["alert.acknowledge", "alert.unacknowledge"]
    );
}

#[tokio::test]
async fn only_an_alert_that_fires_can_be_worked_on() {
    let stack = configured().await;
    stack.fires(json!({"alertname": "X"}), 300).await;
    let listed = stack
        .send(Role::Viewer, "GET", "/alertmanager/api/v2/alerts", "")
        .await
        .ok();
    let fingerprint = listed[0]["fingerprint"].as_str().unwrap().to_owned();
    let path = |name: &str| format!("/api/v1/alerts/{name}/acknowledgement");
    for (name, body, status) in [
        ("0123456789abcdef", "{}", 404),
        ("x", "{}", 404),
        (&*fingerprint, r#"{"until": "2026-11-20T08:59:59Z"}"#, 422),
        (&*fingerprint, r#"{"until": "soon"}"#, 400),
        (&*fingerprint, r#"{"untill": null}"#, 400),
        (&*fingerprint, "{}", 200),
    ] {
        let answer = stack.send(Role::Operator, "POST", &path(name), body).await;
        assert_eq!(answer.status(), status, "{name} {body}: {}", answer.told());
    }
    let named = path(&fingerprint);
    let theirs = stack.send_as("other", Role::Operator, ("POST", &named), &[], "{}");
    assert_eq!(theirs.await.status(), 404);
    stack.pass(301);
    let over = stack
        .send(Role::Operator, "POST", &path(&fingerprint), "{}")
        .await;
    assert_eq!(over.status(), 404);
}
