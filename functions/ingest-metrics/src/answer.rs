//! What does the sender read?
//!
//! As remote write 1.0 and 2.0 and their senders want it: 204 for what was taken, 400 with reasons where
//! something was not (the rest is stored), 415 for another message, 503 where the same body may pass
//! later. Never 413 or 429, on which some senders retry for ever and others drop. Every answer to a body
//! that was looked at says how much of it was written.

use std::error::Error;

use http_access::{Answer, HttpError, Problem};
use remote_write::{Rejections, Unsupported, WriteRequest, Written};
use state_table::TableError;

use crate::flush::Flush;
use crate::judge::JudgeError;

/// How long a sender should wait while the tables are throttled or down.
const RETRY_AFTER_SECS: &str = "5";

/// What was stored, and what was not.
pub fn taken(flush: &Flush<'_>, request: &WriteRequest<'_>) -> Answer {
    let answer = if request.rejected.is_empty() {
        Answer::empty(204)
    } else {
        log(flush, &request.rejected);
        Answer::of(
            400,
            "text/plain; charset=utf-8",
            format!("{}\n", request.rejected),
        )
    };
    let written = request.counts.written().headers().into_iter();
    written.fold(answer, |answer, (name, count)| {
        answer.header(name, count.to_string())
    })
}

/// The message is of a kind that is not taken.
pub fn unsupported(error: Unsupported) -> HttpError {
    Problem::new(Unsupported::STATUS, error.to_string()).into()
}

/// The whole body was refused.
pub fn refused(error: impl Error) -> HttpError {
    nothing_written(Problem::new(400, error.to_string()))
}

/// Nothing is lost: the sender still has it.
pub fn unavailable(error: JudgeError) -> HttpError {
    use samples_table::LoadError;
    match error {
        JudgeError::State(error) | JudgeError::Samples(LoadError::Table(error))
            if error.is_retryable() =>
        {
            tracing::warn!(cause = causes(&error), "a flush must come again");
            let problem = Problem::new(503, "not available now; send the same body again later");
            nothing_written(problem.header("retry-after", RETRY_AFTER_SECS))
        }
        JudgeError::State(error) => error.into(),
        JudgeError::Samples(error) => HttpError::internal(error),
    }
}

fn nothing_written(problem: Problem) -> HttpError {
    let headers = Written::default().headers().into_iter();
    headers
        .fold(problem, |problem, (name, count)| {
            problem.header(name, count.to_string())
        })
        .into()
}

fn causes(error: &TableError) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

fn log(flush: &Flush<'_>, rejections: &Rejections) {
    for rejected in rejections.iter() {
        tracing::info!(
            tenant = %flush.tenant,
            sender = %flush.declared.sender,
            reason = rejected.reason.code(),
            samples = rejected.samples,
            series = rejected.series,
            "rejected"
        );
    }
    lambda_support::put_metric(
        flush.arrived_at,
        "ingest-metrics",
        "SamplesRejected",
        rejections.samples(),
    );
}
