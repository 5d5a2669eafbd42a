//! Who sets what a tenant may send, and who sees it?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by it"
)]

mod support;

use access::Role;
use ids::TenantId;
use quotas::Usage;
use serde_json::{Value, json};
use support::Stack;

const DEMO: &str = "/api/v1/tenants/demo/quotas";

#[tokio::test]
async fn only_the_operator_of_operators_sets_quotas_and_only_of_tenants_that_are_there() {
    let (stack, tokens) = Stack::start().await;
    let some = json!({"quotas": {"active_series": 500}});
    for role in Role::ALL {
        let refused = stack.put(tokens.demo(role), DEMO, &some).await;
        assert_eq!(refused.status(), 403, "{role:?}");
    }
    let put = stack.put(&tokens.system, DEMO, &some).await.ok();
    assert_eq!(put["version"], 1);
    assert_eq!(put["quotas"]["active_series"], 500);
    assert_eq!(put["quotas"]["samples_per_sec"], 100_000, "a default");
    let nobody = "/api/v1/tenants/nobody/quotas";
    assert_eq!(stack.put(&tokens.system, nobody, &some).await.status(), 404);
}

#[tokio::test]
async fn a_change_is_in_the_operators_trail_and_a_repetition_is_none() {
    let (stack, tokens) = Stack::start().await;
    let some = json!({"quotas": {"active_series": 500}});
    for _ in 0..2 {
        let put = stack.put(&tokens.system, DEMO, &some).await.ok();
        assert_eq!(put["version"], 1);
    }
    let trail = stack.get(&tokens.system, "/api/v1/audit").await.ok();
    let entries = trail["entries"].as_array().unwrap();
    let of_quotas: Vec<&Value> = entries
        .iter()
        .filter(|entry| entry["action"] == "quotas.put")
        .collect();
    let [entry] = of_quotas.as_slice() else {
        panic!("{of_quotas:?}")
    };
    assert_eq!(entry["subject"], "quotas/demo");
    assert_eq!(entry["before"]["active_series"], 1_000_000);
    assert_eq!(entry["after"]["active_series"], 500);
}

#[tokio::test]
async fn what_can_t_be_set_or_was_read_too_early_changes_nothing() {
    let (stack, tokens) = Stack::start().await;
    let cases = [
        (json!({"quotas": {"active_series": 1_000_001}}), 422),
        (json!({"quotas": {"series": 1}}), 400),
        (json!({"version": 7, "quotas": {}}), 409),
    ];
    for (body, status) in cases {
        let refused = stack.put(&tokens.system, DEMO, &body).await;
        assert_eq!(refused.status(), status, "{body}");
    }
    let shown = stack
        .get(tokens.demo(Role::Viewer), "/api/v1/quotas")
        .await
        .ok();
    assert_eq!(shown["version"], 0);
}

#[tokio::test]
async fn a_viewer_sees_each_quota_with_its_use_and_when_that_was_measured() {
    let (stack, tokens) = Stack::start().await;
    let viewer = tokens.demo(Role::Viewer);
    let before = stack.get(viewer, "/api/v1/quotas").await.ok();
    assert_eq!(before["measured_at"], Value::Null);
    assert_eq!(before["quotas"]["active_series"]["used"], Value::Null);
    let usage = Usage {
        measured_at: stack.now.get(),
        quotas_version: 0,
        active_series: 1_234,
        samples_per_sec: 56,
        senders: 3,
        labels_per_series: 7,
        label_name_bytes: 20,
        label_value_bytes: 90,
        established_parts: 0,
    };
    let demo = TenantId::new("demo").unwrap();
    stack.deps.state.put_usage(&demo, &usage).await.unwrap();
    let shown = stack.get(viewer, "/api/v1/quotas").await.ok();
    assert_eq!(shown["measured_at"], "2026-11-20T09:00:00Z");
    assert_eq!(shown["senders"], 3);
    let expected = json!({
        "active_series": {"limit": 1_000_000, "used": 1_234},
        "samples_per_sec": {"limit": 100_000, "used": 56},
        "body_bytes": {"limit": 4_500_000, "used": null},
        "labels_per_series": {"limit": 64, "used": 7},
        "label_name_bytes": {"limit": 256, "used": 20},
        "label_value_bytes": {"limit": 2_048, "used": 90},
    });
    assert_eq!(shown["quotas"], expected);
    let other = stack
        .get(tokens.other(Role::Viewer), "/api/v1/quotas")
        .await;
    assert_eq!(other.ok()["measured_at"], Value::Null);
}
