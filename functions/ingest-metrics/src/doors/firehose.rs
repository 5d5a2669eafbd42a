//! CloudWatch metric streams, as Amazon Data Firehose delivers them to an HTTP endpoint.
//!
//! 200 says that all is safe; nothing else does. What Firehose does with other answers decides them ("HTTP endpoint
//! delivery request and response specifications"): 413 ends a batch for good, without a copy in the bucket for what
//! failed, so that it is never answered here. Everything else is sent again with growing pauses until the stream's
//! retry duration (two hours at most), and then put into the bucket. So:
//!
//! - A data point that was read and can't be taken (too old, for example) does not keep the others: 200, and the ledger
//!   has it. No repetition could mend it, and the bucket would hold what is stored here.
//! - A record that can't be read at all is nobody's loss but a misconfiguration's: 400, so that the batch ends in the
//!   bucket and in Firehose's log. What could be read of it is stored, and repeating that changes nothing.
//!
//! The credential is in `X-Amz-Firehose-Access-Key`: see the route.

use std::collections::BTreeSet;

use access::routes::IngestRoute;
use http_access::{Answer, Call, HttpError, Problem};
use ingest_ledger::{Account, Protocol};
use metric_stream::Delivery;
use serde_json::json;

use super::{Refused, check_size, decompressed, later, take_points};
use crate::Deps;
use crate::gate::make_room;
use crate::standings::Allowed;

const REQUEST_ID: &str = "x-amz-firehose-request-id";
const VERSION: &str = "x-amz-firehose-protocol-version";

/// Takes one delivery.
pub async fn deliver(deps: &Deps, call: &Call<IngestRoute>) -> Result<Answer, HttpError> {
    let allowed = deps.allowed(call).await?;
    make_room(deps, call, &allowed, || drop(read(call, &allowed))).await?;
    let delivery = match read(call, &allowed) {
        Ok(delivery) => delivery,
        Err(refused) => return refused.answer(deps, call, Protocol::MetricStream).await,
    };
    let (taken, rejected) = (delivery.data_points, &delivery.rejected);
    let account = Account::new(Protocol::MetricStream, taken, rejected);
    // CloudWatch speaks of resources, and goes on to do so when they are gone.
    let no_hosts = BTreeSet::new();
    match take_points(deps, call, &delivery.series, &no_hosts, &[], &account).await {
        Ok(()) if delivery.rejected.iter().any(|r| r.reason.is_unread()) => {
            Err(Problem::new(400, delivery.rejected.to_string()).into())
        }
        Ok(()) => safe(call),
        Err(not_taken) => Err(later(not_taken)),
    }
}

fn read(call: &Call<IngestRoute>, allowed: &Allowed) -> Result<Delivery, Refused> {
    let version = call.header(VERSION).unwrap_or_default();
    if version != "1.0" {
        let detail = format!("{VERSION} {version:?}: this endpoint speaks 1.0");
        return Err(Refused::unreadable(400, detail));
    }
    check_size(call, allowed, 400)?;
    let limits = &allowed.intake;
    let body = decompressed(call, limits).map_err(never_413)?;
    metric_stream::decode(&body, limits, call.now.as_millisecond())
        .map_err(|refusal| Refused::unreadable(400, refusal.to_string()))
}

fn never_413(mut refused: Refused) -> Refused {
    if refused.problem.status == 413 {
        refused.problem.status = 400;
    }
    refused
}

fn safe(call: &Call<IngestRoute>) -> Result<Answer, HttpError> {
    let request_id = call.header(REQUEST_ID).unwrap_or_default();
    let timestamp = call.now.as_millisecond();
    Answer::json(
        200,
        &json!({"requestId": request_id, "timestamp": timestamp}),
    )
}
