//! How is one DynamoDB table spoken to? Typed items, conditional writes, every page.
//!
//! A condition that does not hold is a value ([`Written::LostRace`]), not an error.

mod error;
mod item;
mod query;
mod write;

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use serde::de::DeserializeOwned;

pub use error::TableError;
pub use item::{ItemBuilder, Key};
pub use query::{Page, Query};
pub use write::{Condition, Write, Written};

/// DynamoDB reads so many items at once.
const MOST_KEYS: usize = 100;
/// What one call leaves out is asked for again after these pauses; the first call waits for nothing.
const MORE_AFTER: [Duration; 6] = [
    Duration::ZERO,
    Duration::ZERO,
    Duration::from_millis(20),
    Duration::from_millis(80),
    Duration::from_millis(320),
    Duration::from_millis(1_280),
];

/// An item as DynamoDB holds it.
pub type Item = HashMap<String, AttributeValue>;

/// One table with string keys `pk` and `sk`.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// The table `name` behind `client`.
    #[must_use]
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self {
            client,
            name: name.into(),
        }
    }

    /// One item by key; `consistent` sees every write that was confirmed before.
    pub async fn get<T: DeserializeOwned>(
        &self,
        key: &Key,
        consistent: bool,
    ) -> Result<Option<T>, TableError> {
        let item = self.get_item(key, consistent).await?;
        item.map(|item| Ok(serde_dynamo::from_item(item)?))
            .transpose()
    }

    /// As [`Table::get`], for items too large or too small for a struct.
    pub async fn get_item(&self, key: &Key, consistent: bool) -> Result<Option<Item>, TableError> {
        let request = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key.attributes()))
            .consistent_read(consistent);
        let answer = Box::pin(request.send()).await?;
        Ok(answer.item)
    }

    /// Those of these items that there are, in no order, as of every write that was confirmed before.
    pub async fn get_many<T: DeserializeOwned>(
        &self,
        keys: Vec<Key>,
    ) -> Result<Vec<T>, TableError> {
        let mut items = Vec::new();
        for batch in keys.chunks(MOST_KEYS) {
            let mut left: Vec<Item> = batch.iter().map(Key::attributes).collect();
            for pause in MORE_AFTER {
                if left.is_empty() {
                    break;
                }
                tokio::time::sleep(pause).await;
                let (found, unread) = self.get_batch(left).await?;
                items.extend(found);
                left = unread;
            }
            if !left.is_empty() {
                let reason = "the table did not read a batch of items to its end";
                return Err(TableError::Unavailable(reason.into()));
            }
        }
        Ok(serde_dynamo::from_items(items)?)
    }

    /// The items that were read, and the keys of those that were not.
    async fn get_batch(&self, keys: Vec<Item>) -> Result<(Vec<Item>, Vec<Item>), TableError> {
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true)
            .build()
            .map_err(|error| TableError::Refused(Box::new(error)))?;
        let request = self.client.batch_get_item().request_items(&self.name, keys);
        let answer = Box::pin(request.send()).await?;
        let found = answer.responses.and_then(|mut all| all.remove(&self.name));
        let unread = answer
            .unprocessed_keys
            .and_then(|mut all| all.remove(&self.name));
        Ok((
            found.unwrap_or_default(),
            unread.map(|unread| unread.keys).unwrap_or_default(),
        ))
    }

    /// Writes or replaces an item where `condition` holds.
    pub async fn put(
        &self,
        item: Item,
        condition: Option<Condition>,
    ) -> Result<Written, TableError> {
        let mut request = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item));
        if let Some(Condition {
            expression,
            names,
            values,
        }) = condition
        {
            request = request
                .condition_expression(expression)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values);
        }
        Written::from_result(Box::pin(request.send()).await)
    }

    /// Removes an item where `condition` holds; an absent one counts as removed.
    pub async fn delete(
        &self,
        key: &Key,
        condition: Option<Condition>,
    ) -> Result<Written, TableError> {
        let mut request = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key.attributes()));
        if let Some(Condition {
            expression,
            names,
            values,
        }) = condition
        {
            request = request
                .condition_expression(expression)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values);
        }
        Written::from_result(Box::pin(request.send()).await)
    }

    /// Applies an update expression where `condition` (written into the same value map) holds.
    pub async fn update(
        &self,
        key: &Key,
        update: &str,
        condition: Condition,
    ) -> Result<Written, TableError> {
        let Condition {
            expression,
            names,
            values,
        } = condition;
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key.attributes()))
            .update_expression(update)
            .set_condition_expression((!expression.is_empty()).then_some(expression))
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        Written::from_result(Box::pin(request.send()).await)
    }

    /// All or nothing, at most 100 writes.
    pub async fn transact(&self, writes: Vec<Write>) -> Result<Written, TableError> {
        let mut request = self.client.transact_write_items();
        for write in writes {
            request = request.transact_items(write.into_transact_item(&self.name)?);
        }
        Written::from_result(Box::pin(request.send()).await)
    }

    /// The items of one partition, in the order of `sk`.
    pub fn query(&self, pk: impl Into<String>) -> Query<'_> {
        Query::new(self, pk.into())
    }
}
