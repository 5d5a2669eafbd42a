//! How does each protocol's body become a flush, and what does its sender read?
//!
//! A door decodes a body within the limits, hands over what it may take, and answers in its protocol's own
//! words. It decides nothing else.

pub mod collectd;
pub mod firehose;
pub mod influx;
pub mod otlp;
pub mod remote_write;

use std::borrow::Cow;
use std::collections::BTreeSet;

use access::routes::IngestRoute;
use http_access::{Answer, Call, HttpError, Problem};
use ingest_ledger::{Account, Protocol};
use intake::{GzipError, Limits, SeriesList};
use series::MetadataView;

use crate::Deps;
use crate::flush::{Declared, Flush};
use crate::standings::Allowed;
use crate::taking::{NotTaken, take, turn_away};

/// How long a sender should wait while the tables are throttled or down, in seconds.
const RETRY_AFTER_SECS: &str = "5";

/// A body that is refused as a whole.
pub struct Refused {
    /// What the sender reads.
    pub problem: Problem,
    /// What the ledger says.
    pub reason: &'static str,
}

impl Refused {
    /// Neither this type nor this encoding is taken here: 415.
    pub fn unsupported(detail: impl Into<String>) -> Self {
        Self {
            problem: Problem::new(415, detail),
            reason: "unsupported_type",
        }
    }

    /// It is not what it is said to be, or too much of it.
    pub fn unreadable(status: u16, detail: impl Into<String>) -> Self {
        Self {
            problem: Problem::new(status, detail),
            reason: "unreadable",
        }
    }

    /// Records it, then tells the sender: what is not in the ledger was not refused, and comes again.
    pub async fn answer(
        self,
        deps: &Deps,
        call: &Call<IngestRoute>,
        protocol: Protocol,
    ) -> Result<Answer, HttpError> {
        let account = Account::of_unread(protocol, self.reason, &self.problem.detail);
        match turn_away(deps, call, &account).await {
            Ok(()) => Err(self.problem.into()),
            Err(not_taken) => Err(later(not_taken)),
        }
    }
}

/// Refuses a body that is larger than its tenant may send.
pub fn check_size(call: &Call<IngestRoute>, allowed: &Allowed, status: u16) -> Result<(), Refused> {
    let (size, limit) = (call.body.len() as u64, allowed.quotas().body_bytes);
    if size <= limit {
        return Ok(());
    }
    let detail =
        format!("the body has {size} bytes and the quota is {limit}: send less per request");
    Err(Refused {
        problem: Problem::new(status, detail),
        reason: "body_too_large",
    })
}

/// What every gzip body begins with (RFC 1952), and what is left of it when somebody took it for text.
const GZIP: &[u8] = b"\x1f\x8b";
const GZIP_AS_TEXT: &[u8] = "\x1f\u{fffd}".as_bytes();

/// The body behind `Content-Encoding`: gzip or none. One that is not compressed any more was opened by whoever
/// stands in front of the function.
pub fn decompressed<'b>(
    call: &'b Call<IngestRoute>,
    limits: &Limits,
) -> Result<Cow<'b, [u8]>, Refused> {
    match call.header("content-encoding").map(str::trim) {
        None | Some("" | "identity") => Ok(Cow::Borrowed(&call.body)),
        Some(gzip) if gzip.eq_ignore_ascii_case("gzip") && call.body.starts_with(GZIP_AS_TEXT) => {
            Err(Refused::unsupported(
                "the gateway took the compressed body for text, which broke it: send no compression with this Content-Type",
            ))
        }
        Some(gzip) if gzip.eq_ignore_ascii_case("gzip") && !call.body.starts_with(GZIP) => {
            Ok(Cow::Borrowed(&call.body))
        }
        Some(gzip) if gzip.eq_ignore_ascii_case("gzip") => {
            let bytes = intake::gunzip(&call.body, limits.decompressed_bytes);
            bytes.map(Cow::Owned).map_err(|error| {
                let status = match error {
                    GzipError::NotGzip(_) => 400,
                    GzipError::TooLarge { .. } => 413,
                };
                Refused::unreadable(status, error.to_string())
            })
        }
        Some(other) => Err(Refused::unsupported(format!(
            "Content-Encoding {other:?}: send gzip, or no compression"
        ))),
    }
}

/// Takes what a decoder made of a body: a flush of its token's, about the hosts that it names.
pub async fn take_points(
    deps: &Deps,
    call: &Call<IngestRoute>,
    series: &SeriesList,
    hosts: &BTreeSet<String>,
    families: &[MetadataView<'_>],
    account: &Account,
) -> Result<(), NotTaken> {
    let principal = call.principal().map_err(NotTaken::Failed)?;
    let labels = series.labels();
    let series: Vec<_> = series.series(&labels).collect();
    let flush = Flush {
        tenant: &principal.tenant,
        declared: &Declared::of_token(&principal.token),
        series: &series,
        hosts: Some(hosts),
        families,
        points: account.taken,
        arrived_at: call.now,
    };
    take(deps, call, &flush, account).await
}

/// What a sender reads whose body was not taken.
pub fn later(not_taken: NotTaken) -> HttpError {
    match not_taken {
        NotTaken::Later => Problem::new(503, "not available now; send the same body again later")
            .header("retry-after", RETRY_AFTER_SECS)
            .into(),
        NotTaken::OverQuota { secs } => over_quota(503, secs),
        NotTaken::Failed(error) => error,
    }
}

/// What a sender reads whose tenant has sent too much in the last seconds: 503, or 429 where its protocol says
/// that this is tried again. A Prometheus drops what is answered so.
pub fn over_quota(status: u16, secs: u64) -> HttpError {
    let detail = format!(
        "the quota of samples per second is used up; send the same body again after {secs} seconds"
    );
    Problem::new(status, detail)
        .header("retry-after", secs.to_string())
        .into()
}
