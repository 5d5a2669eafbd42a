//! The life of a token.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by it"
)]

mod support;

use access::Role;
use serde_json::{Value, json};
use support::{Stack, Tokens};

async fn created(stack: &Stack, tokens: &Tokens, role: &str) -> (String, String) {
    let wanted = json!({"role": role, "holder": {"name": "Aiko", "kind": "person"}});
    let made = stack
        .post(tokens.demo(Role::Admin), "/api/v1/tokens", &wanted)
        .await
        .ok();
    (
        made["id"].as_str().unwrap().to_owned(),
        made["token"].as_str().unwrap().to_owned(),
    )
}

async fn opens(stack: &Stack, token: &str) -> bool {
    stack.get(token, "/api/v1/whoami").await.status() == 200
}

#[tokio::test]
async fn a_revoked_token_opens_nothing_within_a_minute() {
    let (stack, tokens) = Stack::start().await;
    let (id, token) = created(&stack, &tokens, "viewer").await;
    assert!(opens(&stack, &token).await);
    let path = format!("/api/v1/tokens/{id}");
    assert_eq!(
        stack.delete(tokens.demo(Role::Admin), &path).await.status(),
        204
    );
    stack.pass(50);
    assert!(!opens(&stack, &token).await);
    assert_eq!(
        stack.delete(tokens.demo(Role::Admin), &path).await.status(),
        404
    );
    let list = stack
        .get(tokens.demo(Role::Admin), "/api/v1/tokens")
        .await
        .ok();
    let listed = list["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["id"] == id)
        .unwrap();
    assert!(listed["revoked_at"].is_string());
}

#[tokio::test]
async fn a_new_secret_works_at_once_and_the_old_one_as_long_as_said() {
    let (stack, tokens) = Stack::start().await;
    let (id, first) = created(&stack, &tokens, "viewer").await;
    assert!(opens(&stack, &first).await);
    let rotate = format!("/api/v1/tokens/{id}/rotate");
    let admin = tokens.demo(Role::Admin);
    let made = stack
        .post(admin, &rotate, &json!({"overlap_secs": 600}))
        .await
        .ok();
    let second = made["token"].as_str().unwrap().to_owned();
    stack.pass(5);
    assert!(opens(&stack, &second).await);
    stack.pass(300);
    assert!(opens(&stack, &first).await && opens(&stack, &second).await);
    stack.pass(300);
    assert!(!opens(&stack, &first).await, "the overlap is over");
    let made = stack
        .send(support::Request::new("POST", &rotate).token(admin))
        .await
        .ok();
    let third = made["token"].as_str().unwrap().to_owned();
    stack.pass(50);
    assert!(!opens(&stack, &second).await && opens(&stack, &third).await);
    assert_eq!(made["id"], id);
}

#[tokio::test]
async fn a_rotated_tokens_old_secret_does_not_survive_a_revocation() {
    let (stack, tokens) = Stack::start().await;
    let (id, first) = created(&stack, &tokens, "viewer").await;
    let admin = tokens.demo(Role::Admin);
    let rotate = format!("/api/v1/tokens/{id}/rotate");
    stack
        .post(admin, &rotate, &json!({"overlap_secs": 6000}))
        .await
        .ok();
    stack
        .delete(admin, &format!("/api/v1/tokens/{id}"))
        .await
        .ok();
    stack.pass(60);
    assert!(!opens(&stack, &first).await);
    assert_eq!(stack.post(admin, &rotate, &json!({})).await.status(), 404);
}

#[tokio::test]
async fn the_last_admin_can_not_lock_everybody_out() {
    let (stack, tokens) = Stack::start().await;
    let admin = tokens.demo(Role::Admin);
    let me = stack.get(admin, "/api/v1/whoami").await.ok();
    let path = format!("/api/v1/tokens/{}", me["token"].as_str().unwrap());
    assert_eq!(stack.delete(admin, &path).await.status(), 409);
    let (_, second) = created(&stack, &tokens, "admin").await;
    assert_eq!(stack.delete(&second, &path).await.status(), 204);
}

#[tokio::test]
async fn no_list_no_trail_and_no_answer_but_one_shows_a_secret() {
    let (stack, tokens) = Stack::start().await;
    let (_, token) = created(&stack, &tokens, "operator").await;
    let secret = &token[token.len() - 20..];
    let admin = tokens.demo(Role::Admin);
    for path in [
        "/api/v1/tokens",
        "/api/v1/audit",
        "/api/v1/whoami",
        "/api/v1/settings",
    ] {
        let body = stack.get(admin, path).await.0.body;
        assert!(!body.contains(secret) && !body.contains("sha256"), "{path}");
    }
}

#[tokio::test]
async fn another_tenants_tokens_are_not_there() {
    let (stack, tokens) = Stack::start().await;
    let (id, token) = created(&stack, &tokens, "viewer").await;
    let stranger = tokens.other(Role::Admin);
    assert_eq!(
        stack
            .delete(stranger, &format!("/api/v1/tokens/{id}"))
            .await
            .status(),
        404
    );
    let rotated = stack
        .post(stranger, &format!("/api/v1/tokens/{id}/rotate"), &json!({}))
        .await;
    assert_eq!(rotated.status(), 404);
    let list = stack.get(stranger, "/api/v1/tokens").await;
    assert!(!list.0.body.contains(&id));
    stack.pass(60);
    assert!(opens(&stack, &token).await);
}

#[tokio::test]
async fn what_can_not_be_a_token_is_refused_with_its_reason() {
    let (stack, tokens) = Stack::start().await;
    let admin = tokens.demo(Role::Admin);
    let holder = json!({"name": "Aiko", "kind": "person"});
    for (wanted, status, word) in [
        (json!({"role": "root", "holder": holder}), 400, "root"),
        (json!({"role": "viewer"}), 400, "holder"),
        (
            json!({"role": "viewer", "holder": {"name": "", "kind": "person"}}),
            400,
            "holder",
        ),
        (
            json!({"role": "viewer", "holder": holder, "tenant": "other"}),
            400,
            "tenant",
        ),
        (json!({"role": "device", "holder": holder}), 422, "device"),
        (
            json!({"role": "viewer", "holder": holder, "device": "cam-1"}),
            422,
            "device",
        ),
        (
            json!({"role": "device", "holder": holder, "device": "a\nb"}),
            422,
            "printable",
        ),
        (json!([]), 400, "JSON"),
    ] {
        let response = stack.post(admin, "/api/v1/tokens", &wanted).await;
        assert_eq!(response.status(), status, "{wanted}");
        assert!(
            response.json()["detail"].as_str().unwrap().contains(word),
            "{}",
            response.0.body
        );
    }
}

#[tokio::test]
async fn a_list_longer_than_a_page_is_read_to_its_end_without_repetition() {
    let (stack, tokens) = Stack::start().await;
    let admin = tokens.demo(Role::Admin);
    let mut seen: Vec<Value> = Vec::new();
    let mut path = "/api/v1/tokens?limit=2".to_owned();
    loop {
        let page = stack.get(admin, &path).await.ok();
        let items = page["tokens"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|token| token["id"].clone()));
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/v1/tokens?limit=2&next={next}");
    }
    assert_eq!(seen.len(), Role::ALL.len());
    assert!(
        seen.windows(2)
            .all(|pair| pair[0].as_str() < pair[1].as_str())
    );
    for bad in ["limit=0", "limit=1001", "limit=x", "next=%25", "next=IyMj"] {
        let response = stack.get(admin, &format!("/api/v1/tokens?{bad}")).await;
        assert_eq!(response.status(), 400, "{bad}");
    }
}
