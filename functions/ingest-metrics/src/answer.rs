//! What does the sender read?
//!
//! As remote write 1.0 and its senders want it: 204 for what was taken, 400 with reasons where
//! something was not (the rest is stored), 503 where the same body may pass later. Never 413 or 429,
//! on which some senders retry for ever and others drop.

use std::error::Error;

use http_access::{Answer, HttpError};
use remote_write::{Rejections, WriteRequest};

use crate::flush::Flush;
use crate::judge::JudgeError;

const SAMPLES_WRITTEN: &str = "x-prometheus-remote-write-samples-written";
const HISTOGRAMS_WRITTEN: &str = "x-prometheus-remote-write-histograms-written";
const EXEMPLARS_WRITTEN: &str = "x-prometheus-remote-write-exemplars-written";

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
    written(answer, request.sample_count())
}

/// The whole body was refused.
pub fn refused(error: impl Error) -> HttpError {
    HttpError::bad_request(error.to_string())
}

/// Nothing is lost: the sender still has it.
pub fn unavailable(error: JudgeError) -> HttpError {
    use samples_table::LoadError;
    match error {
        JudgeError::State(error) | JudgeError::Samples(LoadError::Table(error)) => error.into(),
        JudgeError::Samples(error) => HttpError::internal(error),
    }
}

fn written(answer: Answer, samples: usize) -> Answer {
    answer
        .header(SAMPLES_WRITTEN, samples.to_string())
        .header(HISTOGRAMS_WRITTEN, "0")
        .header(EXEMPLARS_WRITTEN, "0")
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
