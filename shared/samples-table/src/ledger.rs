//! What a sender's flushes held, and what was refused of them.

use dynamo_table::{Item, ItemBuilder, Key, Query, TableError};
use ids::{SenderId, TenantId};
use ingest_ledger::{Account, Entry, Summary, Tally};
use jiff::Timestamp;

use crate::{CHUNK_LIFE, SamplesTable, integer, keys, number};

/// The attribute that counts the points of a flush.
pub(crate) const POINTS: &str = "n";

/// What is read at most of one sender's chunks, and of what was refused: 100 pages of 1 MB each.
const MOST_PAGES: usize = 100;

impl SamplesTable {
    /// Records what was refused of one body. Repeating it under the same request changes nothing.
    pub async fn record_refused(
        &self,
        tenant: &TenantId,
        sender: &SenderId,
        account: &Account,
        request_id: &str,
        arrived_at: Timestamp,
    ) -> Result<(), TableError> {
        let entry = Entry {
            at: arrived_at,
            protocol: account.protocol,
            refused: account.refused.clone(),
        };
        let key = Key::new(
            keys::refused(tenant, sender),
            keys::refused_body(arrived_at.as_millisecond(), request_id),
        );
        let mut item = ItemBuilder::new(&key, "refused", 1, &entry)?.build();
        let expires = arrived_at + CHUNK_LIFE;
        item.insert("t".to_owned(), number(expires.as_second()));
        self.table.put(item, None).await.map(|_| ())
    }

    /// What became of what a sender sent: taken by the time of a flush's newest sample, refused by
    /// arrival, both within `from_ms..=to_ms`, the newest first where it is too much to be read whole.
    pub async fn ledger(
        &self,
        tenant: &TenantId,
        sender: &SenderId,
        (from_ms, to_ms): (i64, i64),
    ) -> Result<Summary, TableError> {
        let mut tally = Tally::default();
        let (from, to) = keys::newest_range(from_ms, to_ms);
        let chunks = || {
            let chunks = self.table.query(keys::chunks(tenant, sender));
            chunks.between(from.clone(), to.clone()).only(POINTS)
        };
        let all_chunks = newest_first(chunks, |item| {
            tally.taken(u64::try_from(integer(item.get(POINTS))).unwrap_or_default());
            Ok(())
        })
        .await?;
        let (from, to) = keys::refused_range(from_ms, to_ms);
        let refused = || {
            let refused = self.table.query(keys::refused(tenant, sender));
            refused.between(from.clone(), to.clone())
        };
        let all_refused = newest_first(refused, |item| {
            tally.refused(serde_dynamo::from_item(item)?);
            Ok(())
        })
        .await?;
        Ok(tally.finish(all_chunks && all_refused))
    }
}

/// Hands over every item, a page at a time; whether that was all.
async fn newest_first<'t>(
    query: impl Fn() -> Query<'t>,
    mut each: impl FnMut(Item) -> Result<(), TableError>,
) -> Result<bool, TableError> {
    let mut after = None;
    for _ in 0..MOST_PAGES {
        let page = query().descending().after(after).one_page().await?;
        page.items.into_iter().try_for_each(&mut each)?;
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(true),
        }
    }
    Ok(false)
}
