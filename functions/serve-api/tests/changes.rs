//! What is changed, and the trail it leaves.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by it"
)]

mod support;

use access::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{Request, Stack};

const RULES: &str =
    "groups:\n- name: g\n  rules:\n  - alert: HighLoad\n    expr: node_load1 > 4\n    for: 5m\n";

/// Every entry of the trail, oldest first, each hash recomputed from what the API shows.
async fn trail(stack: &Stack, admin: &str) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut path = "/api/v1/audit?limit=3".to_owned();
    loop {
        let page = stack.get(admin, &path).await.ok();
        entries.extend(page["entries"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/v1/audit?limit=3&next={next}");
    }
    entries.reverse();
    let mut previous = "0".repeat(64);
    for (at, entry) in entries.iter().enumerate() {
        let mut record = entry.clone();
        let members = record.as_object_mut().unwrap();
        assert_eq!(members.remove("previous_hash").unwrap(), previous.as_str());
        let hash = members.remove("hash").unwrap();
        let computed = hex::encode(Sha256::digest(format!("{previous}{record}")));
        assert_eq!(hash, computed.as_str());
        assert_eq!(entry["number"], at + 1);
        previous = computed;
    }
    entries
}

/// What, of what, by whom, and whether there was something before and is something after.
fn told(entry: &Value) -> (&str, &str, &str, bool, bool) {
    (
        entry["action"].as_str().unwrap(),
        entry["subject"].as_str().unwrap(),
        entry["actor"]["role"].as_str().unwrap(),
        !entry["before"].is_null(),
        !entry["after"].is_null(),
    )
}

#[tokio::test]
async fn every_change_is_in_the_trail_with_who_what_before_and_after() {
    let (stack, tokens) = Stack::start().await;
    let (admin, operator) = (tokens.demo(Role::Admin), tokens.demo(Role::Operator));
    let before = trail(&stack, admin).await.len();
    let wanted = json!({"role": "viewer", "holder": {"name": "Aiko", "kind": "person"}});
    let id = stack.post(admin, "/api/v1/tokens", &wanted).await.ok()["id"].clone();
    let id = id.as_str().unwrap();
    stack
        .post(admin, &format!("/api/v1/tokens/{id}/rotate"), &json!({}))
        .await
        .ok();
    stack
        .delete(admin, &format!("/api/v1/tokens/{id}"))
        .await
        .ok();
    stack
        .put(
            admin,
            "/api/v1/settings",
            &json!({"settings": {"language": "ja"}}),
        )
        .await
        .ok();
    let put = Request::new("PUT", "/api/v1/rules/a.yml")
        .token(operator)
        .text(RULES);
    stack.send(put.clone()).await.ok();
    stack.send(put).await.ok();
    stack.delete(operator, "/api/v1/rules/a.yml").await.ok();
    let entries = trail(&stack, admin).await.split_off(before);
    let told: Vec<_> = entries.iter().map(told).collect();
    let token = format!("token/{id}");
    assert_eq!(
        told,
        [
            ("token.create", token.as_str(), "admin", false, true),
            ("token.rotate", token.as_str(), "admin", true, true),
            ("token.revoke", token.as_str(), "admin", true, true),
            ("settings.put", "settings/settings", "admin", true, true),
            ("rule_file.put", "rule_file/a.yml", "operator", false, true),
            (
                "rule_file.delete",
                "rule_file/a.yml",
                "operator",
                true,
                false
            ),
        ]
    );
    assert_eq!(entries[3]["before"]["language"], "en");
    assert_eq!(entries[3]["after"]["language"], "ja");
}

#[tokio::test]
async fn changes_at_the_same_instant_all_happen_and_all_are_recorded() {
    let (stack, tokens) = Stack::start().await;
    let admin = tokens.demo(Role::Admin);
    let before = trail(&stack, admin).await.len();
    let creations = (0..6).map(|number| {
        let holder = json!({"name": format!("machine {number}"), "kind": "machine"});
        let wanted = json!({"role": "ingest", "holder": holder});
        let stack = &stack;
        async move { stack.post(admin, "/api/v1/tokens", &wanted).await.status() }
    });
    assert_eq!(join_all(creations).await, [201; 6]);
    assert_eq!(trail(&stack, admin).await.len(), before + 6);
}

#[tokio::test]
async fn two_writers_of_one_version_of_the_settings_do_not_both_win() {
    let (stack, tokens) = Stack::start().await;
    let admin = tokens.demo(Role::Admin);
    let read = stack.get(admin, "/api/v1/settings").await.ok();
    let version = &read["version"];
    let update =
        |grace: u32| json!({"version": version, "settings": {"host_silence_grace_secs": grace}});
    let (first, second) = (update(60), update(90));
    let both = tokio::join!(
        stack.put(admin, "/api/v1/settings", &first),
        stack.put(admin, "/api/v1/settings", &second)
    );
    let mut statuses = [both.0.status(), both.1.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(
        stack.put(admin, "/api/v1/settings", &first).await.status(),
        409
    );
    let refused = stack
        .put(
            admin,
            "/api/v1/settings",
            &json!({"settings": {"grace": 1}}),
        )
        .await;
    assert_eq!(refused.status(), 400);
    let refused = stack
        .put(
            admin,
            "/api/v1/settings",
            &json!({"settings": {"outbound_allow_list": ["everything"]}}),
        )
        .await;
    assert!(
        refused.json()["detail"]
            .as_str()
            .unwrap()
            .contains("is no network")
    );
}

#[tokio::test]
async fn a_new_tenant_has_settings_an_admin_and_a_trail_and_its_name_is_taken() {
    let (stack, tokens) = Stack::start().await;
    let wanted = json!({"tenant": "third", "holder": {"name": "Ken", "kind": "person"},
                        "settings": {"language": "ja"}});
    let made = stack
        .post(&tokens.system, "/api/v1/tenants", &wanted)
        .await
        .ok();
    let admin = made["token"].as_str().unwrap();
    assert_eq!(
        stack.get(admin, "/api/v1/whoami").await.ok()["tenant"],
        "third"
    );
    assert_eq!(
        stack.get(admin, "/api/v1/settings").await.ok()["settings"]["language"],
        "ja"
    );
    let first = &trail(&stack, admin).await[0];
    assert_eq!(
        (&first["action"], &first["actor"]["tenant"]),
        (&json!("tenant.create"), &json!("system"))
    );
    let system = trail(&stack, &tokens.system).await;
    assert_eq!(system.last().unwrap()["subject"], "tenant/third");
    for taken in ["third", "demo", "system"] {
        let again = json!({"tenant": taken, "holder": {"name": "Eve", "kind": "person"}});
        let refused = stack.post(&tokens.system, "/api/v1/tenants", &again).await;
        assert_eq!(refused.status(), 409, "{taken}");
    }
    assert!(
        stack.get(admin, "/api/v1/whoami").await.status() == 200,
        "its admin is the first one still"
    );
    let list = stack.get(&tokens.system, "/api/v1/tenants").await.ok();
    assert_eq!(list["tenants"].as_array().unwrap().len(), 3);
    let short = stack
        .post(
            &tokens.system,
            "/api/v1/tenants",
            &json!({"tenant": "fourth"}),
        )
        .await
        .ok();
    let whoami = stack
        .get(short["token"].as_str().unwrap(), "/api/v1/whoami")
        .await
        .ok();
    assert_eq!(
        whoami["holder"]["name"], "admin of system",
        "the token is its creator's"
    );
    let bad = json!({"tenant": "Third#", "holder": {"name": "Eve", "kind": "person"}});
    assert_eq!(
        stack
            .post(&tokens.system, "/api/v1/tenants", &bad)
            .await
            .status(),
        400
    );
}

#[tokio::test]
async fn a_rule_file_comes_back_as_it_was_put_and_only_to_its_tenant() {
    let (stack, tokens) = Stack::start().await;
    let operator = tokens.demo(Role::Operator);
    let put = |yaml: &str| {
        Request::new("PUT", "/api/v1/rules/a.yml")
            .token(operator)
            .text(yaml)
    };
    let summary = stack.send(put(RULES)).await.ok();
    assert_eq!(
        (&summary["version"], &summary["rules"]),
        (&json!(1), &json!(1))
    );
    let got = stack
        .get(tokens.demo(Role::Viewer), "/api/v1/rules/a.yml")
        .await;
    assert_eq!(
        (got.0.body.as_str(), got.0.headers["etag"].as_str()),
        (RULES, "\"1\"")
    );
    let stranger = stack
        .get(tokens.other(Role::Viewer), "/api/v1/rules/a.yml")
        .await;
    assert_eq!(stranger.status(), 404);
    let rules = stack
        .get(tokens.demo(Role::Viewer), "/api/v1/rules")
        .await
        .ok();
    let group = &rules["data"]["groups"][0];
    assert_eq!(
        (&group["file"], &group["name"]),
        (&json!("a.yml"), &json!("g"))
    );
    assert_eq!(group["rules"][0]["state"], "inactive");
    assert!(
        !stack
            .get(tokens.other(Role::Viewer), "/api/v1/rules")
            .await
            .0
            .body
            .contains("HighLoad")
    );
    stack.delete(operator, "/api/v1/rules/a.yml").await.ok();
    assert_eq!(
        stack.get(operator, "/api/v1/rules/a.yml").await.status(),
        404
    );
    assert_eq!(
        stack.delete(operator, "/api/v1/rules/a.yml").await.status(),
        404
    );
    assert_eq!(
        stack.send(put(RULES)).await.ok()["version"],
        3,
        "versions go on behind a removal"
    );
}

#[tokio::test]
async fn a_rule_that_can_not_be_evaluated_is_refused_with_its_line() {
    let (stack, tokens) = Stack::start().await;
    let operator = tokens.demo(Role::Operator);
    let bad = RULES.replace("node_load1 > 4", "node_load1 >");
    let put = Request::new("PUT", "/api/v1/rules/a.yml")
        .token(operator)
        .text(&bad);
    let refused = stack.send(put).await;
    assert_eq!(refused.status(), 422);
    assert_eq!(refused.json()["errors"][0]["line"], 5);
    assert_eq!(
        stack.get(operator, "/api/v1/rules/a.yml").await.status(),
        404
    );
    let put = Request::new("PUT", "/api/v1/rules/a%20b")
        .token(operator)
        .text(RULES);
    assert_eq!(stack.send(put).await.status(), 400);
}

#[tokio::test]
async fn a_retired_host_says_so_and_an_unknown_one_is_not_there() {
    let (stack, tokens) = Stack::start().await;
    let tenant = ids::TenantId::new("demo").unwrap();
    let host = ids::HostId::new("web 1").unwrap();
    let sender = ids::SenderId::of_host(&host);
    stack
        .deps
        .state
        .note_host(&tenant, &host, &sender, 10, stack.now.get())
        .await
        .unwrap();
    let operator = tokens.demo(Role::Operator);
    let listed = stack.get(operator, "/api/v1/hosts").await.ok();
    assert_eq!(
        (
            &listed["hosts"][0]["host"],
            &listed["hosts"][0]["retired_at"]
        ),
        (&json!("web 1"), &Value::Null)
    );
    assert_eq!(
        stack
            .delete(tokens.other(Role::Operator), "/api/v1/hosts/web%201")
            .await
            .status(),
        404
    );
    assert_eq!(
        stack
            .delete(operator, "/api/v1/hosts/web%202")
            .await
            .status(),
        404
    );
    stack.delete(operator, "/api/v1/hosts/web%201").await.ok();
    let listed = stack.get(operator, "/api/v1/hosts").await.ok();
    assert!(listed["hosts"][0]["retired_at"].is_string());
    let last = trail(&stack, tokens.demo(Role::Admin)).await.pop().unwrap();
    assert_eq!(
        (&last["action"], &last["subject"]),
        (&json!("host.retire"), &json!("host/web 1"))
    );
}
