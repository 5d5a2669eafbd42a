//! A table, a queue and receivers in this process, each behind a socket of its own.

#![allow(dead_code, reason = "each test uses a part of it")]

pub mod aws;
pub mod endpoint;

use alert_routing::{Alert, Commit, GroupId, NO_END, NotifyReason, Phase, StoredGroup, Why};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsEvent;
use deliver_notifications::outcome::RetryLimits;
use deliver_notifications::webhook::{WebhookClient, system_tls};
use deliver_notifications::{Config, Deps, Receivers, handle};
use ids::{NotificationId, TenantId};
use jiff::{SignedDuration, Timestamp};
use notification_content::{AlertStatus, NotifiedAlert};
use receiver_secrets::Secrets;
use serde_json::{Value, json};
use series::Labels;
use state_table::StateTable;
use state_table::notifications::{Addressee, Notification, Status};
use state_table::settings::{Language, Receiver, ReceiverKind, Settings};

use aws::client;
use endpoint::{Answer, Endpoint};

pub const LEASE_MS: i64 = 600;

pub struct World {
    pub deps: Deps,
    pub tenant: TenantId,
    pub queue: Endpoint,
    pub mail: Endpoint,
    pub secrets: Endpoint,
    dynamo: aws_sdk_dynamodb::Client,
    made: AtomicU32,
}

pub fn clock() -> Timestamp {
    #[allow(clippy::disallowed_methods, reason = "a test's clock")]
    Timestamp::now()
}

impl World {
    /// A tenant with these receivers, which may be on this machine.
    pub async fn new(receivers: &[(&str, String)]) -> Self {
        let dynamo = aws::table().await;
        let sent = json!({"MessageId": "m", "MD5OfMessageBody": "x"}).to_string();
        let queue = Endpoint::start(vec![Answer::Status(200, "", sent)]).await;
        let mail = Endpoint::start(vec![Answer::Status(
            200,
            "",
            "{\"MessageId\":\"m\"}".to_owned(),
        )])
        .await;
        let secrets = Endpoint::start(vec![Answer::status(400)]).await;
        let deps = Deps {
            state: StateTable::new(dynamo.clone(), "state"),
            queues: client!(aws_sdk_sqs, queue.url()),
            mail: client!(aws_sdk_sesv2, mail.url()),
            topics: client!(aws_sdk_sns, mail.url()),
            webhooks: WebhookClient::new(
                system_tls().unwrap(),
                vec![queue.address],
                Duration::from_millis(400),
            ),
            receivers: receivers_of(&secrets),
            config: Config {
                queue_url: queue.url(),
                mail_from: "toban@example.com".to_owned(),
                public_url: "https://toban.example".to_owned(),
                lease: SignedDuration::from_millis(LEASE_MS),
                retry: RetryLimits {
                    first_wait: SignedDuration::from_millis(40),
                    ..RetryLimits::default()
                },
            },
            clock,
        };
        let tenant = TenantId::new("demo").unwrap();
        let world = Self {
            deps,
            tenant,
            queue,
            mail,
            secrets,
            dynamo,
            made: AtomicU32::new(0),
        };
        world.set_receivers(receivers, "127.0.0.0/8").await;
        world
    }

    /// A tenant with this configuration, its secrets taken out as serve-alertmanager does.
    pub async fn configured(yaml: &str) -> Self {
        let mut world = Self::new(&[]).await;
        world.configure(yaml).await;
        world
    }

    /// Puts a configuration, and forgets what was remembered of the one before.
    pub async fn configure(&mut self, yaml: &str) {
        let mut config = alertmanager_config::Config::parse(yaml).unwrap();
        let taken = config.take_secrets();
        let text = json!({"SecretString": serde_json::to_string(&taken).unwrap()}).to_string();
        let headers = "content-type: application/x-amz-json-1.1\r\n";
        self.secrets = Endpoint::start(vec![Answer::Status(200, headers, text)]).await;
        self.deps.receivers = receivers_of(&self.secrets);
        let item = json!({
            "pk": "demo#alertmanager", "sk": "config", "version": 1,
            "config": config.to_yaml().unwrap(), "secrets_version": "v-1",
        });
        self.put(item).await;
    }

    /// Lets webhooks be signed.
    pub async fn sign_with(&self, secret: &str) {
        let settings = json!({
            "outbound_allow_list": ["127.0.0.0/8"], "webhook_signing_secret": secret, "language": "en",
        });
        let item =
            json!({"pk": "demo#settings", "sk": "settings", "version": 1, "settings": settings});
        self.put(item).await;
    }

    async fn put(&self, item: Value) {
        let put = self.dynamo.put_item().table_name("state");
        put.set_item(Some(serde_dynamo::to_item(item).unwrap()))
            .send()
            .await
            .unwrap();
    }

    pub async fn set_receivers(&self, receivers: &[(&str, String)], allowed: &str) {
        let receiver = |(name, address): &(&str, String)| Receiver {
            name: (*name).to_owned(),
            kind: kind_of(address),
        };
        let settings = Settings {
            default_receivers: receivers.iter().map(receiver).collect(),
            outbound_allow_list: serde_json::from_value(json!([allowed])).unwrap(),
            ..Settings::default()
        };
        let item =
            json!({"pk": "demo#settings", "sk": "settings", "version": 1, "settings": settings});
        self.put(item).await;
    }

    /// Stores a pending notification, as route-alerts does, and returns its id.
    pub async fn notify(&self, receiver: &str, after: Option<&NotificationId>) -> NotificationId {
        self.tell((receiver, receiver), AlertStatus::Firing, after)
            .await
    }

    /// The same for a receiver of the configuration.
    pub async fn tell_configured(&self, integration: &str, status: AlertStatus) -> NotificationId {
        let name = integration.split('/').next().unwrap();
        self.tell((name, integration), status, None).await
    }

    async fn tell(
        &self,
        (receiver, integration): (&str, &str),
        status: AlertStatus,
        after: Option<&NotificationId>,
    ) -> NotificationId {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let alert = high_load(number);
        let labels = alert.labels.clone();
        let notification = Notification {
            id: NotificationId::new(format!("n-{number}")).unwrap(),
            tenant: self.tenant.clone(),
            receiver: Some(Addressee {
                name: receiver.to_owned(),
                integration: integration.to_owned(),
                kind: "webhook".to_owned(),
                place: String::new(),
            }),
            language: Language::Ja,
            reason: Why::Told(NotifyReason::FirstNotification),
            group_key: "{}:{}".to_owned(),
            group_labels: labels,
            omitted_alerts: 0,
            alerts: vec![NotifiedAlert::bounded(status, alert)],
            caused_at: clock(),
            decided_at: clock(),
            created_at: clock(),
            after: after.cloned(),
            status: Status::Pending,
            attempts_made: 0,
            attempts: Vec::new(),
            revision: 1,
        };
        let id = notification.id.clone();
        let group = StoredGroup {
            id: GroupId(id.to_string()),
            key: "{}:{}".to_owned(),
            labels: Labels::default(),
            phase: Phase::Idle,
            silent: BTreeMap::new(),
            noticed: std::collections::BTreeSet::new(),
            version: 1,
        };
        let commit = Commit {
            group,
            told: BTreeMap::new(),
            notices: Vec::new(),
        };
        let state = &self.deps.state;
        let made = [notification];
        let written = state.commit_group(&self.tenant, &commit, &made, clock());
        let written = written.await;
        assert!(written.unwrap().is_stored());
        id
    }

    pub fn order(&self, id: &NotificationId) -> String {
        json!({"version": 1, "tenant": self.tenant, "notification": id}).to_string()
    }

    /// Hands a batch over and returns the numbers of the records that failed.
    pub async fn deliver(&self, bodies: &[String]) -> Vec<usize> {
        let response = handle(&self.deps, event(bodies)).await;
        let failed = response.batch_item_failures.iter();
        failed
            .map(|failure| failure.item_identifier.parse().unwrap())
            .collect()
    }

    pub async fn deliver_one(&self, id: &NotificationId) -> bool {
        self.deliver(&[self.order(id)]).await.is_empty()
    }

    pub async fn notification(&self, id: &NotificationId) -> Notification {
        self.deps
            .state
            .notification(&self.tenant, id)
            .await
            .unwrap()
            .unwrap()
    }

    /// What was asked of the queue, by action.
    pub fn asked_of_queue(&self, action: &str) -> Vec<Value> {
        let target = format!("AmazonSQS.{action}");
        let all = self.queue.seen();
        all.iter()
            .filter(|seen| seen.header("x-amz-target") == Some(&target))
            .map(endpoint::Seen::json)
            .collect()
    }
}

pub fn receivers_of(secrets: &Endpoint) -> Receivers {
    let client = client!(aws_sdk_secretsmanager, secrets.url());
    Receivers::new(Secrets::new(client, "toban"))
}

pub fn event(bodies: &[String]) -> SqsEvent {
    let record = |(number, body): (usize, &String)| {
        json!({
            "messageId": number.to_string(), "receiptHandle": "r", "body": body,
            "attributes": {"ApproximateReceiveCount": "1"}, "messageAttributes": {},
        })
    };
    let records: Vec<_> = bodies.iter().enumerate().map(record).collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

fn kind_of(address: &str) -> ReceiverKind {
    if address.starts_with("arn:") {
        return ReceiverKind::Sns {
            topic_arn: address.to_owned(),
        };
    }
    match address.split_once('@') {
        Some(_) => ReceiverKind::Mail {
            to: address.to_owned(),
            language: Language::Ja,
        },
        None => ReceiverKind::Webhook {
            url: address.to_owned(),
        },
    }
}

pub fn mail_client(url: &str) -> aws_sdk_sesv2::Client {
    client!(aws_sdk_sesv2, url)
}

pub fn topic_client(url: &str) -> aws_sdk_sns::Client {
    client!(aws_sdk_sns, url)
}

pub async fn pause_ms(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

fn high_load(number: u32) -> Alert {
    let instance = format!("web-{number}");
    let labels = [("alertname", "HighLoad"), ("instance", instance.as_str())];
    Alert {
        labels: Labels::new(labels).unwrap(),
        annotations: BTreeMap::from([("summary".to_owned(), "it is \"hot\"".to_owned())]),
        value: "9.5".to_owned(),
        starts_at: clock(),
        ends_at: NO_END,
        ends_by_timeout: false,
        updated_at: clock(),
        generator_url: String::new(),
    }
}
