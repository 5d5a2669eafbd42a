//! InfluxDB's line protocol, from Telegraf and InfluxDB's clients.
//!
//! 204 where all was taken, also where text was left out, which nobody can chart; 400 where something else was not
//! (the rest is stored); 413 for too much; 429 and 503 where the same body may pass later. Telegraf (`outputs/influxdb_v2`)
//! keeps a batch and sends it again on 401, 403, 429 and 5xx, waits as long as `Retry-After` says, halves a batch on
//! 413, and drops it on any other 4xx, so that 400 ends what can't be mended and nothing else.

use access::routes::IngestRoute;
use http_access::{Answer, Call, HttpError, Problem};
use influx_line::{Batch, Precision};
use ingest_ledger::{Account, Protocol};

use super::{Refused, check_size, decompressed, later, over_quota, take_points};
use crate::Deps;
use crate::gate::make_room;
use crate::standings::Allowed;
use crate::taking::NotTaken;

/// Takes one body of lines.
pub async fn write(deps: &Deps, call: &Call<IngestRoute>) -> Result<Answer, HttpError> {
    let allowed = deps.allowed(call).await?;
    make_room(deps, call, &allowed, || drop(read(call, &allowed))).await?;
    let batch = match read(call, &allowed) {
        Ok(batch) => batch,
        Err(refused) => return refused.answer(deps, call, Protocol::Influx).await,
    };
    let account = Account::new(Protocol::Influx, batch.values, &batch.rejected);
    match take_points(deps, call, &batch.series, &batch.hosts, &[], &account).await {
        Ok(()) => taken(&batch),
        Err(NotTaken::OverQuota { secs }) => Err(over_quota(429, secs)),
        Err(not_taken) => Err(later(not_taken)),
    }
}

fn read(call: &Call<IngestRoute>, allowed: &Allowed) -> Result<Batch, Refused> {
    let query = call.query();
    let unit = query.text("precision").unwrap_or_default();
    let precision = Precision::parse(unit).ok_or_else(|| {
        let detail = format!("precision {unit:?}: send ns, us, ms or s");
        Refused::unreadable(400, detail)
    })?;
    check_size(call, allowed, 413)?;
    let limits = &allowed.intake;
    let body = decompressed(call, limits)?;
    influx_line::decode(&body, precision, limits, call.now.as_millisecond())
        .map_err(|excess| Refused::unreadable(413, excess.to_string()))
}

/// InfluxDB's words for a body of which a part was taken.
fn taken(batch: &Batch) -> Result<Answer, HttpError> {
    let errors = batch.rejected.iter().filter(|r| r.reason.is_error());
    let dropped: u64 = errors.map(|rejected| rejected.points).sum();
    if dropped == 0 {
        return Ok(Answer::empty(204));
    }
    let detail = format!("partial write: {} dropped={dropped}", batch.rejected);
    Err(Problem::new(400, detail).into())
}
