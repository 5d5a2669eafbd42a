use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use crate::{Item, TableError};

/// Where an item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    /// From both parts.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self {
            pk: pk.into(),
            sk: sk.into(),
        }
    }

    pub(crate) fn attributes(&self) -> Item {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.pk.clone())),
            ("sk".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }
}

/// Puts keys, kind and version beside the real attributes of an item.
pub struct ItemBuilder(Item);

impl ItemBuilder {
    /// `body` must serialize to a map.
    pub fn new(
        key: &Key,
        kind: &str,
        version: u8,
        body: &impl Serialize,
    ) -> Result<Self, TableError> {
        let mut item: Item = serde_dynamo::to_item(body)?;
        item.extend(key.attributes());
        item.insert("kind".to_owned(), AttributeValue::S(kind.to_owned()));
        item.insert("v".to_owned(), AttributeValue::N(version.to_string()));
        Ok(Self(item))
    }

    /// Makes the item findable through the index `due` until it is rewritten without.
    #[must_use]
    pub fn due(mut self, pk: &str, sk: &str) -> Self {
        self.0
            .insert("due_pk".to_owned(), AttributeValue::S(pk.to_owned()));
        self.0
            .insert("due_sk".to_owned(), AttributeValue::S(sk.to_owned()));
        self
    }

    /// Lets DynamoDB remove the item some time after this second.
    #[must_use]
    pub fn expires_at(mut self, unix_secs: i64) -> Self {
        self.0.insert(
            "expires_at".to_owned(),
            AttributeValue::N(unix_secs.to_string()),
        );
        self
    }

    /// The item.
    #[must_use]
    pub fn build(self) -> Item {
        self.0
    }
}
