//! The function behind its real door, on a real (embedded) DynamoDB over a real socket.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod schema;

use std::cell::Cell;

use access::routes::ApiRoute;
use access::{Holder, HolderKind, Role, Token};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use http_access::{Entry, HttpEvent, HttpResponse, serve};
use ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use serve_api::{Deps, handle};
use state_table::StateTable;
use state_table::settings::Settings;
use state_table::tenants::{NewTenant, Tenant};
use state_table::tokens::StoredToken;

pub const PUBLIC_URL: &str = "https://toban.example";

/// One function instance and its table; the clock stands until it is moved.
pub struct Stack {
    pub entry: Entry,
    pub deps: Deps,
    pub now: Cell<Timestamp>,
    minted: Cell<u8>,
}

impl Stack {
    /// With the tenants `demo` and `other`, and a token of the operator of operators.
    pub async fn start() -> (Self, Tokens) {
        let stack = Self::on(StateTable::new(database().await, "state"));
        let system = stack.mint("system");
        let stored = stack.stored(&system, Role::Admin);
        // As `make up` does it, without an actor.
        let actor = (&stored.principal(&TenantId::system())).into();
        let table = &stack.deps.state;
        table
            .create_token(&TenantId::system(), &stored, &actor, stack.now.get())
            .await
            .unwrap();
        let mut tokens = Tokens {
            system: system.reveal(),
            ..Tokens::default()
        };
        for tenant in ["demo", "other"] {
            let admin = stack.mint(tenant);
            let new = NewTenant {
                tenant: Tenant {
                    tenant: TenantId::new(tenant).unwrap(),
                    display_name: tenant.to_owned(),
                    created_at: stack.now.get(),
                },
                settings: Settings::default(),
                first_admin: stack.stored(&admin, Role::Admin),
            };
            assert!(
                table
                    .create_tenant(&new, &actor, stack.now.get())
                    .await
                    .unwrap()
                    .is_stored()
            );
            let kept = if tenant == "demo" {
                &mut tokens.demo
            } else {
                &mut tokens.other
            };
            for role in Role::ALL {
                let token = if role == Role::Admin {
                    admin.clone()
                } else {
                    stack.mint(tenant)
                };
                if role != Role::Admin {
                    let stored = stack.stored(&token, role);
                    table
                        .create_token(&token.tenant, &stored, &actor, stack.now.get())
                        .await
                        .unwrap();
                }
                kept.push((role, token.reveal()));
            }
        }
        (stack, tokens)
    }

    /// On any table, such as one that is not there.
    pub fn on(state: StateTable) -> Self {
        Self {
            entry: Entry::new(state.clone(), PUBLIC_URL),
            deps: Deps {
                state,
                public_url: PUBLIC_URL.to_owned(),
            },
            now: Cell::new("2026-11-20T09:00:00Z".parse().unwrap()),
            minted: Cell::new(0),
        }
    }

    pub fn pass(&self, secs: i64) {
        self.now
            .set(self.now.get() + SignedDuration::from_secs(secs));
    }

    /// Sends a request and holds the answer against the description of the API.
    pub async fn send(&self, request: Request) -> Response {
        let Request {
            method,
            path,
            raw_query,
            headers,
            body,
        } = request;
        let event: HttpEvent = serde_json::from_value(json!({
            "rawPath": path, "rawQueryString": raw_query, "headers": Headers(headers), "body": body,
            "isBase64Encoded": false,
            "requestContext": {"requestId": "r-1", "stage": "$default", "http": {"method": method}},
        }))
        .unwrap();
        let response = serve(event, &self.entry, self.now.get(), async |call| {
            handle(&self.deps, call).await
        })
        .await;
        schema::hold::<ApiRoute>(&method, &path, &response);
        Response(response)
    }

    pub async fn get(&self, token: &str, path: &str) -> Response {
        self.send(Request::new("GET", path).token(token)).await
    }

    pub async fn post(&self, token: &str, path: &str, body: &Value) -> Response {
        self.send(Request::new("POST", path).token(token).json(body))
            .await
    }

    pub async fn put(&self, token: &str, path: &str, body: &Value) -> Response {
        self.send(Request::new("PUT", path).token(token).json(body))
            .await
    }

    pub async fn delete(&self, token: &str, path: &str) -> Response {
        self.send(Request::new("DELETE", path).token(token)).await
    }

    pub fn mint(&self, tenant: &str) -> Token {
        let number = self.minted.get() + 1;
        self.minted.set(number);
        Token::mint(TenantId::new(tenant).unwrap(), &[number; 40]).unwrap()
    }

    fn stored(&self, token: &Token, role: Role) -> StoredToken {
        let holder =
            Holder::new(format!("{role} of {}", token.tenant), HolderKind::Machine).unwrap();
        let device = (role == Role::Device).then(|| "cam-1".to_owned());
        StoredToken::new(token, role, holder, device, self.now.get())
    }
}

/// Tokens as text.
#[derive(Default)]
pub struct Tokens {
    pub system: String,
    pub demo: Vec<(Role, String)>,
    pub other: Vec<(Role, String)>,
}

impl Tokens {
    pub fn demo(&self, role: Role) -> &str {
        &self
            .demo
            .iter()
            .find(|(known, _)| *known == role)
            .unwrap()
            .1
    }

    pub fn other(&self, role: Role) -> &str {
        &self
            .other
            .iter()
            .find(|(known, _)| *known == role)
            .unwrap()
            .1
    }
}

#[derive(Clone)]
pub struct Request {
    method: String,
    path: String,
    raw_query: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl serde::Serialize for Headers {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
struct Headers(Vec<(String, String)>);

impl Request {
    pub fn new(method: &str, path: &str) -> Self {
        let (path, raw_query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            raw_query: raw_query.to_owned(),
            headers: Vec::new(),
            body: None,
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn text(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.text(&body.to_string())
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
        assert!(
            (200..300).contains(&self.status()),
            "{} {}",
            self.status(),
            self.0.body
        );
        self.json()
    }
}

pub fn client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

async fn database() -> Client {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(&format!("http://{}", listener.local_addr().unwrap()));
    let database = dynoxide::Database::memory().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    let mut request = client
        .create_table()
        .table_name("state")
        .billing_mode(BillingMode::PayPerRequest);
    for (name, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        request = request
            .attribute_definitions(
                AttributeDefinition::builder()
                    .attribute_name(name)
                    .attribute_type(ScalarAttributeType::S)
                    .build()
                    .unwrap(),
            )
            .key_schema(
                KeySchemaElement::builder()
                    .attribute_name(name)
                    .key_type(kind)
                    .build()
                    .unwrap(),
            );
    }
    request.send().await.unwrap();
    client
}

/// A path of this route that names things which are not there.
pub fn sample_path(route: ApiRoute) -> String {
    use access::RouteTable;
    let spec = route.spec();
    spec.path_parameters()
        .fold(spec.path.to_owned(), |path, name| {
            path.replace(&format!("{{{name}}}"), "nothing1")
        })
}
