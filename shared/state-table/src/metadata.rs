//! What do metrics mean? Kind, help and unit of each metric family, as its senders say them.

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_table::{Condition, Item, ItemBuilder, Key, TableError, Written};
use ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use series::MetricKind;

use crate::{StateTable, keys};

/// The most families that are kept for, and read of, one tenant.
pub const MAX_FAMILIES: usize = 10_000;
/// What is said again is written again after so long, so that it stays.
pub const SEEN_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a family is kept after it was last said, at least.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// One metric family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// Its name: `x` also for the series `x_bucket` of a histogram.
    pub metric: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: MetricKind,
    /// What it means, empty where nobody says.
    pub help: String,
    /// Its unit, empty where nobody says.
    pub unit: String,
    /// Since when it says so.
    pub changed_at: Timestamp,
    /// When it was last said, to [`SEEN_AGAIN_AFTER`].
    pub seen_at: Timestamp,
}

impl StateTable {
    /// Keeps a family. Loses the race where what is stored is not of `before`, the `seen_at` that was read;
    /// where nothing was read, when there is one by now.
    pub async fn put_family(
        &self,
        tenant: &TenantId,
        family: &Family,
        before: Option<Timestamp>,
    ) -> Result<Written, TableError> {
        let key = keys::family(tenant, &family.metric);
        let expires_at = (family.seen_at + SEEN_AGAIN_AFTER + KEPT).as_second();
        let item = ItemBuilder::new(&key, "metadata", 1, family)?.expires_at(expires_at);
        let unchanged = match before {
            Some(seen_at) => {
                Condition::new("seen_at = :before").text(":before", seen_at.to_string())
            }
            None => Condition::new("attribute_not_exists(pk) OR expires_at <= :now")
                .number(":now", family.seen_at.as_second()),
        };
        self.table.put(item.build(), Some(unchanged)).await
    }

    /// Hands on each of a tenant's families by name, at most [`MAX_FAMILIES`], a page at a time.
    pub async fn each_family(
        &self,
        tenant: &TenantId,
        now: Timestamp,
        mut visit: impl FnMut(Family),
    ) -> Result<(), TableError> {
        let (mut room, mut after): (usize, Option<Key>) = (MAX_FAMILIES, None);
        loop {
            let query = self.table.query(keys::families(tenant));
            let page = query.limit(room).after(after).one_page().await?;
            room = room.saturating_sub(page.items.len());
            for item in page.items.into_iter().filter(|item| is_alive(item, now)) {
                visit(serde_dynamo::from_item(item)?);
            }
            after = page.next;
            if room == 0 || after.is_none() {
                return Ok(());
            }
        }
    }

    /// One family.
    pub async fn family(
        &self,
        tenant: &TenantId,
        metric: &str,
        now: Timestamp,
    ) -> Result<Option<Family>, TableError> {
        let found = self
            .table
            .get_item(&keys::family(tenant, metric), false)
            .await?;
        let alive = found.filter(|item| is_alive(item, now));
        Ok(alive.map(serde_dynamo::from_item).transpose()?)
    }
}

/// DynamoDB removes what expired some days later.
fn is_alive(item: &Item, now: Timestamp) -> bool {
    let expires_at = item.get("expires_at").and_then(|at| match at {
        AttributeValue::N(secs) => secs.parse::<i64>().ok(),
        _ => None,
    });
    expires_at.is_none_or(|at| at > now.as_second())
}
