//! OTLP/HTTP metrics, in protobuf and JSON.
//!
//! 200 with the exact count of what was rejected, which a client must not send again; 400, 413 and 415 for
//! what can't be taken as a whole; 429 and 503 with `Retry-After` where the same body may pass later (OTLP
//! specification, "OTLP/HTTP Response").

use access::routes::IngestRoute;
use http_access::{Answer, Call, HttpError};
use ingest_ledger::{Account, Protocol};
use otlp_metrics::{Encoding, Export, Family};

use super::{Refused, check_size, decompressed, later, over_quota, take_points};
use crate::Deps;
use crate::gate::make_room;
use crate::standings::Allowed;
use crate::taking::NotTaken;

/// Takes one export.
pub async fn export(deps: &Deps, call: &Call<IngestRoute>) -> Result<Answer, HttpError> {
    let allowed = deps.allowed(call).await?;
    make_room(deps, call, &allowed, || drop(read(call, &allowed))).await?;
    let (export, encoding) = match read(call, &allowed) {
        Ok(read) => read,
        Err(refused) => return refused.answer(deps, call, Protocol::Otlp).await,
    };
    let account = Account::new(Protocol::Otlp, export.data_points, &export.rejected);
    let families: Vec<_> = export.families.iter().map(Family::view).collect();
    let (series, hosts) = (&export.series, &export.hosts);
    match take_points(deps, call, series, hosts, &families, &account).await {
        Ok(()) => {
            let body = export.response(encoding);
            Ok(Answer::of(200, encoding.content_type(), body))
        }
        Err(NotTaken::OverQuota { secs }) => Err(over_quota(429, secs)),
        Err(not_taken) => Err(later(not_taken)),
    }
}

fn read(call: &Call<IngestRoute>, allowed: &Allowed) -> Result<(Export, Encoding), Refused> {
    let content_type = call.header("content-type").unwrap_or_default();
    let encoding = Encoding::of_content_type(content_type).ok_or_else(|| {
        let detail = format!(
            "Content-Type {content_type:?}: send application/x-protobuf or application/json"
        );
        Refused::unsupported(detail)
    })?;
    check_size(call, allowed, 413)?;
    let limits = &allowed.intake;
    let body = decompressed(call, limits)?;
    let export = otlp_metrics::decode(&body, encoding, limits, call.now.as_millisecond());
    match export {
        Ok(export) => Ok((export, encoding)),
        Err(refusal) => Err(Refused::unreadable(
            refusal.http_status(),
            refusal.to_string(),
        )),
    }
}
