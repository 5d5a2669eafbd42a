//! Prometheus remote write 1.0 and 2.0.
//!
//! 204 for what was taken, 400 with reasons where something was not (the rest is stored), 415 for another
//! message, 503 where the same body may pass later. Never 413 or 429, on which some senders retry for ever
//! and others drop. Every answer to a body that was looked at says how much of it was written.

use std::sync::Mutex;

use access::routes::IngestRoute;
use http_access::{Answer, Call, HttpError, Problem};
use ingest_ledger::{Account, Protocol, Unit};
use remote_write::{Buffer, Reason, WriteRequest, Written};

use super::{Refused, check_size};
use crate::Deps;
use crate::flush::{Flush, FlushError, declared};
use crate::gate::make_room;
use crate::standings::Allowed;
use crate::taking::{NotTaken, take};

/// More than this is not kept from one body to the next; those of senders set as the guides say need less.
const MOST_KEPT_BYTES: usize = 4 * 1024 * 1024;

/// Memory to read bodies with, from one invocation to the next.
#[derive(Debug, Default)]
pub struct SpareBuffer(Mutex<Option<Buffer>>);

impl SpareBuffer {
    fn take(&self) -> Buffer {
        let spare = self.0.lock().ok().and_then(|mut spare| spare.take());
        spare.unwrap_or_default()
    }

    fn give_back(&self, buffer: Buffer) {
        if buffer.memory_bytes() <= MOST_KEPT_BYTES
            && let Ok(mut spare) = self.0.lock()
        {
            *spare = Some(buffer);
        }
    }
}

/// Takes one body.
pub async fn write(deps: &Deps, call: &Call<IngestRoute>) -> Result<Answer, HttpError> {
    let mut buffer = deps.buffer.take();
    let answer = write_with(deps, call, &mut buffer).await;
    deps.buffer.give_back(buffer);
    answer
}

async fn write_with(
    deps: &Deps,
    call: &Call<IngestRoute>,
    buffer: &mut Buffer,
) -> Result<Answer, HttpError> {
    let allowed = deps.allowed(call).await?;
    make_room(deps, call, &allowed, || drop(read(call, &allowed, buffer))).await?;
    let refused = match read(call, &allowed, buffer) {
        Ok(request) => match flush(deps, call, &request).await {
            Ok(Ok(())) => return Ok(taken(&request)),
            Ok(Err(not_taken)) => return Err(later(not_taken)),
            Err(error) => unreadable("contradicting_headers", &error.to_string()),
        },
        Err(refused) => refused,
    };
    refused.answer(deps, call, Protocol::RemoteWrite).await
}

fn read<'b>(
    call: &Call<IngestRoute>,
    allowed: &Allowed,
    buffer: &'b mut Buffer,
) -> Result<WriteRequest<'b>, Refused> {
    let (content_type, encoding) = (call.header("content-type"), call.header("content-encoding"));
    let protocol = remote_write::protocol(content_type, encoding)
        .map_err(|error| Refused::unsupported(error.to_string()))?;
    check_size(call, allowed, 400).map_err(|refused| Refused {
        problem: nothing_written(refused.problem),
        ..refused
    })?;
    let now_ms = call.now.as_millisecond();
    protocol
        .decode(&call.body, &allowed.remote_write, now_ms, buffer)
        .map_err(|refusal| unreadable("unreadable", &refusal.to_string()))
}

async fn flush(
    deps: &Deps,
    call: &Call<IngestRoute>,
    request: &WriteRequest<'_>,
) -> Result<Result<(), NotTaken>, FlushError> {
    let principal = match call.principal() {
        Ok(principal) => principal,
        Err(error) => return Ok(Err(NotTaken::Failed(error))),
    };
    let declared = declared(&call.headers, &principal.token)?;
    let series = request.views();
    let account = account(request);
    let flush = Flush {
        tenant: &principal.tenant,
        declared: &declared,
        series: &series,
        hosts: None,
        families: request.metadata(),
        points: account.taken,
        arrived_at: call.now,
    };
    flush.check_hosts()?;
    Ok(take(deps, call, &flush, &account).await)
}

/// Samples and histograms as sent. Exemplars come beside them, and nothing keeps those.
fn account(request: &WriteRequest<'_>) -> Account {
    let counts = &request.counts;
    let unit = |reason| match reason {
        Reason::InvalidExemplar => Unit::Exemplars,
        _ => Unit::Points,
    };
    let refused = request
        .rejected
        .iter()
        .map(|rejected| ingest_ledger::Refused {
            reason: rejected.reason.code().into(),
            unit: unit(rejected.reason),
            count: rejected.samples,
            advice: rejected.reason.advice().into(),
            example: rejected.example.clone(),
        });
    Account {
        protocol: Protocol::RemoteWrite,
        taken: counts.samples.accepted + counts.histograms.accepted,
        refused: refused.collect(),
    }
}

/// What was stored, and what was not.
fn taken(request: &WriteRequest<'_>) -> Answer {
    let answer = if request.rejected.is_empty() {
        Answer::empty(204)
    } else {
        let text = format!("{}\n", request.rejected);
        Answer::of(400, "text/plain; charset=utf-8", text)
    };
    let written = request.counts.written().headers().into_iter();
    written.fold(answer, |answer, (name, count)| {
        answer.header(name, count.to_string())
    })
}

/// The whole body was refused.
fn unreadable(reason: &'static str, detail: &str) -> Refused {
    Refused {
        problem: nothing_written(Problem::new(400, detail)),
        reason,
    }
}

fn later(not_taken: NotTaken) -> HttpError {
    match super::later(not_taken) {
        HttpError::Refused(problem) => nothing_written(*problem).into(),
        error => error,
    }
}

fn nothing_written(problem: Problem) -> Problem {
    let headers = Written::default().headers().into_iter();
    headers.fold(problem, |problem, (name, count)| {
        problem.header(name, count.to_string())
    })
}
