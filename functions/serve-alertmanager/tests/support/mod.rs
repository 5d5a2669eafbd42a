//! The function behind its real door; table, queue and Secrets Manager are sockets.
#![allow(dead_code, reason = "each test file uses its part")]

#[path = "../../../deliver-notifications/tests/support/aws.rs"]
mod aws;
#[path = "../../../serve-api/tests/support/schema.rs"]
mod schema;
pub mod secrets_manager;

use std::cell::Cell;

use access::routes::AlertmanagerRoute;
use access::{Holder, HolderKind, Role, Token};
use alert_routing::{Said, StoredAlert};
use aws::client;
use http_access::{Entry, HttpEvent, HttpResponse, serve};
use ids::{TenantId, TokenId};
use jiff::{SignedDuration, Timestamp};
use secrets_manager::SecretsManager;
use serde_json::{Value, json};
use serve_alertmanager::{AlertsQueue, Deps, Secrets, handle};
use state_table::StateTable;
use state_table::audit::Actor;
use state_table::settings::Settings;
use state_table::tenants::{NewTenant, Tenant};
use state_table::tokens::StoredToken;

/// One function instance and what it talks to; the clock stands until it is moved.
pub struct Stack {
    pub entry: Entry,
    pub deps: Deps,
    pub now: Cell<Timestamp>,
    pub aws: SecretsManager,
    tokens: Vec<(&'static str, Role, String)>,
    minted: Cell<u8>,
}

impl Stack {
    /// With the tenants `demo` and `other`, and a token of each role.
    pub async fn start() -> Self {
        let state = StateTable::new(aws::table().await, "state");
        let aws = SecretsManager::start().await;
        let deps = Deps {
            state: state.clone(),
            secrets: Secrets::new(client!(aws_sdk_secretsmanager, aws.url()), "toban-test"),
            queue: AlertsQueue::new(client!(aws_sdk_sqs, aws.url()), aws.url() + "/alerts"),
            started_at: Timestamp::UNIX_EPOCH,
        };
        let mut stack = Self {
            entry: Entry::new(state, "https://toban.example"),
            deps,
            now: Cell::new("2026-11-20T09:00:00Z".parse().unwrap()),
            aws,
            tokens: Vec::new(),
            minted: Cell::new(0),
        };
        for tenant in ["demo", "other"] {
            stack.create(tenant).await;
        }
        stack
    }

    async fn create(&mut self, tenant: &'static str) {
        let state = &self.deps.state;
        let name = TenantId::new(tenant).unwrap();
        for role in [Role::Admin, Role::Operator, Role::Viewer, Role::Ingest] {
            let number = self.minted.get() + 1;
            self.minted.set(number);
            let token = Token::mint(name.clone(), &[number; 40]).unwrap();
            let holder = Holder::new(format!("{role} of {tenant}"), HolderKind::Machine).unwrap();
            let stored = StoredToken::new(&token, role, holder, None, self.now.get());
            let actor = (&stored.principal(&TenantId::system())).into();
            if role == Role::Admin {
                let new = NewTenant {
                    tenant: Tenant {
                        tenant: name.clone(),
                        display_name: tenant.to_owned(),
                        created_at: self.now.get(),
                    },
                    settings: Settings::default(),
                    first_admin: stored,
                };
                state
                    .create_tenant(&new, &actor, self.now.get())
                    .await
                    .unwrap();
            } else {
                state
                    .create_token(&name, &stored, &actor, self.now.get())
                    .await
                    .unwrap();
            }
            self.tokens.push((tenant, role, token.reveal()));
        }
    }

    /// Gives `demo` these settings.
    pub async fn settle(&self, settings: Value) {
        let tenant = TenantId::new("demo").unwrap();
        let before = self.deps.state.settings(&tenant).await.unwrap();
        let settings = serde_json::from_value(settings).unwrap();
        let by = Actor {
            tenant: tenant.clone(),
            token: TokenId::new("abcdefgh").unwrap(),
            role: Role::Admin,
            holder: Holder::new("admin", HolderKind::Person).unwrap(),
        };
        let state = &self.deps.state;
        let put = state.put_settings(&tenant, &before, &settings, &by, self.now.get());
        assert!(put.await.unwrap().is_stored());
    }

    /// A client of the queue.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        client!(aws_sdk_sqs, self.aws.url())
    }

    pub fn pass(&self, secs: i64) {
        self.now
            .set(self.now.get() + SignedDuration::from_secs(secs));
    }

    /// Sends a request as one of `demo` and holds the answer against the description of the API.
    pub async fn send(&self, role: Role, method: &str, path: &str, body: &str) -> Response {
        let json = ("content-type", "application/json");
        self.send_as("demo", role, (method, path), &[json], body)
            .await
    }

    pub async fn send_as(
        &self,
        tenant: &str,
        role: Role,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response {
        let bearer = format!("Bearer {}", self.token(tenant, role));
        let mut all = vec![("authorization".to_owned(), bearer)];
        all.extend(
            headers
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned())),
        );
        Response(self.serve((method, path), &all, body).await)
    }

    /// A request with a token among its headers.
    pub async fn serve(
        &self,
        (method, path): (&str, &str),
        headers: &[(String, String)],
        body: &str,
    ) -> HttpResponse {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut all = json!({});
        for (name, value) in headers {
            all[name] = json!(value);
        }
        let event: HttpEvent = serde_json::from_value(json!({
            "rawPath": path, "rawQueryString": query, "headers": all, "body": body,
            "isBase64Encoded": false,
            "requestContext": {"requestId": "r-1", "stage": "$default", "http": {"method": method}},
        }))
        .unwrap();
        let response = serve(event, &self.entry, self.now.get(), async |call| {
            handle(&self.deps, call).await
        })
        .await;
        schema::hold::<AlertmanagerRoute>(method, path, &response);
        response
    }

    pub fn token(&self, tenant: &str, role: Role) -> &str {
        let is = |one: &&(&str, Role, String)| one.0 == tenant && one.1 == role;
        &self.tokens.iter().find(is).unwrap().2
    }

    /// Each entry of demo's audit trail, oldest first: what, of what, by whom.
    pub async fn trail(&self) -> Vec<(String, String, String)> {
        let demo = TenantId::new("demo").unwrap();
        let page = self.deps.state.audit_page(&demo, 100, None).await.unwrap();
        let shown = |entry: state_table::audit::AuditEntry| {
            let entry = entry.content();
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (
                text(&entry["action"]),
                text(&entry["subject"]),
                text(&entry["actor"]["role"]),
            )
        };
        let mut all: Vec<_> = page.items.into_iter().map(shown).collect();
        all.reverse();
        all
    }

    /// An alert of demo that fires, as `route-alerts` stores it.
    pub async fn fires(&self, labels: Value, secs: i64) {
        let said = Said {
            labels: serde_json::from_value(labels).unwrap(),
            annotations: Default::default(),
            starts_at: None,
            ends_at: None,
            generator_url: String::new(),
            value: String::new(),
        };
        let now = self.now.get();
        let stored = StoredAlert {
            alert: said.heard(SignedDuration::from_secs(secs), now).unwrap(),
            sources: Default::default(),
            fired_at: Vec::new(),
            acknowledged: None,
            groups: Default::default(),
            revision: 1,
        };
        let demo = TenantId::new("demo").unwrap();
        let written = self.deps.state.put_alert(&demo, &stored, now).await;
        assert!(written.unwrap().is_stored());
    }
}

pub struct Response(pub HttpResponse);

impl Response {
    pub fn status(&self) -> u16 {
        self.0.status_code
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.0.body).unwrap_or(Value::Null)
    }

    /// The body of a success; anything else fails the test with what was answered.
    pub fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status()), "{}", self.told());
        self.json()
    }

    pub fn told(&self) -> String {
        format!("{} {}", self.status(), self.0.body)
    }
}
