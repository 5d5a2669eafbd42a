//! Our functions, in the time of the machine.

use access::Role;
use http_access::HttpResponse;
use jiff::Timestamp;
use route_alerts::Plans;
use serde_json::{Value, json};

use crate::compare::Comparison;
use crate::requests::{Answer, Asked};
use crate::support::Stack;

pub struct Ours {
    stack: Stack,
    router: route_alerts::Deps,
}

#[allow(
    clippy::disallowed_methods,
    reason = "Alertmanager's clock is the machine's"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

impl Ours {
    pub async fn start(config: &str) -> Self {
        let stack = Stack::start().await;
        stack.now.set(now());
        let put = ("PUT", "/api/v1/alertmanager/config");
        stack
            .send_as("demo", Role::Admin, put, &[], config)
            .await
            .ok();
        let router = route_alerts::Deps {
            state: stack.deps.state.clone(),
            plans: Plans::default(),
            queues: stack.sqs(),
            alerts_queue_url: format!("{}/alerts", stack.aws.url()),
            notifications_queue_url: format!("{}/notifications", stack.aws.url()),
        };
        Self { stack, router }
    }

    pub async fn ask(&self, asked: &Asked, names: &Comparison) -> Answer {
        self.stack.now.set(now());
        let path = format!("/alertmanager/api/v2{}", names.ours(&asked.path));
        let headers = [("content-type", asked.media_type)];
        let headers = if asked.media_type.is_empty() {
            &[][..]
        } else {
            &headers[..]
        };
        let request = (asked.method, path.as_str());
        let body = names.ours(&asked.body);
        let answer = self
            .stack
            .send_as("demo", Role::Operator, request, headers, &body);
        let answer = answer.await;
        self.route().await;
        Answer::new(answer.status(), &answer.0.body)
    }

    /// A request as a socket brings it, with a token among its headers.
    pub async fn serve(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: &str,
    ) -> HttpResponse {
        self.stack.now.set(now());
        let answer = self.stack.serve((method, path), headers, body).await;
        self.route().await;
        answer
    }

    pub fn token(&self, tenant: &str, role: Role) -> String {
        self.stack.token(tenant, role).to_owned()
    }

    /// What the queue has by now.
    async fn route(&self) {
        let record = |(number, message): (usize, &Value)| {
            json!({
                "messageId": number.to_string(), "receiptHandle": "r", "body": message.to_string(),
                "attributes": {"ApproximateReceiveCount": "1"}, "messageAttributes": {},
            })
        };
        let messages = self.stack.aws.messages();
        let records: Vec<Value> = messages.iter().enumerate().map(record).collect();
        if records.is_empty() {
            return;
        }
        let event = json!({ "Records": records });
        let routed = route_alerts::handle(&self.router, event, now())
            .await
            .unwrap();
        assert_eq!(routed["batchItemFailures"], json!([]));
        self.stack.aws.messages();
    }
}
