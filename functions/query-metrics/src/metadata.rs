//! What do the metrics mean? As their senders say.

use std::collections::BTreeMap;

use access::routes::QueryRoute;
use http_access::{Answer, Call, HttpError};
use serde::Serialize;
use series::MetricKind;
use state_table::metadata::{Family, MAX_FAMILIES};

use crate::load::Store;
use crate::{answered, bad_param, params};

/// What Prometheus tells of a metric.
#[derive(Debug, Serialize)]
struct Told {
    r#type: MetricKind,
    help: String,
    unit: String,
}

/// Of each metric one text is kept, so that every `limit_per_metric` lets all of them through.
pub(crate) async fn metadata(store: &Store, call: &Call<QueryRoute>) -> Result<Answer, HttpError> {
    let (params, tenant) = (call.parameters(), call.tenant()?);
    let limit = params::limit(&params, "limit").map_err(bad_param)?;
    params::limit(&params, "limit_per_metric").map_err(bad_param)?;
    let mut found: Vec<Family> = Vec::new();
    if let Some(metric) = params::present(&params, "metric") {
        found.extend(store.state.family(tenant, metric, call.now).await?);
    } else {
        let visit = |family| found.push(family);
        store.state.each_family(tenant, call.now, visit).await?;
    }
    let warning = (found.len() >= MAX_FAMILIES).then(|| {
        format!("of {MAX_FAMILIES} metric families the metadata are kept, and of no more")
    });
    let told: BTreeMap<String, [Told; 1]> = found
        .into_iter()
        .take(limit.unwrap_or(usize::MAX))
        .map(told)
        .collect();
    let data = serde_json::to_string(&told).map_err(HttpError::internal)?;
    answered(data, warning)
}

fn told(family: Family) -> (String, [Told; 1]) {
    let told = Told {
        r#type: family.kind,
        help: family.help,
        unit: family.unit,
    };
    (family.metric, [told])
}
