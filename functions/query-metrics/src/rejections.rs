//! What was taken of what each sender sent, and what was refused, why?

use access::routes::QueryRoute;
use futures::{StreamExt, TryStreamExt, stream};
use http_access::{Answer, Call, HttpError};
use ids::SenderId;
use ingest_ledger::Summary;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use crate::load::Store;
use crate::{bad_param, params};

/// How far back is looked where no `start` is given.
const DEFAULT_BACK_MS: i64 = 60 * 60 * 1000;
/// How many senders are read at a time.
const CONCURRENT_SENDERS: usize = 16;

#[derive(Serialize)]
struct OfSender {
    sender: SenderId,
    #[serde(flatten)]
    summary: Summary,
}

pub(crate) async fn list(store: &Store, call: &Call<QueryRoute>) -> Result<Answer, HttpError> {
    let tenant = call.tenant()?;
    let now_ms = call.now.as_millisecond();
    let (start_ms, end_ms) =
        params::window(&call.query(), now_ms, DEFAULT_BACK_MS).map_err(bad_param)?;
    let (limit, after) = call.page::<SenderId>()?;
    let only = call.query().text("sender").map(str::to_owned);
    let mut senders: Vec<SenderId> = store
        .state
        .senders(tenant)
        .await?
        .into_iter()
        .map(|known| known.sender)
        .filter(|sender| only.as_deref().is_none_or(|only| sender.as_str() == only))
        .filter(|sender| after.as_ref().is_none_or(|after| sender > after))
        .collect();
    senders.sort_unstable();
    let has_more = senders.len() > limit;
    senders.truncate(limit);
    let next = senders.last().filter(|_| has_more);
    let next = next.map(|last| Call::<QueryRoute>::next_page(last.as_str()));
    let read: Vec<OfSender> = stream::iter(senders)
        .map(async |sender| {
            let summary = store
                .samples
                .ledger(tenant, &sender, (start_ms, end_ms))
                .await?;
            Ok::<_, HttpError>(OfSender { sender, summary })
        })
        .buffered(CONCURRENT_SENDERS)
        .try_collect()
        .await?;
    let at = |time_ms| Timestamp::from_millisecond(time_ms).unwrap_or_default();
    let body = json!({"start": at(start_ms), "end": at(end_ms), "senders": read, "next": next});
    Answer::json(200, &body)
}
