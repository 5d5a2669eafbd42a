//! Transitions in; stored alerts, notifications and orders out. Table and queue are sockets.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../../deliver-notifications/tests/support/aws.rs"]
mod aws;
#[path = "../../deliver-notifications/tests/support/endpoint.rs"]
#[allow(dead_code, reason = "a queue neither hangs nor hangs up here")]
mod endpoint;

use std::collections::BTreeMap;

use aws::client;
use endpoint::{Answer, Endpoint};
use ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use messages::{Alert, Change, Transition, TransitionBatch};
use route_alerts::{Deps, Plans, handle};
use serde_json::{Value, json};
use series::Labels;
use state_table::StateTable;
use state_table::notifications::{Notification, Status};

struct World {
    deps: Deps,
    queue: Endpoint,
    dynamo: aws_sdk_dynamodb::Client,
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_763_632_800 + secs).unwrap()
}

fn demo() -> TenantId {
    TenantId::new("demo").unwrap()
}

impl World {
    async fn new(receivers: &[&str]) -> Self {
        let sent = json!({"Successful": [], "Failed": []}).to_string();
        Self::with_queue(receivers, Answer::Status(200, "", sent)).await
    }

    async fn with_queue(receivers: &[&str], answer: Answer) -> Self {
        let dynamo = aws::table().await;
        let queue = Endpoint::start(vec![answer]).await;
        let deps = Deps {
            state: StateTable::new(dynamo.clone(), "state"),
            plans: Plans::default(),
            queues: client!(aws_sdk_sqs, queue.url()),
            alerts_queue_url: format!("{}/alerts", queue.url()),
            notifications_queue_url: format!("{}/notifications", queue.url()),
        };
        let receivers: Vec<Value> = receivers
            .iter()
            .map(|name| json!({"name": name, "kind": "webhook", "url": "https://hooks.example/secret"}))
            .collect();
        let item = json!({
            "pk": "demo#settings", "sk": "settings", "version": 1,
            "settings": {"default_receivers": receivers, "language": "ja"},
        });
        let put = dynamo.put_item().table_name("state");
        put.set_item(Some(serde_dynamo::to_item(item).unwrap()))
            .send()
            .await
            .unwrap();
        Self {
            deps,
            queue,
            dynamo,
        }
    }

    async fn route(&self, bodies: &[String]) -> Vec<String> {
        self.route_received(bodies, 1).await
    }

    async fn route_received(&self, bodies: &[String], receive_count: u32) -> Vec<String> {
        let record = |(number, body): (usize, &String)| {
            json!({
                "messageId": number.to_string(), "receiptHandle": "r", "body": body,
                "attributes": {"ApproximateReceiveCount": receive_count.to_string()},
                "messageAttributes": {},
            })
        };
        let records: Vec<_> = bodies.iter().enumerate().map(record).collect();
        let response = handle(&self.deps, json!({ "Records": records }), at(1))
            .await
            .unwrap();
        let failures = response["batchItemFailures"].as_array().unwrap().iter();
        failures
            .map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn tick(&self, now: Timestamp) -> Value {
        let event = json!({"schedule": "route-alerts", "scheduled_at": now.to_string()});
        handle(&self.deps, event, now).await.unwrap()["sent_again"].clone()
    }

    async fn notifications(&self) -> Vec<Notification> {
        let page = self
            .deps
            .state
            .notifications_page(&demo(), 100, None)
            .await
            .unwrap();
        page.items
    }

    /// Ids in the orders that the queue saw.
    fn ordered(&self) -> Vec<String> {
        let seen = self.queue.seen();
        let batches = seen
            .iter()
            .filter(|s| s.header("x-amz-target") == Some("AmazonSQS.SendMessageBatch"));
        batches
            .flat_map(|batch| batch.json()["Entries"].as_array().unwrap().clone())
            .map(|entry| {
                serde_json::from_str::<Value>(entry["MessageBody"].as_str().unwrap()).unwrap()
            })
            .filter_map(|order| Some(order["notification"].as_str()?.to_owned()))
            .collect()
    }
}

fn batch(sequence: u64, changes: &[(Change, &str)]) -> String {
    let transition = |(change, instance): &(Change, &str)| Transition {
        change: *change,
        alert: Alert {
            labels: Labels::new([("alertname", "HighLoad"), ("instance", *instance)]).unwrap(),
            annotations: BTreeMap::new(),
            value: 9.5,
            starts_at: at(0),
            ends_at: (*change == Change::Resolved).then(|| at(30)),
        },
        caused_at: at(0),
    };
    let batch = TransitionBatch {
        version: 1,
        tenant: demo(),
        source: "host.web-1#rule".to_owned(),
        sequence,
        part: 0,
        decided_at: at(0),
        transitions: changes.iter().map(transition).collect(),
    };
    serde_json::to_string(&batch).unwrap()
}

#[tokio::test]
async fn a_duplicate_of_a_decision_makes_nothing_new() {
    let world = World::new(&["ops", "dev"]).await;
    let fired = batch(1, &[(Change::Fired, "a"), (Change::Fired, "b")]);
    assert!(
        world
            .route(&[fired.clone(), fired.clone()])
            .await
            .is_empty()
    );
    assert!(world.route(&[fired]).await.is_empty());
    let notifications = world.notifications().await;
    assert_eq!(notifications.len(), 4, "two alerts, two receivers");
    assert!(notifications.iter().all(|n| n.status == Status::Pending));
    let mut ordered = world.ordered();
    ordered.sort();
    let mut stored: Vec<_> = notifications.iter().map(|n| n.id.to_string()).collect();
    stored.sort();
    assert_eq!(ordered, stored, "one order each");
    let shown = serde_json::to_string(&notifications).unwrap();
    assert!(!shown.contains("secret"), "{shown}");
}

#[tokio::test]
async fn an_end_that_overtakes_its_beginning_tells_nobody_and_says_why() {
    let world = World::new(&["ops"]).await;
    let (fired, ended) = (
        batch(1, &[(Change::Fired, "a")]),
        batch(2, &[(Change::Resolved, "a")]),
    );
    assert!(world.route(&[ended, fired]).await.is_empty());
    let notifications = world.notifications().await;
    assert_eq!(notifications.len(), 1);
    assert_eq!(notifications[0].status, Status::NotSent);
    assert_eq!(
        serde_json::to_value(notifications[0].reason).unwrap(),
        "nothing_fired"
    );
    assert!(world.ordered().is_empty());
}

#[tokio::test]
async fn two_functions_at_once_decide_once() {
    let world = World::new(&["ops"]).await;
    let fired = [batch(
        1,
        &[
            (Change::Fired, "a"),
            (Change::Fired, "b"),
            (Change::Fired, "c"),
        ],
    )];
    let results = futures::future::join_all((0..8).map(|_| world.route(&fired))).await;
    assert!(results.iter().all(Vec::is_empty), "{results:?}");
    assert_eq!(world.notifications().await.len(), 3);
    let mut ordered = world.ordered();
    ordered.sort();
    ordered.dedup();
    assert_eq!(ordered.len(), 3);
    assert_eq!(
        world.ordered().len(),
        3,
        "whoever lost the race orders nothing"
    );
}

#[tokio::test]
async fn only_the_malformed_record_fails() {
    let world = World::new(&["ops"]).await;
    let newer = batch(3, &[(Change::Fired, "c")]).replace("\"version\":1", "\"version\":2");
    let bodies = [
        batch(1, &[(Change::Fired, "a")]),
        "not JSON".to_owned(),
        batch(2, &[(Change::Fired, "b")]),
        newer,
    ];
    assert_eq!(world.route(&bodies).await, ["1", "3"]);
    assert_eq!(world.notifications().await.len(), 2);
}

#[tokio::test]
async fn what_the_queue_did_not_take_is_ordered_by_the_sweep_and_only_once() {
    let world = World::with_queue(&["ops"], Answer::status(400)).await;
    assert!(
        world
            .route(&[batch(1, &[(Change::Fired, "a")])])
            .await
            .is_empty(),
        "it is stored"
    );
    let sent = json!({"Successful": [], "Failed": []}).to_string();
    let healthy = Endpoint::start(vec![Answer::Status(200, "", sent)]).await;
    let deps = Deps {
        queues: client!(aws_sdk_sqs, healthy.url()),
        ..world.deps.clone()
    };
    let world = World {
        deps,
        queue: healthy,
        dynamo: world.dynamo,
    };
    assert_eq!(world.tick(at(20)).await, 0, "its message may still come");
    assert_eq!(world.tick(at(60)).await, 1);
    assert_eq!(world.tick(at(61)).await, 0, "another sweep did it");
    assert_eq!(
        world.tick(at(60) + SignedDuration::from_mins(2)).await,
        1,
        "nobody took it yet"
    );
    let id = world.notifications().await[0].id.to_string();
    assert_eq!(world.ordered(), [id.clone(), id]);
}

#[tokio::test]
async fn the_list_is_newest_first_and_goes_on_where_it_stopped() {
    let world = World::new(&["ops"]).await;
    let hosts: Vec<String> = (0..7).map(|n| format!("web-{n}")).collect();
    let changes: Vec<_> = hosts
        .iter()
        .map(|host| (Change::Fired, host.as_str()))
        .collect();
    assert!(world.route(&[batch(1, &changes)]).await.is_empty());
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = world
            .deps
            .state
            .notifications_page(&demo(), 3, after.as_ref())
            .await
            .unwrap();
        after = page.items.last().map(|n| n.id.clone());
        seen.extend(page.items.into_iter().map(|n| n.id));
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 7);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]));
}
