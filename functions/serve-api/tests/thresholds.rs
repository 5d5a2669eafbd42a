//! What an agent is told of a tenant's rules, and how rarely.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by it"
)]

mod support;

use access::Role;
use serde_json::{Value, json};
use support::{Request, Response, Stack};

const PATH: &str = "/api/v1/agent/thresholds";

async fn put(stack: &Stack, token: &str, rules: Value) {
    let yaml = json!({"groups": [{"name": "g", "rules": rules}]}).to_string();
    let request = Request::new("PUT", "/api/v1/rules/a").token(token);
    stack.send(request.text(&yaml)).await.ok();
}

fn etag(response: &Response) -> String {
    response.0.headers["etag"].clone()
}

#[tokio::test]
async fn an_agent_is_told_its_own_tenants_simple_thresholds() {
    let (stack, tokens) = Stack::start().await;
    let rules = json!([
        {"alert": "Full", "for": "5m",
         "expr": "node_filesystem_avail_bytes{mountpoint='/'} / node_filesystem_size_bytes < 0.1"},
        {"alert": "Rate", "expr": "rate(a[5m]) > 1"},
    ]);
    put(&stack, tokens.demo(Role::Operator), rules).await;
    let listed = stack.get(tokens.demo(Role::Ingest), PATH).await.ok();
    let expected = json!({"thresholds": [{
        "metric": "node_filesystem_avail_bytes",
        "matchers": [{"name": "mountpoint", "op": "=", "value": "/"}],
        "divided_by": {"metric": "node_filesystem_size_bytes", "matchers": []},
        "op": "<", "value": 0.1,
    }], "left_out": 0});
    assert_eq!(listed, expected);
    let other = stack.get(tokens.other(Role::Ingest), PATH).await.ok();
    assert_eq!(other, json!({"thresholds": [], "left_out": 0}));
}

#[tokio::test]
async fn what_the_agent_has_already_is_not_sent_again_until_a_rule_changes_it() {
    let (stack, tokens) = Stack::start().await;
    let (operator, ingest) = (tokens.demo(Role::Operator), tokens.demo(Role::Ingest));
    put(&stack, operator, json!([{"alert": "A", "expr": "up == 0"}])).await;
    let first = stack.get(ingest, PATH).await;
    assert_eq!(first.0.headers["cache-control"], "private, max-age=900");
    let ask = |etag: &str| {
        let request = Request::new("GET", PATH).token(ingest);
        stack.send(request.header("if-none-match", etag))
    };
    let again = ask(&etag(&first)).await;
    assert_eq!((again.status(), again.0.body.as_str()), (304, ""));
    assert_eq!(again.0.headers["cache-control"], "private, max-age=900");
    assert_eq!(etag(&again), etag(&first));

    let renamed = json!([{"alert": "B", "expr": "0 == up", "for": "1m"}]);
    put(&stack, operator, renamed).await;
    let same = ask(&etag(&first)).await;
    assert_eq!(same.status(), 304, "no threshold changed");

    put(&stack, operator, json!([{"alert": "A", "expr": "up != 1"}])).await;
    let changed = ask(&etag(&first)).await;
    assert_eq!(changed.ok()["thresholds"][0]["op"], "!=");
    assert_ne!(etag(&changed), etag(&first));
    stack.delete(operator, "/api/v1/rules/a").await;
    let none = ask(&etag(&changed)).await;
    assert_eq!(none.ok()["thresholds"], json!([]));
}

#[tokio::test]
async fn beyond_five_hundred_the_answer_says_how_many_more_there_are() {
    let (stack, tokens) = Stack::start().await;
    let rule = |n: usize| json!({"alert": "A", "expr": format!("load > {n}")});
    let rules: Vec<_> = (0..503).map(rule).collect();
    put(&stack, tokens.demo(Role::Operator), json!(rules)).await;
    let listed = stack.get(tokens.demo(Role::Ingest), PATH).await.ok();
    assert_eq!(listed["thresholds"].as_array().unwrap().len(), 500);
    assert_eq!(listed["left_out"], 3);
}
