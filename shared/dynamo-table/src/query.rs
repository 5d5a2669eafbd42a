use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;

use crate::{Item, Key, Table, TableError};

/// A read of one partition, of the table or of the index `due`.
#[must_use]
pub struct Query<'a> {
    table: &'a Table,
    pk: String,
    range: Range,
    index_due: bool,
    descending: bool,
    consistent: bool,
    limit: Option<usize>,
    only: Option<String>,
    after: Option<Key>,
}

enum Range {
    All,
    Prefix(String),
    Between(String, String),
}

/// Some items, and where to go on.
#[derive(Debug)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The key to pass to [`Query::after`], where there is more.
    pub next: Option<Key>,
}

impl<'a> Query<'a> {
    pub(crate) fn new(table: &'a Table, pk: String) -> Self {
        Self {
            table,
            pk,
            range: Range::All,
            index_due: false,
            descending: false,
            consistent: false,
            limit: None,
            only: None,
            after: None,
        }
    }

    /// Only sort keys that begin so.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.range = Range::Prefix(prefix.into());
        self
    }

    /// Only sort keys in this range, both ends included.
    pub fn between(mut self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.range = Range::Between(from.into(), to.into());
        self
    }

    /// Reads the index `due` instead of the table: the partition is a `due_pk`.
    pub fn due(mut self) -> Self {
        self.index_due = true;
        self
    }

    /// Largest sort key first.
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    /// Sees every write that was confirmed before.
    pub fn consistent(mut self) -> Self {
        self.consistent = true;
        self
    }

    /// At most so many items.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Only this attribute of each item; what is read costs the same.
    pub fn only(mut self, attribute: &str) -> Self {
        self.only = Some(attribute.to_owned());
        self
    }

    /// Goes on behind this key.
    pub fn after(mut self, key: Option<Key>) -> Self {
        self.after = key;
        self
    }

    /// Every item, or as many as [`Query::limit`] says; all pages are followed.
    pub async fn all<T: DeserializeOwned>(self) -> Result<Vec<T>, TableError> {
        Ok(self.page().await?.items)
    }

    /// As [`Query::all`], with the place to go on.
    pub async fn page<T: DeserializeOwned>(self) -> Result<Page<T>, TableError> {
        let (items, next) = self.read().await?;
        Ok(Page {
            items: serde_dynamo::from_items(items)?,
            next,
        })
    }

    /// As [`Query::all`], for items too large or too small for a struct.
    pub async fn items(self) -> Result<Vec<Item>, TableError> {
        Ok(self.read().await?.0)
    }

    /// What one call gives, at most 1 MB, and where to go on: for readers that hold one page at a time.
    pub async fn one_page(self) -> Result<Page<Item>, TableError> {
        let start = self.after.as_ref().map(Key::attributes);
        let (items, last) = self.send(start, 0).await?;
        Ok(Page {
            items,
            next: last.and_then(key_of),
        })
    }

    async fn read(self) -> Result<(Vec<Item>, Option<Key>), TableError> {
        let mut items = Vec::new();
        let mut start = self.after.as_ref().map(Key::attributes);
        loop {
            let (found, last) = self.send(start.take(), items.len()).await?;
            items.extend(found);
            let enough = self.limit.is_some_and(|limit| items.len() >= limit);
            if last.is_none() || enough {
                return Ok((items, last.and_then(key_of)));
            }
            start = last;
        }
    }

    async fn send(
        &self,
        start: Option<Item>,
        have: usize,
    ) -> Result<(Vec<Item>, Option<Item>), TableError> {
        let (pk_name, sk_name) = if self.index_due {
            ("due_pk", "due_sk")
        } else {
            ("pk", "sk")
        };
        let mut values = HashMap::from([(":pk".to_owned(), AttributeValue::S(self.pk.clone()))]);
        let mut expression = format!("{pk_name} = :pk");
        match &self.range {
            Range::All => {}
            Range::Prefix(prefix) => {
                expression.push_str(&format!(" AND begins_with({sk_name}, :a)"));
                values.insert(":a".to_owned(), AttributeValue::S(prefix.clone()));
            }
            Range::Between(from, to) => {
                expression.push_str(&format!(" AND {sk_name} BETWEEN :a AND :b"));
                values.insert(":a".to_owned(), AttributeValue::S(from.clone()));
                values.insert(":b".to_owned(), AttributeValue::S(to.clone()));
            }
        }
        let request = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .set_index_name(self.index_due.then(|| "due".to_owned()))
            .key_condition_expression(expression)
            .set_expression_attribute_values(Some(values))
            .set_projection_expression(self.only.as_ref().map(|_| "#only".to_owned()))
            .set_expression_attribute_names(
                self.only
                    .as_ref()
                    .map(|name| HashMap::from([("#only".to_owned(), name.clone())])),
            )
            .scan_index_forward(!self.descending)
            .consistent_read(self.consistent && !self.index_due)
            .set_limit(
                self.limit
                    .map(|limit| i32::try_from(limit - have).unwrap_or(i32::MAX)),
            )
            .set_exclusive_start_key(start);
        let answer = Box::pin(request.send()).await?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }
}

fn key_of(mut item: Item) -> Option<Key> {
    match (item.remove("pk"), item.remove("sk")) {
        (Some(AttributeValue::S(pk)), Some(AttributeValue::S(sk))) => Some(Key { pk, sk }),
        _ => None,
    }
}
