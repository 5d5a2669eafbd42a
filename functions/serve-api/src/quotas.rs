use http_access::{Answer, HttpError, Problem};
use ids::TenantId;
use quotas::{Name, Quotas};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use state_table::quotas::{Standing, VersionedQuotas};

use crate::{Deps, Request, Response, actor, lost_race};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Update {
    /// The version that was read; without it whatever is there is replaced.
    version: Option<u64>,
    quotas: Quotas,
}

pub async fn put(deps: &Deps, call: &Request) -> Response {
    let Update { version, quotas } = call.json()?;
    let problems = quotas.problems();
    if !problems.is_empty() {
        let detail = problems.join("; ");
        return Err(Problem::new(422, detail).with("errors", problems).into());
    }
    let tenant: TenantId = call.param("tenant")?;
    if deps.state.tenant(&tenant).await?.is_none() {
        return Err(HttpError::not_found("there is no tenant of this name"));
    }
    let before = deps.state.quotas(&tenant).await?;
    if version.is_some_and(|version| version != before.version) {
        return Err(lost_race());
    }
    if before.version > 0 && before.quotas == quotas {
        return Answer::json(200, &before);
    }
    let written = deps
        .state
        .put_quotas(&tenant, &before, quotas, &actor(call)?, call.now)
        .await?;
    if !written.is_stored() {
        return Err(lost_race());
    }
    let version = before.version + 1;
    Answer::json(200, &VersionedQuotas { version, quotas })
}

pub async fn show(deps: &Deps, call: &Request) -> Response {
    let standing = deps.state.standing(call.tenant()?).await?;
    Answer::json(200, &report(&standing))
}

fn report(Standing { allowed, usage }: &Standing) -> Value {
    let each = Name::ALL.into_iter().map(|name| {
        let used = usage.as_ref().and_then(|usage| usage.of(name));
        let shown = json!({"limit": allowed.quotas.of(name), "used": used});
        (name.as_str().to_owned(), shown)
    });
    json!({
        "version": allowed.version,
        "measured_at": usage.as_ref().map(|usage| usage.measured_at),
        "senders": usage.as_ref().map(|usage| usage.senders),
        "quotas": each.collect::<Map<_, _>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_says_what_can_be_set() {
        let schemas = crate::openapi::schemas();
        let described = &schemas["Quotas"]["properties"];
        assert_eq!(described.as_object().unwrap().len(), Name::ALL.len());
        for name in Name::ALL {
            let found = &described[name.as_str()];
            assert_eq!(found["minimum"], *name.range().start());
            assert_eq!(found["maximum"], *name.range().end());
        }
    }
}
