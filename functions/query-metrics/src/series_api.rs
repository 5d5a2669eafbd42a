//! Which series, label names and label values are there?

use std::collections::BTreeSet;

use access::routes::QueryRoute;
use http_access::{Answer, Call, HttpError};
use promql::{Expr, Selector};
use samples_table::Loaded;

use crate::load::Store;
use crate::{bad_param, params, success, unloadable};

/// How far back is looked where no `start` is given.
const DEFAULT_BACK_MS: i64 = 60 * 60 * 1000;

pub(crate) async fn series(store: &Store, call: &Call<QueryRoute>) -> Result<Answer, HttpError> {
    if call.parameters().text("match[]").is_none() {
        return Err(HttpError::bad_request("no match[] parameter provided"));
    }
    let found = matching(store, call).await?;
    let labels: Vec<_> = found.series.iter().map(|series| &series.labels).collect();
    success(
        serde_json::to_string(&labels).map_err(HttpError::internal)?,
        found.unreadable,
    )
}

pub(crate) async fn label_names(
    store: &Store,
    call: &Call<QueryRoute>,
) -> Result<Answer, HttpError> {
    let found = matching(store, call).await?;
    let names: BTreeSet<&str> = found
        .series
        .iter()
        .flat_map(|series| series.labels.iter())
        .map(|(name, _)| name)
        .collect();
    success(
        serde_json::to_string(&names).map_err(HttpError::internal)?,
        found.unreadable,
    )
}

pub(crate) async fn label_values(
    store: &Store,
    call: &Call<QueryRoute>,
) -> Result<Answer, HttpError> {
    let name = call.params.text("name").unwrap_or_default();
    if !is_label_name(name) {
        return Err(HttpError::bad_request(format!(
            "invalid label name: {name:?}"
        )));
    }
    let found = matching(store, call).await?;
    let values: BTreeSet<&str> = found
        .series
        .iter()
        .map(|series| series.labels.value(name))
        .filter(|value| !value.is_empty())
        .collect();
    success(
        serde_json::to_string(&values).map_err(HttpError::internal)?,
        found.unreadable,
    )
}

/// The series of every `match[]`, or all where there is none.
async fn matching(store: &Store, call: &Call<QueryRoute>) -> Result<Loaded, HttpError> {
    let params = call.parameters();
    let now_ms = call.now.as_millisecond();
    let times = params::window(&params, now_ms, DEFAULT_BACK_MS).map_err(bad_param)?;
    let mut selectors: Vec<Selector> = Vec::new();
    for text in params.all("match[]") {
        selectors.extend(selector(text)?);
    }
    if selectors.is_empty() {
        selectors.extend(selector("{__name__!=\"\"}")?);
    }
    store
        .load(call.tenant()?, &selectors, times)
        .await
        .map_err(unloadable)
}

fn selector(text: &str) -> Result<Vec<Selector>, HttpError> {
    let refused = |reason: String| {
        HttpError::bad_request(format!("invalid parameter \"match[]\": {text:?}: {reason}"))
    };
    let expr = Expr::parse(text).map_err(|error| refused(error.to_string()))?;
    if !expr.is_selector() {
        return Err(refused(
            "a series selector is needed, such as up{job=\"node\"}".to_owned(),
        ));
    }
    Ok(expr.selectors().to_vec())
}

fn is_label_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
