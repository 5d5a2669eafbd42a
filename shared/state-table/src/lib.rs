//! Where does state live? Keys, items, conditional writes.
//!
//! One module per kind of item; methods name intents. [`keys`] lists every item.

mod acknowledgements;
pub mod alertmanager_configs;
pub mod alerts;
pub mod audit;
pub mod hosts;
pub mod keys;
pub mod metadata;
pub mod notifications;
pub mod quotas;
pub mod retirements;
pub mod rule_files;
mod rule_sets;
pub mod rule_states;
pub mod senders;
pub mod settings;
pub mod silences;
pub mod tenants;
pub mod tokens;
pub mod transitions;

pub use dynamo_table::{Key, Page, TableError, Written};

use dynamo_table::Table;

/// The table `state`.
#[derive(Debug, Clone)]
pub struct StateTable {
    table: Table,
}

impl StateTable {
    /// The table `name` behind `client`.
    #[must_use]
    pub fn new(client: aws_sdk_dynamodb::Client, name: impl Into<String>) -> Self {
        Self {
            table: Table::new(client, name),
        }
    }
}
