//! collectd's plugin `write_http` with `Format "JSON"`.
//!
//! 204 where all was taken, also where a value was NaN; 400 with reasons where something else was not (the rest is
//! stored); 415 for the plugin's other formats. The plugin (collectd 5.12, `wh_flush_nolock`) empties its buffer
//! whatever the answer is, so that no status brings a value back; `LogHttpError true` shows it.

use access::routes::IngestRoute;
use collectd_json::{Post, Refusal};
use http_access::{Answer, Call, HttpError, Problem};
use ingest_ledger::{Account, Protocol};

use super::{Refused, check_size, decompressed, later, take_points};
use crate::Deps;
use crate::gate::make_room;
use crate::standings::Allowed;

/// Takes one post.
pub async fn post(deps: &Deps, call: &Call<IngestRoute>) -> Result<Answer, HttpError> {
    let allowed = deps.allowed(call).await?;
    make_room(deps, call, &allowed, || drop(read(call, &allowed))).await?;
    let post = match read(call, &allowed) {
        Ok(post) => post,
        Err(refused) => return refused.answer(deps, call, Protocol::Collectd).await,
    };
    let account = Account::new(Protocol::Collectd, post.values, &post.rejected);
    match take_points(deps, call, &post.series, &post.hosts, &[], &account).await {
        Ok(()) if post.rejected.iter().any(|r| r.reason.is_error()) => {
            Err(Problem::new(400, post.rejected.to_string()).into())
        }
        Ok(()) => Ok(Answer::empty(204)),
        Err(not_taken) => Err(later(not_taken)),
    }
}

fn read(call: &Call<IngestRoute>, allowed: &Allowed) -> Result<Post, Refused> {
    let content_type = call.header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        let detail = format!("Content-Type {content_type:?}: set Format \"JSON\" in write_http");
        return Err(Refused::unsupported(detail));
    }
    check_size(call, allowed, 413)?;
    let limits = &allowed.intake;
    let body = decompressed(call, limits)?;
    collectd_json::decode(&body, limits, call.now.as_millisecond()).map_err(|refusal| {
        let status = match refusal {
            Refusal::Malformed(_) => 400,
            Refusal::Excess(_) => 413,
        };
        Refused::unreadable(status, refusal.to_string())
    })
}
