//! From a decided transition to its receiver, through the deployed queues, functions and table.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by it"
)]

#[path = "../../functions/deliver-notifications/tests/support/endpoint.rs"]
#[allow(dead_code, reason = "each test uses what it needs")]
mod endpoint;

use std::time::Duration;

use endpoint::{Answer, Endpoint};
use serde_json::{Value, json};
use toban_tests::{Stack, Tenant, now_ms, stack_or_skip, wait_for};

/// One call of a JSON service of the engine.
fn aws(stack: &Stack, target: &str, body: &Value) -> Value {
    let service = target
        .split(['.', '_'])
        .next()
        .unwrap_or_default()
        .to_lowercase();
    let service = service.trim_start_matches("amazon");
    let credential = format!(
        "AWS4-HMAC-SHA256 Credential=test/20261120/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=x"
    );
    let mut answer = ureq::post(&stack.aws_endpoint_url)
        .header("x-amz-target", target)
        .header("content-type", "application/x-amz-json-1.0")
        .header("authorization", credential)
        .send(body.to_string())
        .expect("the engine answers");
    let text = answer.body_mut().read_to_string().unwrap();
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

fn send(stack: &Stack, queue: &str, message: &str) {
    let body = json!({"QueueUrl": stack.outputs[queue], "MessageBody": message});
    let sent = aws(stack, "AmazonSQS.SendMessage", &body);
    assert!(sent["MessageId"].is_string(), "{sent}");
}

/// Waits for a message in a dead-letter queue that contains `marker`.
fn dead_letter(stack: &Stack, queue: &str, marker: &str) -> String {
    wait_for("a dead letter", 60, || {
        let ask = json!({
            "QueueUrl": stack.outputs[queue], "MaxNumberOfMessages": 10, "VisibilityTimeout": 1,
        });
        let answer = aws(stack, "AmazonSQS.ReceiveMessage", &ask);
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        let mut bodies = messages
            .iter()
            .filter_map(|message| message["Body"].as_str());
        bodies.find(|body| body.contains(marker)).map(str::to_owned)
    })
}

fn webhook(name: &str, url: &str) -> Value {
    json!({"name": name, "kind": "webhook", "url": url})
}

/// A tenant with these receivers, which may be on this machine.
fn tenant(stack: &Stack, purpose: &str, receivers: &[Value]) -> Tenant {
    let tenant = stack.new_tenant(purpose);
    set(&tenant, receivers, &["127.0.0.0/8"]);
    tenant
}

fn set(tenant: &Tenant, receivers: &[Value], allowed: &[&str]) {
    let found = tenant
        .api("admin", "GET", "/api/v1/settings", &Value::Null)
        .json();
    let settings = json!({
        "default_receivers": receivers, "outbound_allow_list": allowed, "language": "ja",
    });
    let change = json!({"version": found["version"], "settings": settings});
    let answer = tenant.api("admin", "PUT", "/api/v1/settings", &change);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap().to_string()
}

/// A message on the queue `alerts`: one alert fired, or ended.
fn transition(tenant: &Tenant, sequence: u64, change: &str, instance: &str) -> String {
    let now = now_ms();
    json!({
        "version": 1, "tenant": tenant.name, "source": format!("host.{instance}#test"),
        "sequence": sequence, "part": 0, "decided_at": time(now),
        "transitions": [{
            "change": change, "caused_at": time(now),
            "alert": {
                "labels": {"alertname": "HighLoad", "instance": instance, "severity": "critical"},
                "annotations": {"summary": "Load is <high>"}, "value": "9.5",
                "starts_at": time(1_763_632_800_000),
                "ends_at": (change == "resolved").then(|| time(now)),
            },
        }],
    })
    .to_string()
}

/// The tenant's notifications once `enough` holds of them.
fn notifications(tenant: &Tenant, secs: u64, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    wait_for("what is expected of the notifications", secs, || {
        let answer = tenant.get("/api/v1/notifications");
        assert_eq!(answer.status, 200, "{}", answer.text());
        let all = answer.json()["notifications"].as_array().unwrap().clone();
        enough(&all).then_some(all)
    })
}

fn state(notification: &Value) -> &str {
    notification["status"]["state"].as_str().unwrap()
}

fn all_are(wanted: &'static str, count: usize) -> impl Fn(&[Value]) -> bool {
    move |all| all.len() == count && all.iter().all(|one| state(one) == wanted)
}

fn order(tenant: &Tenant, id: &Value) -> String {
    json!({"version": 1, "tenant": tenant.name, "notification": id}).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_on_both_queues_make_one_delivery() {
    let stack = stack_or_skip!();
    let hook = Endpoint::start(vec![Answer::status(200)]).await;
    let tenant = tenant(&stack, "dup", &[webhook("ops", &hook.url())]);
    let fired = transition(&tenant, 1, "fired", "web-1");
    for _ in 0..4 {
        send(&stack, "AlertsQueueUrl", &fired);
    }
    let sent = notifications(&tenant, 30, all_are("delivered", 1));
    for _ in 0..4 {
        send(
            &stack,
            "NotificationsQueueUrl",
            &order(&tenant, &sent[0]["id"]),
        );
        send(&stack, "AlertsQueueUrl", &fired);
    }
    send(
        &stack,
        "AlertsQueueUrl",
        &transition(&tenant, 2, "resolved", "web-1"),
    );
    let sent = notifications(&tenant, 30, all_are("delivered", 2));
    assert_eq!(sent[1]["reason"], "first_notification");
    assert_eq!(sent[0]["reason"], "all_resolved");
    let seen = hook.seen();
    let statuses: Vec<_> = seen
        .iter()
        .map(|seen| seen.json()["status"].clone())
        .collect();
    assert_eq!(statuses, ["firing", "resolved"]);
    assert_eq!(seen[0].json()["version"], "4");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_recovers_is_told_once_after_three_attempts() {
    let stack = stack_or_skip!();
    let answers = vec![
        Answer::status(500),
        Answer::status(500),
        Answer::status(200),
    ];
    let hook = Endpoint::start(answers).await;
    let tenant = tenant(&stack, "recovers", &[webhook("ops", &hook.url())]);
    send(
        &stack,
        "AlertsQueueUrl",
        &transition(&tenant, 1, "fired", "web-1"),
    );
    let sent = notifications(&tenant, 60, all_are("delivered", 1));
    let attempts = sent[0]["attempts"].as_array().unwrap();
    let codes: Vec<_> = attempts
        .iter()
        .map(|one| one["result"]["status_code"].clone())
        .collect();
    assert_eq!(codes, [500, 500, 200]);
    assert_eq!(hook.seen().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_asks_for_time_gets_it() {
    let stack = stack_or_skip!();
    let busy = Answer::Status(429, "retry-after: 6\r\n", String::new());
    let hook = Endpoint::start(vec![busy, Answer::status(200)]).await;
    let tenant = tenant(&stack, "busy", &[webhook("ops", &hook.url())]);
    send(
        &stack,
        "AlertsQueueUrl",
        &transition(&tenant, 1, "fired", "web-1"),
    );
    let sent = notifications(&tenant, 60, all_are("delivered", 1));
    let began = |at: usize| {
        let text = sent[0]["attempts"][at]["at"].as_str().unwrap();
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    };
    let waited_ms = began(1) - began(0);
    assert!(waited_ms >= 6_000, "{waited_ms}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_address_fails_with_its_reason_and_delays_no_other() {
    let stack = stack_or_skip!();
    let hook = Endpoint::start(vec![Answer::status(200)]).await;
    let port = hook.address.port();
    let tenant = tenant(&stack, "ssrf", &[]);
    let link_local = json!({"default_receivers": [webhook("m", "http://169.254.169.254/latest/")]});
    let refused = tenant.api(
        "admin",
        "PUT",
        "/api/v1/settings",
        &json!({"version": 1, "settings": link_local}),
    );
    assert_eq!(refused.status, 422, "an address is judged when it is set");
    // A name is judged when it is sent to.
    let by_name = webhook("by name", &format!("http://localhost:{port}/"));
    let by_address = webhook("by address", &hook.url());
    let one_address = format!("127.0.0.1:{}", hook.address.port());
    set(&tenant, &[by_name.clone(), by_address], &[&one_address]);
    send(
        &stack,
        "AlertsQueueUrl",
        &transition(&tenant, 1, "fired", "web-1"),
    );
    notifications(&tenant, 30, all_are("delivered", 2));
    set(&tenant, &[by_name], &["192.168.0.0/16"]);
    send(
        &stack,
        "AlertsQueueUrl",
        &transition(&tenant, 1, "fired", "web-2"),
    );
    let all = notifications(&tenant, 30, |all| {
        all.iter().any(|one| state(one) == "failed")
    });
    let reason = all.iter().find(|one| state(one) == "failed").unwrap()["status"]["reason"].clone();
    let reason = reason.as_str().unwrap();
    assert!(reason.contains("is refused: loopback address"), "{reason}");
    assert_eq!(hook.seen().len(), 2);
    let id = all.iter().find(|one| state(one) == "failed").unwrap()["id"].clone();
    dead_letter(
        &stack,
        "NotificationsDeadLetterQueueUrl",
        id.as_str().unwrap(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_is_refused_even_where_the_settings_allow_everything() {
    let stack = stack_or_skip!();
    let tenant = tenant(&stack, "meta", &[]);
    // Written past the API, which would not take it.
    let item = json!({
        "pk": {"S": format!("{}#settings", tenant.name)}, "sk": {"S": "settings"},
        "version": {"N": "9"},
        "settings": {"M": {
            "default_receivers": {"L": [{"M": {
                "name": {"S": "meta"}, "kind": {"S": "webhook"},
                "url": {"S": "http://169.254.169.254/latest/meta-data/"},
            }}]},
            "outbound_allow_list": {"L": [{"S": "0.0.0.0/0"}]},
        }},
    });
    let put = json!({"TableName": stack.outputs["StateTableName"], "Item": item});
    aws(&stack, "DynamoDB_20120810.PutItem", &put);
    send(
        &stack,
        "AlertsQueueUrl",
        &transition(&tenant, 1, "fired", "web-1"),
    );
    let failed = notifications(&tenant, 30, all_are("failed", 1));
    let reason = failed[0]["status"]["reason"].as_str().unwrap();
    assert_eq!(
        reason,
        "169.254.169.254:80 is refused: metadata and control addresses are never allowed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_ends_before_it_could_say_so_sends_again_under_the_same_key() {
    let stack = stack_or_skip!();
    let hook = Endpoint::start(vec![Answer::Hang, Answer::status(200)]).await;
    let tenant = tenant(&stack, "crash", &[webhook("ops", &hook.url())]);
    send(
        &stack,
        "AlertsQueueUrl",
        &transition(&tenant, 1, "fired", "web-1"),
    );
    wait_for("the first sending", 30, || {
        (!hook.seen().is_empty()).then_some(())
    });
    // From now on the function can't write what became of it.
    stack.faults().add(
        "refuse",
        &tenant.name,
        "deliver-notifications",
        "PutItem",
        4,
    );
    let sent = notifications(&tenant, 150, |all| {
        stack.engine().tick("route-alerts");
        std::thread::sleep(Duration::from_secs(1));
        all_are("delivered", 1)(all)
    });
    let seen = hook.seen();
    assert_eq!(seen.len(), 2);
    let keys: Vec<_> = seen
        .iter()
        .map(|seen| seen.header("idempotency-key").unwrap())
        .collect();
    assert_eq!(keys, [sent[0]["id"].as_str().unwrap(); 2]);
    assert_eq!(sent[0]["attempts"][0]["result"], Value::Null);
    assert_eq!(seen[0].body, seen[1].body);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_malformed_messages_become_dead_letters() {
    let stack = stack_or_skip!();
    let hook = Endpoint::start(vec![Answer::status(200)]).await;
    let tenant = tenant(&stack, "malformed", &[webhook("ops", &hook.url())]);
    let bad = format!("{{\"bad\": \"{}\"", tenant.name);
    for queue in ["Alerts", "Notifications"] {
        send(&stack, &format!("{queue}QueueUrl"), &bad);
    }
    send(
        &stack,
        "AlertsQueueUrl",
        &transition(&tenant, 1, "fired", "web-1"),
    );
    notifications(&tenant, 30, all_are("delivered", 1));
    for queue in ["Alerts", "Notifications"] {
        let letter = dead_letter(&stack, &format!("{queue}DeadLetterQueueUrl"), &tenant.name);
        assert_eq!(letter, bad, "{queue}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_arrive_in_both_languages() {
    let stack = stack_or_skip!();
    let address = |language: &str| format!("{language}-{}@example.com", now_ms());
    let (english, japanese) = (address("en"), address("ja"));
    let mail =
        |name: &str, to: &str| json!({"name": name, "kind": "mail", "to": to, "language": name});
    let tenant = tenant(
        &stack,
        "mail",
        &[mail("en", &english), mail("ja", &japanese)],
    );
    send(
        &stack,
        "AlertsQueueUrl",
        &transition(&tenant, 1, "fired", "web-1"),
    );
    notifications(&tenant, 30, all_are("delivered", 2));
    let url = format!("{}/_ministack/ses/messages", stack.aws_endpoint_url);
    let text = ureq::get(url)
        .call()
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap();
    let box_: Value = serde_json::from_str(&text).unwrap();
    let all: Vec<Value> = box_["messages"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|messages| messages.as_array().unwrap().clone())
        .collect();
    for (to, subject, html) in [
        (
            english,
            "[FIRING] HighLoad web-1 (critical)",
            "HighLoad is firing on web-1.",
        ),
        (
            japanese,
            "[発生] HighLoad web-1 (critical)",
            "web-1 で HighLoad が発生しています。",
        ),
    ] {
        let mut to_this = all.iter().filter(|mail| mail["To"][0] == to.as_str());
        let mail = to_this.next().expect("the mail is in the box");
        assert_eq!(mail["Subject"], subject);
        let body = mail.to_string();
        assert!(
            body.contains(html) && body.contains("Load is &lt;high&gt;"),
            "{body}"
        );
        assert_eq!(to_this.next(), None, "once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_is_told() {
    let stack = stack_or_skip!();
    let name = format!("toban-receiver-{}", now_ms());
    let topic_arn = format!("arn:aws:sns:us-east-1:000000000000:{name}");
    let queue_arn = format!("arn:aws:sqs:us-east-1:000000000000:{name}");
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": queue_arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }]});
    let wanted = json!({"QueueName": name, "Attributes": {"Policy": policy.to_string()}});
    let queue = aws(&stack, "AmazonSQS.CreateQueue", &wanted);
    let queue_url = queue["QueueUrl"].as_str().unwrap();
    for form in [
        format!("Action=CreateTopic&Version=2010-03-31&Name={name}"),
        format!(
            "Action=Subscribe&Version=2010-03-31&TopicArn={topic_arn}&Protocol=sqs&Endpoint={queue_arn}"
        ),
    ] {
        let authorization = "AWS4-HMAC-SHA256 Credential=test/20261120/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=x";
        ureq::post(&stack.aws_endpoint_url)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", authorization)
            .send(form)
            .expect("the engine takes it");
    }
    let receiver = json!({"name": "topic", "kind": "sns", "topic_arn": topic_arn});
    let tenant = tenant(&stack, "topic", &[receiver]);
    send(
        &stack,
        "AlertsQueueUrl",
        &transition(&tenant, 1, "fired", "web-1"),
    );
    notifications(&tenant, 30, all_are("delivered", 1));
    let ask = json!({"QueueUrl": queue_url, "WaitTimeSeconds": 5});
    let received = aws(&stack, "AmazonSQS.ReceiveMessage", &ask);
    let envelope: Value =
        serde_json::from_str(received["Messages"][0]["Body"].as_str().unwrap()).unwrap();
    assert_eq!(envelope["Subject"], "[FIRING] HighLoad web-1 (critical)");
    assert!(
        envelope["Message"]
            .as_str()
            .unwrap()
            .contains("web-1 で HighLoad が発生しています。")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_without_beginning_is_listed_as_not_sent_and_why() {
    let stack = stack_or_skip!();
    let hook = Endpoint::start(vec![Answer::status(200)]).await;
    let tenant = tenant(&stack, "overtaken", &[webhook("ops", &hook.url())]);
    send(
        &stack,
        "AlertsQueueUrl",
        &transition(&tenant, 2, "resolved", "web-1"),
    );
    let listed = notifications(&tenant, 30, all_are("not_sent", 1));
    assert_eq!(listed[0]["reason"], "nothing_fired");
    send(
        &stack,
        "AlertsQueueUrl",
        &transition(&tenant, 1, "fired", "web-1"),
    );
    send(
        &stack,
        "AlertsQueueUrl",
        &transition(&tenant, 3, "fired", "web-2"),
    );
    notifications(&tenant, 30, |all| all.len() == 2);
    wait_for("the other alert", 30, || {
        (!hook.seen().is_empty()).then_some(())
    });
    let instances: Vec<_> = hook
        .seen()
        .iter()
        .map(|seen| seen.json()["commonLabels"]["instance"].clone())
        .collect();
    assert_eq!(instances, ["web-2"], "the overtaken beginning is not told");
}
