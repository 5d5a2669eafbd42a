//! The function on a real (embedded) DynamoDB over a real socket.

use access::{Holder, HolderKind, Role};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use ids::{TenantId, TokenId};
use measure_usage::Deps;
use samples_table::SamplesTable;
use state_table::StateTable;
use state_table::audit::Actor;

pub struct World {
    pub state: StateTable,
    pub samples: SamplesTable,
    dynamo: Client,
}

impl World {
    /// With these tenants.
    pub async fn new(tenants: &[&str]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let database = dynoxide::Database::memory().unwrap();
        tokio::spawn(dynoxide::server::serve_on(listener, database));
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("k", "s", None, None, "test"))
            .endpoint_url(url)
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        let dynamo = Client::from_conf(config.build());
        for table in ["state", "samples"] {
            create_table(&dynamo, table).await;
        }
        for tenant in tenants {
            let text = |value: &str| AttributeValue::S(value.to_owned());
            let put = dynamo.put_item().table_name("state");
            let put = put.item("pk", text("system#tenants"));
            let put = put.item("sk", text(tenant)).item("tenant", text(tenant));
            let put = put.item("display_name", text(tenant));
            let put = put.item("created_at", text("2026-01-01T00:00:00Z"));
            put.send().await.unwrap();
        }
        Self {
            state: StateTable::new(dynamo.clone(), "state"),
            samples: SamplesTable::new(dynamo.clone(), "samples"),
            dynamo,
        }
    }

    /// An instance of the function.
    pub fn deps(&self) -> Deps {
        Deps {
            state: self.state.clone(),
            samples: self.samples.clone(),
        }
    }

    /// Breaks every chunk there is.
    pub async fn damage(&self) {
        let found = self.dynamo.scan().table_name("samples").send().await;
        for mut item in found.unwrap().items.unwrap() {
            let mut bytes = item["d"].as_b().unwrap().clone().into_inner();
            *bytes.last_mut().unwrap() ^= 0x55;
            item.insert("d".to_owned(), AttributeValue::B(bytes.into()));
            let put = self.dynamo.put_item().table_name("samples");
            put.set_item(Some(item)).send().await.unwrap();
        }
    }
}

/// Who sets quotas.
pub fn operator() -> Actor {
    Actor {
        tenant: TenantId::system(),
        token: TokenId::new("abcdefgh").unwrap(),
        role: Role::Admin,
        holder: Holder::new("operator", HolderKind::Person).unwrap(),
    }
}

async fn create_table(client: &Client, name: &str) {
    let mut create = client.create_table().table_name(name);
    for (attribute, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        let text = AttributeDefinition::builder()
            .attribute_name(attribute)
            .attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder()
            .attribute_name(attribute)
            .key_type(kind);
        create = create
            .attribute_definitions(text.build().unwrap())
            .key_schema(key.build().unwrap());
    }
    let create = create.billing_mode(BillingMode::PayPerRequest);
    create.send().await.unwrap();
}
