//! The least that a function with a table can be: it reads one item and answers. What the start of the others
//! is measured against (`make bench`); never deployed.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{LambdaEvent, service_fn};
use lambda_support::{Error, required_env, sdk_config};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = aws_sdk_dynamodb::Client::new(&sdk_config().await);
    let table = required_env("STATE_TABLE")?;
    let (client, table) = (&client, &table);
    lambda_runtime::run(service_fn(move |_: LambdaEvent<Value>| async move {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let key = HashMap::from([
            ("pk".to_owned(), text("system#tenants")),
            ("sk".to_owned(), text("demo")),
        ]);
        let read = client.get_item().table_name(table).set_key(Some(key));
        read.send().await?;
        Ok::<_, Error>(json!({ "statusCode": 204 }))
    }))
    .await
}
