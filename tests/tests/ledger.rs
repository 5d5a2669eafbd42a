//! What was sent is taken or refused, and `GET /api/v1/rejections` says how much of each, to the point.

use serde_json::{Value, json};
use toban_tests::{Response, Tenant, gauge, now_ms, stack_or_skip};

const TWO_DAYS_MS: i64 = 2 * 24 * 60 * 60 * 1000;

fn remote_write(tenant: &Tenant, good: usize, old: usize) -> Response {
    let now = now_ms();
    let series = |count: usize, name: &'static str, at_ms: i64| {
        (0..count).map(move |n| gauge(&format!("{name}_{n}"), "web-1", at_ms, 1.0))
    };
    let all: Vec<_> = series(good, "good", now)
        .chain(series(old, "old", now - TWO_DAYS_MS))
        .collect();
    let headers = [
        ("content-type", "application/x-protobuf"),
        ("content-encoding", "snappy"),
    ];
    let body = remote_write::encode(&all);
    tenant.send("ingest", "POST", "/api/v1/write", &headers, &body)
}

fn otlp(tenant: &Tenant, good: usize, timeless: usize) -> Response {
    let nanos = (now_ms() * 1_000_000).to_string();
    let point = |n: usize, time: Option<&str>| {
        let n = json!([{"key": "n", "value": {"intValue": n.to_string()}}]);
        json!({"attributes": n, "timeUnixNano": time.unwrap_or("0"), "asDouble": 1.5})
    };
    let good = (0..good).map(|n| point(n, Some(&nanos)));
    let points: Vec<Value> = good.chain((0..timeless).map(|n| point(n, None))).collect();
    let body = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [
        {"name": "queue.length", "gauge": {"dataPoints": points}}
    ]}]}]});
    let headers = [("content-type", "application/json")];
    tenant.send(
        "ingest",
        "POST",
        "/v1/metrics",
        &headers,
        body.to_string().as_bytes(),
    )
}

fn senders(tenant: &Tenant, query: &str) -> Vec<Value> {
    let answer = tenant.get(&format!("/api/v1/rejections{query}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut page = answer.json();
    page["senders"]
        .as_array_mut()
        .map(std::mem::take)
        .unwrap_or_default()
}

fn reason<'v>(sender: &'v Value, name: &str) -> &'v Value {
    let mut reasons = sender["reasons"].as_array().into_iter().flatten();
    reasons
        .find(|one| one["reason"] == name)
        .unwrap_or(&Value::Null)
}

#[test]
fn the_sums_of_the_ledger_are_what_was_sent() {
    let stack = stack_or_skip!();
    let (tenant, other) = (stack.new_tenant("ledger"), stack.new_tenant("ledger-other"));
    assert_eq!(remote_write(&tenant, 40, 0).status, 204);
    assert_eq!(remote_write(&tenant, 10, 3).status, 400);
    assert_eq!(remote_write(&tenant, 0, 5).status, 400);
    let partial = otlp(&tenant, 6, 2);
    assert_eq!(
        partial.json()["partialSuccess"]["rejectedDataPoints"],
        "2",
        "{}",
        partial.text()
    );
    assert_eq!(otlp(&tenant, 4, 0).text(), "{}");
    let unread = tenant.send(
        "ingest",
        "POST",
        "/v1/metrics",
        &[("content-type", "application/json")],
        b"{",
    );
    assert_eq!(
        (unread.status, unread.json()["code"].as_u64()),
        (400, Some(3)),
        "{}",
        unread.text()
    );

    let found = senders(&tenant, "");
    let [sender] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(sender["taken_points"], 40 + 10 + 6 + 4, "{sender}");
    assert_eq!(sender["refused_points"], 3 + 5 + 2, "{sender}");
    assert_eq!(
        (&sender["refused_bodies"], &sender["is_complete"]),
        (&json!(1), &json!(true))
    );
    let old = reason(sender, "too_old");
    assert_eq!(
        (&old["count"], &old["bodies"]),
        (&json!(8), &json!(2)),
        "{sender}"
    );
    assert!(
        old["example"]
            .as_str()
            .is_some_and(|text| text.starts_with("old_0{")),
        "{old}"
    );
    assert_eq!(
        reason(sender, "missing_time")["protocol"],
        "otlp",
        "{sender}"
    );
    assert!(
        senders(&other, "").is_empty(),
        "another tenant's ledger is its own"
    );
}

#[test]
fn the_ledger_is_read_by_sender_and_time_in_pages() {
    let stack = stack_or_skip!();
    let mut tenant = stack.new_tenant("ledger-pages");
    for _ in 0..3 {
        assert_eq!(remote_write(&tenant, 1, 0).status, 204);
        tenant = tenant.with_new_token("ingest");
    }
    let page = tenant.get("/api/v1/rejections?limit=2").json();
    assert_eq!(page["senders"].as_array().map(Vec::len), Some(2), "{page}");
    let next = page["next"].as_str().expect("there is more");
    let rest = senders(&tenant, &format!("?limit=2&next={next}"));
    assert_eq!(rest.len(), 1, "{rest:?}");
    let name = rest[0]["sender"].as_str().expect("a sender has a name");
    assert_eq!(senders(&tenant, &format!("?sender={name}")), rest);
    let earlier = senders(&tenant, "?start=1000&end=2000");
    assert!(
        earlier.iter().all(|sender| sender["taken_points"] == 0),
        "{earlier:?}"
    );
    for query in ["?start=x", "?start=2&end=1", "?limit=0", "?next=*"] {
        assert_eq!(
            tenant.get(&format!("/api/v1/rejections{query}")).status,
            400,
            "{query}"
        );
    }
}
