//! The function on a real (embedded) DynamoDB over real sockets.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod kept;
pub mod queue;
pub mod wire;

use access::routes::IngestRoute;
use std::sync::atomic::{AtomicU64, Ordering};

use access::{Holder, HolderKind, Params, Principal, Role, RouteTable as _};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use http_access::{Call, HttpError};
use ids::{TenantId, TokenId};
use ingest_metrics::Deps;
use jiff::Timestamp;
use rule_transitions::TransitionOutbox;
use samples_table::SamplesTable;
use serde_json::{Value, json};
use series::{Labels, Sample, Series};
use state_table::StateTable;

use queue::Queue;
use wire::Wire;

/// The gateway names each request anew.
static REQUESTS: AtomicU64 = AtomicU64::new(1);

pub const PUBLIC_URL: &str = "https://toban.example";

/// Both tables and the queue; any number of function instances may work on them.
pub struct World {
    pub wire: Wire,
    /// The tables without the wire before them.
    pub engine_url: String,
    pub queue: Queue,
    pub dynamo: Client,
    pub tenant: TenantId,
}

macro_rules! client {
    ($sdk:ident, $url:expr) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new("eu-central-1"))
                .credentials_provider(Credentials::new("k", "s", None, None, "test"))
                .endpoint_url($url)
                .retry_config(RetryConfig::disabled())
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .build(),
        )
    };
}

impl World {
    pub async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let engine = listener.local_addr().unwrap();
        let wire = Wire::to(engine).await;
        let database = dynoxide::Database::memory().unwrap();
        tokio::spawn(dynoxide::server::serve_on(listener, database));
        let dynamo = client!(aws_sdk_dynamodb, &wire.url);
        create_table(&dynamo, "state", true).await;
        create_table(&dynamo, "samples", false).await;
        let world = Self {
            wire,
            engine_url: format!("http://{engine}"),
            queue: Queue::start().await,
            dynamo,
            tenant: TenantId::new("demo").unwrap(),
        };
        let tenant = json!({
            "pk": "system#tenants", "sk": "demo", "tenant": "demo", "display_name": "demo",
            "created_at": "2026-01-01T00:00:00Z",
        });
        world.put("state", tenant).await;
        world.wire.take_spent();
        world
    }

    pub fn state(&self) -> StateTable {
        StateTable::new(self.dynamo.clone(), "state")
    }

    pub fn samples(&self) -> SamplesTable {
        SamplesTable::new(self.dynamo.clone(), "samples")
    }

    pub fn outbox(&self) -> TransitionOutbox {
        let queue = client!(aws_sdk_sqs, &self.queue.url);
        TransitionOutbox::new(self.state(), queue, &self.queue.url)
    }

    /// A cold instance of the function.
    pub fn instance(&self) -> Deps {
        Deps::new(self.state(), self.samples(), self.outbox(), PUBLIC_URL)
    }

    pub async fn put(&self, table: &str, item: Value) {
        let item = serde_dynamo::to_item(item).unwrap();
        let put = self.dynamo.put_item().table_name(table);
        put.set_item(Some(item)).send().await.unwrap();
    }

    /// The rule file `rules` of these rules, in one group.
    pub async fn put_rules(&self, yaml: &str) {
        let item = json!({
            "pk": format!("{}#rule-file", self.tenant), "sk": "rules", "name": "rules", "version": 1,
            "yaml": format!("groups:\n- name: g\n  rules:\n{yaml}"),
            "changed_at": "2026-01-01T00:00:00Z",
        });
        self.put("state", item).await;
    }

    pub async fn send(&self, deps: &Deps, flush: &Flush, now: Timestamp) -> Result<u16, HttpError> {
        let call = self.call(flush, now);
        ingest_metrics::handle(deps, call)
            .await
            .map(|answer| answer.status)
    }

    pub fn call(&self, flush: &Flush, now: Timestamp) -> Call<IngestRoute> {
        let mut call = self.post(
            IngestRoute::Write,
            &[],
            remote_write::encode(&flush.series),
            now,
        );
        let headers = &mut call.headers;
        if let Some(host) = &flush.host {
            let host = http::HeaderValue::from_bytes(host).unwrap();
            headers.insert("x-toban-host", host);
            headers.insert("x-toban-flush", "complete".parse().unwrap());
        }
        call
    }

    /// A body of any protocol.
    pub fn post(
        &self,
        route: IngestRoute,
        headers: &[(&'static str, &str)],
        body: Vec<u8>,
        now: Timestamp,
    ) -> Call<IngestRoute> {
        let headers = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
        Call {
            route,
            principal: Some(Principal {
                tenant: self.tenant.clone(),
                token: TokenId::new("abcdefgh").unwrap(),
                role: Role::Ingest,
                holder: Holder::new("agent", HolderKind::Machine).unwrap(),
                device: None,
            }),
            params: Params::new([]),
            method: "POST".to_owned(),
            path: route.spec().path.to_owned(),
            raw_query: String::new(),
            headers: headers.collect(),
            body,
            now,
            request_id: format!("r-{}", REQUESTS.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

/// One body and whose it is.
#[derive(Debug, Clone)]
pub struct Flush {
    pub host: Option<Vec<u8>>,
    pub series: Vec<Series>,
}

impl Flush {
    pub fn complete(host: &str, series: Vec<Series>) -> Self {
        Self {
            host: Some(host.as_bytes().to_vec()),
            series,
        }
    }

    pub fn mixed(series: Vec<Series>) -> Self {
        Self { host: None, series }
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn series(labels: &[(&str, &str)], samples: &[(i64, f64)]) -> Series {
    let sample = |&(time_ms, value)| Sample { time_ms, value };
    Series {
        labels: Labels::new(labels.iter().copied()).unwrap(),
        samples: samples.iter().map(sample).collect(),
    }
}

pub fn gauge(name: &str, host: &str, time_ms: i64, value: f64) -> Series {
    series(
        &[("__name__", name), ("instance", host)],
        &[(time_ms, value)],
    )
}

async fn create_table(client: &Client, name: &str, with_index: bool) {
    let text = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    let key = |name: &str, kind: KeyType| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
            .unwrap()
    };
    let mut create = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(text("pk"))
        .attribute_definitions(text("sk"))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range));
    if with_index {
        let all = Projection::builder().projection_type(ProjectionType::All);
        let due = GlobalSecondaryIndex::builder()
            .index_name("due")
            .key_schema(key("due_pk", KeyType::Hash))
            .key_schema(key("due_sk", KeyType::Range))
            .projection(all.build());
        create = create
            .attribute_definitions(text("due_pk"))
            .attribute_definitions(text("due_sk"))
            .global_secondary_indexes(due.build().unwrap());
    }
    create.send().await.unwrap();
}
