//! A tenant that sends more than it may, against the deployed stack.

use serde_json::{Value, json};
use toban_tests::{Flush, Response, Tenant, gauge, now_ms, stack_or_skip, wait_for};

/// Longer than a function remembers quotas.
const UNTIL_KNOWN_SECS: u64 = 25;

fn flush(name: &str, points: u32) -> Flush<'static> {
    let one = |n| gauge(&format!("{name}_{n}"), "web-1:9100", now_ms(), 1.0);
    Flush::mixed((0..points).map(one).collect())
}

fn quota(tenant: &Tenant, name: &str) -> Value {
    tenant.get("/api/v1/quotas").json()["quotas"][name].clone()
}

fn ledger(tenant: &Tenant) -> Value {
    let ledger = tenant.get("/api/v1/rejections").json();
    ledger["senders"][0].clone()
}

fn export(tenant: &Tenant, points: u32) -> Response {
    let time = (now_ms() * 1_000_000).to_string();
    let point = |n| {
        let attribute = json!({"key": "n", "value": {"stringValue": format!("{n}")}});
        json!({"timeUnixNano": time, "asDouble": 1.0, "attributes": [attribute]})
    };
    let points: Vec<Value> = (0..points).map(point).collect();
    let metric = json!({"name": "exported", "gauge": {"dataPoints": points}});
    let body = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]});
    let headers = [("content-type", "application/json")];
    let body = body.to_string();
    tenant.send("ingest", "POST", "/v1/metrics", &headers, body.as_bytes())
}

#[test]
fn who_sends_too_fast_is_asked_to_come_again_and_loses_nothing() {
    let stack = stack_or_skip!();
    let (tenant, other) = (stack.new_tenant("fast"), stack.new_tenant("slow"));
    stack.set_quotas(&tenant, &json!({"samples_per_sec": 2}));
    let mut taken = 0;
    let mut sent = 0;
    let deferred = wait_for("a deferral", UNTIL_KNOWN_SECS, || {
        sent += 1;
        let flush = flush(&format!("m{sent}"), 15);
        let answer = flush.send(&tenant);
        taken += 15 * u64::from(answer.status == 204);
        (answer.status != 204).then_some((flush, answer))
    });
    let (flush, answer) = deferred;
    assert_eq!(answer.status, 503, "{}", answer.text());
    let wait_secs: u64 = answer
        .header("retry-after")
        .unwrap_or_default()
        .parse()
        .unwrap_or(0);
    assert!((1..=10).contains(&wait_secs), "{answer:?}");
    let exported = export(&tenant, 30);
    // The window may have ended in between.
    assert!([200, 429].contains(&exported.status), "{}", exported.text());
    taken += 30 * u64::from(exported.status == 200);
    self::flush("m", 500).taken_by(&other);
    wait_for("the same flush", 30, || {
        let again = flush.send(&tenant);
        (again.status == 204).then_some(())
    });
    let ledger = ledger(&tenant);
    assert_eq!(ledger["taken_points"], taken + 15, "{ledger}");
    assert_eq!(ledger["refused_points"], 0, "{ledger}");
}

#[test]
fn at_the_quota_of_series_new_ones_are_refused_and_everybody_sees_why() {
    let stack = stack_or_skip!();
    let (tenant, other) = (stack.new_tenant("series"), stack.new_tenant("roomy"));
    let established = || flush("established", 20);
    established().taken_by(&tenant);
    stack.set_quotas(&tenant, &json!({"active_series": 20, "body_bytes": 1024}));
    stack.engine().tick("measure-usage");
    let shown = quota(&tenant, "active_series");
    assert_eq!(shown, json!({"limit": 20, "used": 20}));
    let mut attempts = 0;
    let refused = wait_for("a refusal", UNTIL_KNOWN_SECS, || {
        attempts += 1;
        let answer = flush(&format!("new_{attempts}"), 5).send(&tenant);
        (answer.status == 400).then_some(answer)
    });
    assert!(
        refused.text().contains("active_series_quota"),
        "{}",
        refused.text()
    );
    established().taken_by(&tenant);
    flush("new", 5).taken_by(&other);
    let ledger = ledger(&tenant);
    assert_eq!(
        ledger["reasons"][0]["reason"], "active_series_quota",
        "{ledger}"
    );
    let large = wait_for("the quota of bodies", UNTIL_KNOWN_SECS, || {
        let answer = flush("a_name_that_makes_a_body_large_enough", 500).send(&tenant);
        answer.text().contains("quota is 1024").then_some(answer)
    });
    assert_eq!(large.status, 400, "{}", large.text());
    assert!(large.text().contains("quota is 1024"), "{}", large.text());
}
