//! What were the values?
//!
//! Prometheus' query API over the stored samples: what does not parse is answered with 400, what can't
//! be evaluated with 422 and its position, and everything else as Prometheus 2.42 would.

mod load;
mod metadata;
mod params;
mod rejections;
mod series_api;
mod tsdb_status;

use access::routes::QueryRoute;
use http_access::{Answer, Call, HttpError};
use promql::{EvalError, Expr};
use samples_table::{LoadError, Loaded};

pub use crate::load::{Store, StoreError};
use crate::params::BadParam;

/// What Lambda lets through is 6 MB, in which the body is a JSON string: each of its quotes counts twice.
const MAX_ANSWER_BYTES: usize = 6_000_000;

/// Answers one request.
pub async fn handle(store: &Store, call: Call<QueryRoute>) -> Result<Answer, HttpError> {
    match call.route {
        QueryRoute::Query => query(store, &call).await,
        QueryRoute::QueryRange => query_range(store, &call).await,
        QueryRoute::Series => series_api::series(store, &call).await,
        QueryRoute::Labels => series_api::label_names(store, &call).await,
        QueryRoute::LabelValues => series_api::label_values(store, &call).await,
        QueryRoute::Rejections => rejections::list(store, &call).await,
        QueryRoute::Metadata => metadata::metadata(store, &call).await,
        QueryRoute::TsdbStatus => tsdb_status::tsdb_status(store, &call).await,
    }
}

async fn query(store: &Store, call: &Call<QueryRoute>) -> Result<Answer, HttpError> {
    let params = call.parameters();
    let expr = parse(params::required(&params, "query").map_err(bad_param)?)?;
    let at_ms = params::time_ms(&params, "time")
        .map_err(bad_param)?
        .unwrap_or_else(|| call.now.as_millisecond());
    let loaded = load(store, call, &expr, at_ms, at_ms).await?;
    let value = promql::evaluate_instant(&expr, &loaded.series, at_ms).map_err(unevaluable)?;
    success(
        data(|out| promql::json::append_value(out, &value)),
        loaded.unreadable,
    )
}

async fn query_range(store: &Store, call: &Call<QueryRoute>) -> Result<Answer, HttpError> {
    let params = call.parameters();
    let expr = parse(params::required(&params, "query").map_err(bad_param)?)?;
    let range = params::range(&params).map_err(bad_param)?;
    let loaded = load(store, call, &expr, range.start_ms, range.end_ms).await?;
    let (start_ms, end_ms, step_ms) = (range.start_ms, range.end_ms, range.step_ms);
    let matrix = promql::evaluate_range(&expr, &loaded.series, start_ms, end_ms, step_ms)
        .map_err(unevaluable)?;
    success(
        data(|out| promql::json::append_matrix(out, &matrix)),
        loaded.unreadable,
    )
}

async fn load(
    store: &Store,
    call: &Call<QueryRoute>,
    expr: &Expr,
    start_ms: i64,
    end_ms: i64,
) -> Result<Loaded, HttpError> {
    let Some(times) = expr.time_range(start_ms, end_ms) else {
        return Ok(Loaded::default());
    };
    store
        .load(call.tenant()?, expr.selectors(), times)
        .await
        .map_err(unloadable)
}

fn parse(text: &str) -> Result<Expr, HttpError> {
    let expr = Expr::parse(text)
        .map_err(|error| HttpError::bad_request(format!("invalid parameter \"query\": {error}")))?;
    expr.check()
        .map_err(|error| HttpError::unprocessable(error.to_string()))?;
    Ok(expr)
}

fn data(append: impl FnOnce(&mut String)) -> String {
    let mut data = String::new();
    append(&mut data);
    data
}

/// What could not be read is missing in `data`, which the answer says in the words that Prometheus' clients
/// show to people.
pub(crate) fn success(data: String, unreadable: usize) -> Result<Answer, HttpError> {
    let warning = (unreadable > 0)
        .then(|| format!("{unreadable} stored chunks can't be read: their samples are missing"));
    answered(data, warning)
}

/// `warning` is text that needs no escape.
pub(crate) fn answered(data: String, warning: Option<String>) -> Result<Answer, HttpError> {
    let escapes = data.bytes().filter(|byte| matches!(byte, b'"' | b'\\'));
    let size_bytes = data.len() + escapes.count();
    if size_bytes > MAX_ANSWER_BYTES {
        return Err(HttpError::unprocessable(format!(
            "the answer would have {size_bytes} bytes and {MAX_ANSWER_BYTES} can be sent: ask for fewer series, less time or a larger step",
        )));
    }
    let warnings = warning.map_or_else(String::new, |text| format!(",\"warnings\":[\"{text}\"]"));
    let body = format!("{{\"status\":\"success\",\"data\":{data}{warnings}}}");
    Ok(Answer::of(200, "application/json", body))
}

pub(crate) fn bad_param(error: BadParam) -> HttpError {
    HttpError::bad_request(error.to_string())
}

fn unevaluable(error: EvalError) -> HttpError {
    match error {
        EvalError::NoRangeOf(_) | EvalError::TimeRange(_) => {
            HttpError::bad_request(error.to_string())
        }
        error => HttpError::unprocessable(error.to_string()),
    }
}

pub(crate) fn unloadable(error: StoreError) -> HttpError {
    match error {
        StoreError::State(error) | StoreError::Samples(LoadError::Table(error)) => error.into(),
        StoreError::Samples(
            error @ (LoadError::TooManySamples { .. }
            | LoadError::TooManySeries { .. }
            | LoadError::TooLongLabels { .. }),
        ) => HttpError::unprocessable(error.to_string()),
        StoreError::Samples(error) => HttpError::internal(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_is_refused_with_what_to_do() {
        let max = 7;
        for error in [
            LoadError::TooManySamples { max },
            LoadError::TooManySeries { max },
            LoadError::TooLongLabels { max },
        ] {
            let refused = unloadable(StoreError::Samples(error));
            assert_eq!(refused.status(), 422);
            let text = refused.to_string();
            assert!(
                text.contains("more than 7") && text.contains("ask for less time"),
                "{text}"
            );
        }
    }
}
