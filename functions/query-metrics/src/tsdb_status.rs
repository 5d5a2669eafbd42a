//! Which names and labels make the series, and which series came and went?

use access::routes::QueryRoute;
use cardinality::{Cardinality, Churn, cardinality, churn};
use http_access::{Answer, Call, HttpError};
use serde_json::{Value, json};

use crate::load::Store;
use crate::params::BadParam;
use crate::{bad_param, params, success, unloadable};

/// How much is looked at where no `start` is given.
const DEFAULT_WINDOW_MS: i64 = 60 * 60 * 1000;
/// The most that is looked at.
const MAX_WINDOW_MS: i64 = 24 * DEFAULT_WINDOW_MS;
/// How long each list is where nobody says, as in Prometheus.
const DEFAULT_LIMIT: usize = 10;

pub(crate) async fn tsdb_status(
    store: &Store,
    call: &Call<QueryRoute>,
) -> Result<Answer, HttpError> {
    let params = call.parameters();
    let limit = params::positive(&params, "limit").map_err(bad_param)?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    let now_ms = call.now.as_millisecond();
    let (start_ms, end_ms) =
        params::window(&params, now_ms, DEFAULT_WINDOW_MS).map_err(bad_param)?;
    if end_ms.saturating_sub(start_ms) > MAX_WINDOW_MS {
        let max_hours = MAX_WINDOW_MS / 3_600_000;
        return Err(bad_param(BadParam::TooLong { max_hours }));
    }
    let spans = store
        .spans(call.tenant()?, (start_ms, end_ms))
        .await
        .map_err(unloadable)?;
    let mut data = head(&cardinality(&spans.series, limit), spans.chunks);
    data["churn"] = came_and_went(
        &churn(&spans.series, start_ms, end_ms, limit),
        start_ms,
        end_ms,
    );
    success(data.to_string(), spans.unreadable)
}

/// In Prometheus' words: its head is our window.
fn head(found: &Cardinality, chunks: usize) -> Value {
    json!({
        "headStats": {
            "numSeries": found.series,
            "numLabelPairs": found.label_pairs,
            "chunkCount": chunks,
            "minTime": found.first_ms,
            "maxTime": found.last_ms,
        },
        "seriesCountByMetricName": found.series_by_name,
        "labelValueCountByLabelName": found.values_by_label,
        "memoryInBytesByLabelName": found.value_bytes_by_label,
        "seriesCountByLabelValuePair": found.series_by_pair,
    })
}

/// What Prometheus does not tell.
fn came_and_went(found: &Churn, start_ms: i64, end_ms: i64) -> Value {
    json!({
        "startTime": start_ms,
        "endTime": end_ms,
        "numActiveSeries": found.active,
        "numAppearedSeries": found.appeared,
        "numEndedSeries": found.ended,
        "appearedSeriesCountByMetricName": found.appeared_by_name,
        "endedSeriesCountByMetricName": found.ended_by_name,
    })
}
