//! The configuration, its secrets, and what becomes of both when something fails in between.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use access::Role;
use alertmanager_config::Config;
use ids::TenantId;
use serde_json::{Value, json};
use support::{Response, Stack};

const PATH: &str = "/api/v1/alertmanager/config";
const SECRET: &str = "toban-test/demo/alertmanager";
const CONFIG: &str = r#"
route: {receiver: web, routes: [{receiver: chat, matchers: [severity="page"]}]}
receivers:
- name: web
  webhook_configs: [{url: "https://hooks.example/s3cret"}]
- name: chat
  slack_configs: [{api_url: "https://slack.example/t0ken", channel: ops}]
"#;

async fn put(stack: &Stack, yaml: &str) -> Response {
    put_if(stack, yaml, &[]).await
}

async fn put_if(stack: &Stack, yaml: &str, headers: &[(&str, &str)]) -> Response {
    let sent = stack.send_as("demo", Role::Admin, ("PUT", PATH), headers, yaml);
    sent.await
}

async fn get(stack: &Stack) -> Response {
    stack.send(Role::Admin, "GET", PATH, "").await
}

/// The secrets that the configuration in force refers to.
async fn secrets_in_force(stack: &Stack) -> Value {
    let demo = TenantId::new("demo").unwrap();
    let stored = stack.deps.state.alertmanager_config(&demo).await.unwrap();
    match stored.secrets_version {
        Some(version) => stack.aws.versions(SECRET)[&version].clone(),
        None => Value::Null,
    }
}

#[tokio::test]
async fn secrets_go_to_their_own_place_and_what_is_shown_has_none() {
    let stack = Stack::start().await;
    assert_eq!(get(&stack).await.status(), 404);
    let done = put(&stack, CONFIG).await;
    let expected = json!({"version": 1, "receivers": 2, "routes": 2, "secrets": 2});
    assert_eq!(done.ok(), expected);
    let shown = get(&stack).await;
    assert_eq!(shown.0.headers["etag"], "\"1\"");
    let yaml = &shown.0.body;
    assert!(yaml.contains("<secret>") && !yaml.contains("s3cret") && !yaml.contains("t0ken"));
    let demo = TenantId::new("demo").unwrap();
    let stored = stack.deps.state.alertmanager_config(&demo).await.unwrap();
    assert!(!json!(stored).to_string().contains("s3cret"));
    let expected = json!({
        "receivers[\"web\"].webhook_configs[0].url": "https://hooks.example/s3cret",
        "receivers[\"chat\"].slack_configs[0].api_url": "https://slack.example/t0ken",
    });
    assert_eq!(secrets_in_force(&stack).await, expected);
    let messages = stack.aws.messages();
    assert_eq!(messages.len(), 1);
    assert!(messages[0]["recheck_at"].is_string() && messages[0]["tenant"] == "demo");
}

#[tokio::test]
async fn what_is_shown_can_be_put_back_and_keeps_its_secrets() {
    let stack = Stack::start().await;
    put(&stack, CONFIG).await.ok();
    let (shown, secrets) = (get(&stack).await.0.body, secrets_in_force(&stack).await);
    assert_eq!(
        put(&stack, &shown).await.ok()["version"],
        1,
        "nothing changed"
    );
    assert_eq!(stack.aws.versions(SECRET).len(), 1);
    let longer = shown.replacen("receiver: web", "receiver: web\n  group_wait: 7s", 1);
    assert_eq!(put(&stack, &longer).await.ok()["version"], 2);
    assert_eq!(secrets_in_force(&stack).await, secrets);
    assert_eq!(
        stack.aws.versions(SECRET).len(),
        1,
        "the same secrets are one version"
    );
    let one_new = longer.replacen("url: <secret>", "url: https://hooks.example/new", 1);
    assert_eq!(put(&stack, &one_new).await.ok()["version"], 3);
    let now = secrets_in_force(&stack).await;
    assert_eq!(
        now["receivers[\"chat\"].slack_configs[0].api_url"],
        "https://slack.example/t0ken"
    );
    assert_eq!(
        now["receivers[\"web\"].webhook_configs[0].url"],
        "https://hooks.example/new"
    );
    let renamed = shown
        .replace("receiver: web", "receiver: other")
        .replace("name: web", "name: other");
    let refused = put(&stack, &renamed).await;
    assert_eq!(refused.status(), 422);
    assert_eq!(
        refused.json()["errors"][0]["path"],
        "receivers[\"other\"].webhook_configs[0].url"
    );
}

#[tokio::test]
async fn what_can_not_be_read_is_refused_with_every_reason_and_changes_nothing() {
    let stack = Stack::start().await;
    put(&stack, CONFIG).await.ok();
    let before = get(&stack).await.0.body;
    let bad = "route: {receiver: nobody, group_wait: 5parsecs}\nreceivers:\n- name: a\n  telegram_configs: []\n";
    let refused = put(&stack, bad).await;
    assert_eq!(refused.status(), 422);
    let errors = refused.json()["errors"].as_array().unwrap().clone();
    assert!(errors.len() >= 2, "{errors:?}");
    assert!(
        errors
            .iter()
            .all(|one| one["line"].is_u64() && one["message"].is_string())
    );
    for (yaml, status) in [
        ("", 422),
        (": {", 422),
        (
            "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: 'http://127.0.0.1/'}]}]",
            422,
        ),
        (&*"#".repeat(1_000_001), 413),
    ] {
        assert_eq!(put(&stack, yaml).await.status(), status, "{:.60}", yaml);
    }
    assert_eq!(get(&stack).await.0.body, before);
    assert_eq!(stack.aws.versions(SECRET).len(), 1);
}

#[tokio::test]
async fn whoever_read_an_older_version_replaces_nothing() {
    let stack = Stack::start().await;
    let is = |version: &'static str| [("if-match", version)];
    assert_eq!(put_if(&stack, CONFIG, &is("\"1\"")).await.status(), 412);
    put_if(&stack, CONFIG, &is("\"0\"")).await.ok();
    assert_eq!(put_if(&stack, CONFIG, &is("\"0\"")).await.status(), 412);
    put_if(&stack, CONFIG, &is("\"0\", \"1\"")).await.ok();
    put_if(&stack, CONFIG, &is("*")).await.ok();
}

#[tokio::test]
async fn a_configuration_that_the_queue_was_not_told_of_can_be_put_again() {
    let stack = Stack::start().await;
    stack.aws.refuse_messages(true);
    assert_eq!(put(&stack, CONFIG).await.status(), 503);
    stack.aws.refuse_messages(false);
    assert_eq!(put(&stack, CONFIG).await.ok()["version"], 1);
    assert_eq!(stack.aws.messages().len(), 1);
}

/// The two writes are of two services: between them the old configuration must find its old secrets.
#[tokio::test]
async fn secrets_that_are_written_and_not_referred_to_change_nothing() {
    let stack = Stack::start().await;
    put(&stack, CONFIG).await.ok();
    let before = secrets_in_force(&stack).await;
    let demo = TenantId::new("demo").unwrap();
    let stored = stack.deps.state.alertmanager_config(&demo).await.unwrap();
    // A writer that got no further than to write its secrets, and one that then lost the race.
    let (first, second) = (
        CONFIG.replace("t0ken", "first"),
        CONFIG.replace("t0ken", "second"),
    );
    let (one, other) = tokio::join!(put(&stack, &first), put(&stack, &second));
    let winners = [&one, &other].map(|answer| answer.status());
    assert!(winners.contains(&200), "{winners:?}");
    let by_version = stack.aws.versions(SECRET);
    assert_eq!(by_version[&stored.secrets_version.unwrap()], before);
    let in_force = secrets_in_force(&stack).await;
    let told = in_force["receivers[\"chat\"].slack_configs[0].api_url"]
        .as_str()
        .unwrap();
    assert!(
        told.ends_with("first") || told.ends_with("second"),
        "{told}"
    );
}

#[tokio::test]
async fn without_a_configuration_the_settings_receivers_are_told_again() {
    let stack = Stack::start().await;
    put(&stack, CONFIG).await.ok();
    stack.aws.messages();
    assert_eq!(
        stack.send(Role::Admin, "DELETE", PATH, "").await.status(),
        204
    );
    assert_eq!(stack.aws.messages().len(), 1);
    assert_eq!(get(&stack).await.status(), 404);
    assert_eq!(
        stack.send(Role::Admin, "DELETE", PATH, "").await.status(),
        404
    );
    assert_eq!(
        put(&stack, CONFIG).await.ok()["version"],
        3,
        "the secret is there already"
    );
    assert_eq!(stack.aws.versions(SECRET).len(), 2);
    let told: Vec<_> = stack.trail().await.split_off(4);
    let entry = |action: &str| {
        let subject = "alertmanager_config/config".to_owned();
        (action.to_owned(), subject, "admin".to_owned())
    };
    let (put, delete) = ("alertmanager_config.put", "alertmanager_config.delete");
    let expected = [put, delete, put].map(entry);
    assert_eq!(told, expected);
}

#[tokio::test]
async fn each_tenant_has_a_configuration_of_its_own() {
    let stack = Stack::start().await;
    put(&stack, CONFIG).await.ok();
    for (method, status) in [("GET", 404), ("DELETE", 404)] {
        let answer = stack.send_as("other", Role::Admin, (method, PATH), &[], "");
        assert_eq!(answer.await.status(), status);
    }
    let shown = get(&stack).await.0.body;
    let theirs = stack.send_as("other", Role::Admin, ("PUT", PATH), &[], &shown);
    assert_eq!(
        theirs.await.status(),
        422,
        "<secret> stands for nothing there"
    );
    assert!(Config::parse(&shown).is_ok());
}

#[tokio::test]
async fn a_text_that_can_not_be_followed_is_refused_with_its_line() {
    let stack = Stack::start().await;
    let config = r#"
route: {receiver: chat}
receivers:
- name: chat
  slack_configs:
  - api_url: https://slack.example/t0ken
    title: '{{ .CommonLabels.alertname }}'
    text: '{{ define "x" }}y{{ end }}'
"#;
    let refused = put(&stack, config).await;
    assert_eq!(refused.status(), 422, "{}", refused.told());
    let errors = refused.json()["errors"].clone();
    assert_eq!(errors[0]["line"], 8, "{errors}");
    let simple = config.replace("'{{ define \"x\" }}y{{ end }}'", "'{{ .Status }}'");
    put(&stack, &simple).await.ok();
}
