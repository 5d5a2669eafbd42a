//! Where do chunks live? Chunks and keyframes under content-derived keys.
//!
//! A chunk is written once and never changed; writing it again is a lost race, which is a value. One
//! that names a keyframe is written after it, and the keyframe outlives it.

mod arrived;
mod gather;
mod keys;
mod ledger;
mod load;
mod spans;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_table::{Condition, Item, Table};
use ids::{SenderId, TenantId};
use jiff::{SignedDuration, Timestamp};
use sample_codec::{Chunk, Keyframe, KeyframeId};

pub use arrived::Arrived;
pub use dynamo_table::{Key, Page, TableError, Written};
pub use load::{KnownKeyframes, LoadError, LoadLimits, Loaded, Wanted};
pub use spans::{SpanLimits, Spans};

/// Until history exists, chunks live this long.
pub const CHUNK_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How much longer than its chunks a keyframe lives.
const KEYFRAME_EXTRA: SignedDuration = SignedDuration::from_hours(48);
/// A keyframe older than this is written again before new chunks name it, which extends its life.
pub const KEYFRAME_FRESH: SignedDuration = SignedDuration::from_hours(24);

/// One write unit of DynamoDB.
const WRITE_UNIT_BYTES: usize = 1024;
/// Names of attributes, the numbers `a`, `n` and `t`, the sort key and its name, and the name `pk`.
const ITEM_OVERHEAD_BYTES: usize = 65;

/// The table `samples`.
#[derive(Debug, Clone)]
pub struct SamplesTable {
    table: Table,
}

/// A chunk as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredChunk {
    /// What the codec wrote.
    pub bytes: Vec<u8>,
    /// When it arrived.
    pub arrived_at: Timestamp,
}

impl StoredChunk {
    /// The time of its newest sample; none where it can't be read.
    #[must_use]
    pub fn newest_ms(&self) -> Option<i64> {
        Chunk::time_range(&self.bytes)
            .ok()
            .map(|(_, last_ms)| last_ms)
    }
}

impl SamplesTable {
    /// The table `name` behind `client`.
    #[must_use]
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self {
            table: Table::new(client, name),
        }
    }

    /// How large a sender's chunk may be to cost one write unit.
    #[must_use]
    pub fn one_unit_bytes(tenant: &TenantId, sender: &SenderId) -> usize {
        let key_bytes = keys::chunks(tenant, sender).len();
        WRITE_UNIT_BYTES.saturating_sub(ITEM_OVERHEAD_BYTES + key_bytes)
    }

    /// Stores a chunk; a lost race means that the same chunk is there already. `points` are those of its
    /// whole flush, on one of its chunks: they count once, however often the flush comes.
    pub async fn put_chunk(
        &self,
        tenant: &TenantId,
        sender: &SenderId,
        bytes: Vec<u8>,
        points: Option<u64>,
        arrived_at: Timestamp,
    ) -> Result<Written, LoadError> {
        let (_, newest_ms) = Chunk::time_range(&bytes)?;
        let key = Key::new(
            keys::chunks(tenant, sender),
            keys::chunk(newest_ms, Chunk::content_hash(&bytes)),
        );
        let mut item = data_item(&key, bytes, arrived_at + CHUNK_LIFE);
        item.insert("a".to_owned(), number(arrived_at.as_millisecond()));
        if let Some(points) = points {
            item.insert(ledger::POINTS.to_owned(), number(points.cast_signed()));
        }
        Ok(self.table.put(item, Some(Condition::absent())).await?)
    }

    /// Stores a keyframe, or extends the life of the same one.
    pub async fn put_keyframe(
        &self,
        tenant: &TenantId,
        sender: &SenderId,
        keyframe: &Keyframe,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let key = keyframe_key(tenant, sender, keyframe.id());
        let expires = now + CHUNK_LIFE + KEYFRAME_EXTRA;
        let item = data_item(&key, keyframe.bytes().to_vec(), expires);
        self.table.put(item, None).await.map(|_| ())
    }

    /// One keyframe, with the time after which it must be written again before use.
    pub async fn keyframe(
        &self,
        tenant: &TenantId,
        sender: &SenderId,
        id: KeyframeId,
    ) -> Result<Option<(Keyframe, Timestamp)>, LoadError> {
        let key = keyframe_key(tenant, sender, id);
        let Some(item) = self.table.get_item(&key, true).await? else {
            return Ok(None);
        };
        let expires = timestamp_secs(item.get("t"));
        let keyframe = Keyframe::decode(bytes_of(item))?;
        if keyframe.id() != id {
            return Err(LoadError::KeyframeMissing(id));
        }
        let fresh_until = expires - CHUNK_LIFE - KEYFRAME_EXTRA + KEYFRAME_FRESH;
        Ok(Some((keyframe, fresh_until)))
    }

    /// One page (at most 1 MB) of the chunks that may hold samples of `from_ms..=to_ms`, oldest first.
    pub async fn chunks_page(
        &self,
        tenant: &TenantId,
        sender: &SenderId,
        (from_ms, to_ms): (i64, i64),
        after: Option<Key>,
    ) -> Result<Page<StoredChunk>, TableError> {
        let (from, to) = keys::chunk_range(from_ms, to_ms);
        let page = self
            .table
            .query(keys::chunks(tenant, sender))
            .between(from, to)
            .consistent()
            .after(after)
            .one_page()
            .await?;
        Ok(Page {
            items: page.items.into_iter().map(stored_chunk).collect(),
            next: page.next,
        })
    }

    /// The chunk with the newest sample, or the one that was it some milliseconds ago.
    pub async fn newest_chunk(
        &self,
        tenant: &TenantId,
        sender: &SenderId,
    ) -> Result<Option<StoredChunk>, TableError> {
        let items = self
            .table
            .query(keys::chunks(tenant, sender))
            .descending()
            .limit(1)
            .items()
            .await?;
        Ok(items.into_iter().next().map(stored_chunk))
    }
}

fn keyframe_key(tenant: &TenantId, sender: &SenderId, id: KeyframeId) -> Key {
    Key::new(keys::keyframes(tenant, sender), id.to_string())
}

fn data_item(key: &Key, bytes: Vec<u8>, expires: Timestamp) -> Item {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(key.pk.clone())),
        ("sk".to_owned(), AttributeValue::S(key.sk.clone())),
        ("d".to_owned(), AttributeValue::B(bytes.into())),
        ("t".to_owned(), number(expires.as_second())),
    ])
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn integer(value: Option<&AttributeValue>) -> i64 {
    value
        .and_then(|value| value.as_n().ok())
        .and_then(|text| text.parse().ok())
        .unwrap_or_default()
}

fn timestamp_secs(value: Option<&AttributeValue>) -> Timestamp {
    Timestamp::from_second(integer(value)).unwrap_or_default()
}

fn bytes_of(mut item: Item) -> Vec<u8> {
    match item.remove("d") {
        Some(AttributeValue::B(bytes)) => bytes.into_inner(),
        _ => Vec::new(),
    }
}

fn stored_chunk(item: Item) -> StoredChunk {
    let arrived_at = Timestamp::from_millisecond(integer(item.get("a"))).unwrap_or_default();
    StoredChunk {
        bytes: bytes_of(item),
        arrived_at,
    }
}
