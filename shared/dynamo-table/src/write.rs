use std::collections::HashMap;
use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update,
};

use crate::{Item, Key, TableError};

/// What became of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is stored.
    Yes,
    /// The condition did not hold: somebody else was there before. Nothing changed.
    LostRace,
}

impl Written {
    /// Whether it is stored.
    #[must_use]
    pub fn is_stored(self) -> bool {
        self == Self::Yes
    }

    pub(crate) fn from_result<T, E, R>(
        result: Result<T, SdkError<E, R>>,
    ) -> Result<Self, TableError>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        match result {
            Ok(_) => Ok(Self::Yes),
            Err(error) if is_lost_race(&error) => Ok(Self::LostRace),
            Err(error) => Err(error.into()),
        }
    }
}

/// A cancelled transaction names a reason per item in its message: a condition that failed, or a
/// conflict with another transaction on the same item, which is a race as well. A cancellation for
/// throttling is neither.
fn is_lost_race<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    let SdkError::ServiceError(answer) = error else {
        return false;
    };
    match answer.err().code() {
        Some("ConditionalCheckFailedException") => true,
        Some("TransactionCanceledException") => answer.err().message().is_some_and(|message| {
            message.contains("ConditionalCheckFailed") || message.contains("TransactionConflict")
        }),
        _ => false,
    }
}

/// What must hold for a write to happen.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    pub(crate) expression: String,
    pub(crate) names: Option<HashMap<String, String>>,
    pub(crate) values: Option<HashMap<String, AttributeValue>>,
}

impl Condition {
    /// From an expression in DynamoDB's grammar.
    #[must_use]
    pub fn new(expression: &str) -> Self {
        Self {
            expression: expression.to_owned(),
            names: None,
            values: None,
        }
    }

    /// The item does not exist yet.
    #[must_use]
    pub fn absent() -> Self {
        Self::new("attribute_not_exists(pk)")
    }

    /// The item exists.
    #[must_use]
    pub fn present() -> Self {
        Self::new("attribute_exists(pk)")
    }

    /// Names a `#placeholder`.
    #[must_use]
    pub fn name(mut self, placeholder: &str, name: &str) -> Self {
        self.names
            .get_or_insert_default()
            .insert(placeholder.to_owned(), name.to_owned());
        self
    }

    /// Gives a `:placeholder` a text.
    #[must_use]
    pub fn text(self, placeholder: &str, value: impl Into<String>) -> Self {
        self.value(placeholder, AttributeValue::S(value.into()))
    }

    /// Gives a `:placeholder` a number.
    #[must_use]
    pub fn number(self, placeholder: &str, value: impl Into<i128>) -> Self {
        self.value(placeholder, AttributeValue::N(value.into().to_string()))
    }

    /// Gives a `:placeholder` any value.
    #[must_use]
    pub fn value(mut self, placeholder: &str, value: AttributeValue) -> Self {
        self.values
            .get_or_insert_default()
            .insert(placeholder.to_owned(), value);
        self
    }
}

/// One write of a transaction.
#[derive(Debug, Clone)]
pub enum Write {
    /// Writes or replaces an item.
    Put(Item, Option<Condition>),
    /// Removes an item.
    Delete(Key, Option<Condition>),
    /// Applies an update expression; its values stand in the condition.
    Update(Key, String, Condition),
    /// Changes nothing, but must hold.
    Check(Key, Condition),
}

impl Write {
    pub(crate) fn into_transact_item(self, table: &str) -> Result<TransactWriteItem, TableError> {
        let refused = |error| TableError::Refused(Box::new(error));
        let builder = TransactWriteItem::builder();
        Ok(match self {
            Self::Put(item, condition) => {
                let c = condition.unwrap_or_default();
                let put = Put::builder()
                    .table_name(table)
                    .set_item(Some(item))
                    .set_condition_expression(some_text(c.expression))
                    .set_expression_attribute_names(c.names)
                    .set_expression_attribute_values(c.values);
                builder.put(put.build().map_err(refused)?)
            }
            Self::Delete(key, condition) => {
                let c = condition.unwrap_or_default();
                let delete = Delete::builder()
                    .table_name(table)
                    .set_key(Some(key.attributes()))
                    .set_condition_expression(some_text(c.expression))
                    .set_expression_attribute_names(c.names)
                    .set_expression_attribute_values(c.values);
                builder.delete(delete.build().map_err(refused)?)
            }
            Self::Update(key, update, c) => {
                let update = Update::builder()
                    .table_name(table)
                    .set_key(Some(key.attributes()))
                    .update_expression(update)
                    .set_condition_expression(some_text(c.expression))
                    .set_expression_attribute_names(c.names)
                    .set_expression_attribute_values(c.values);
                builder.update(update.build().map_err(refused)?)
            }
            Self::Check(key, c) => {
                let check = ConditionCheck::builder()
                    .table_name(table)
                    .set_key(Some(key.attributes()))
                    .condition_expression(c.expression)
                    .set_expression_attribute_names(c.names)
                    .set_expression_attribute_values(c.values);
                builder.condition_check(check.build().map_err(refused)?)
            }
        }
        .build())
    }
}

fn some_text(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
