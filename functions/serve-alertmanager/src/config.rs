//! The `alertmanager.yml` of a tenant.

mod checks;

use alertmanager_config::{Config, Problem as Refusal};
use http_access::{Answer, HttpError, Problem};
use ids::TenantId;
use receiver_secrets::{SecretsError, Values};
use serde_json::json;
use state_table::alertmanager_configs::AlertmanagerConfig;

use crate::configured::parsed;
use crate::queue::Changed;
use crate::{Deps, Request, Response, actor, fresh_id, lost_race};

/// What fits an item of the table, in bytes, with its defaults and without its secrets.
const MOST_BYTES: usize = 350_000;

pub async fn show(deps: &Deps, call: &Request) -> Response {
    let stored = deps.state.alertmanager_config(call.tenant()?).await?;
    let etag = etag(&stored);
    let yaml = stored.config.ok_or_else(missing)?;
    Ok(Answer::of(200, "application/yaml; charset=utf-8", yaml).header("etag", etag))
}

pub async fn put(deps: &Deps, call: &Request) -> Response {
    let mut config = Config::parse(call.text()?).map_err(|problems| refused(&problems))?;
    let tenant = call.tenant()?;
    let before = deps.state.alertmanager_config(tenant).await?;
    check_version(call, &before)?;
    let stored = stored_secrets(deps, tenant, &before).await?;
    let missing = config.put_secrets(&stored);
    let allowed = deps
        .state
        .settings(tenant)
        .await?
        .settings
        .outbound_allow_list;
    let mut problems: Vec<Refusal> = missing.into_iter().map(not_stored).collect();
    problems.extend(checks::check(&config, &allowed));
    problems.extend(receiver_messages::check(call.text()?, &config));
    if !problems.is_empty() {
        return Err(refused(&problems));
    }
    let taken = config.take_secrets();
    let yaml = config.to_yaml().map_err(HttpError::internal)?;
    // What is stored must be readable by whoever reads it next.
    parsed(&yaml)?;
    check_sizes(&yaml, &taken)?;
    let after = if before.config.as_ref() == Some(&yaml) && taken == stored {
        before
    } else {
        let version = secrets_version(deps, tenant, (&before, &stored), &taken).await?;
        replace(deps, call, &before, before.next(Some(yaml), version)).await?
    };
    deps.queue
        .recheck(tenant, Changed::Configuration, call.now)
        .await?;
    let shown = json!({
        "version": after.version, "receivers": config.receivers.len(),
        "routes": config.routing_tree().nodes().len(), "secrets": taken.len(),
    });
    Ok(Answer::json(200, &shown)?.header("etag", etag(&after)))
}

pub async fn delete(deps: &Deps, call: &Request) -> Response {
    let tenant = call.tenant()?;
    let before = deps.state.alertmanager_config(tenant).await?;
    check_version(call, &before)?;
    if before.config.is_none() {
        return Err(missing());
    }
    replace(deps, call, &before, before.next(None, None)).await?;
    deps.queue
        .recheck(tenant, Changed::Configuration, call.now)
        .await?;
    Ok(Answer::empty(204))
}

async fn replace(
    deps: &Deps,
    call: &Request,
    before: &AlertmanagerConfig,
    after: AlertmanagerConfig,
) -> Result<AlertmanagerConfig, HttpError> {
    let (tenant, by) = (call.tenant()?, actor(call)?);
    let state = &deps.state;
    let written = state.put_alertmanager_config(tenant, before, &after, &by, call.now);
    if written.await?.is_stored() {
        Ok(after)
    } else {
        Err(lost_race())
    }
}

async fn stored_secrets(
    deps: &Deps,
    tenant: &TenantId,
    stored: &AlertmanagerConfig,
) -> Result<Values, HttpError> {
    match &stored.secrets_version {
        Some(version) => deps.secrets.read(tenant, version).await.map_err(failed),
        None => Ok(Values::new()),
    }
}

/// Where these secrets are: in a version of their own, unless they are the same as before.
async fn secrets_version(
    deps: &Deps,
    tenant: &TenantId,
    (before, stored): (&AlertmanagerConfig, &Values),
    taken: &Values,
) -> Result<Option<String>, HttpError> {
    if taken.is_empty() {
        return Ok(None);
    }
    if taken == stored {
        return Ok(before.secrets_version.clone());
    }
    let version = (&*fresh_id()?, before.secrets_version.as_deref());
    let written = deps.secrets.write(tenant, taken, version).await;
    written.map(Some).map_err(failed)
}

fn failed(error: SecretsError) -> HttpError {
    match error {
        SecretsError::Unavailable(_) => HttpError::Unavailable(Box::new(error)),
        _ => HttpError::internal(error),
    }
}

fn check_sizes(yaml: &str, secrets: &Values) -> Result<(), HttpError> {
    let secrets = serde_json::to_string(secrets).map_err(HttpError::internal)?;
    for (what, bytes, most) in [
        ("with its defaults", yaml.len(), MOST_BYTES),
        (
            "in its secrets",
            secrets.len(),
            receiver_secrets::MOST_BYTES,
        ),
    ] {
        if bytes > most {
            return Err(HttpError::unprocessable(format!(
                "the configuration has {bytes} bytes {what}; {most} at most"
            )));
        }
    }
    Ok(())
}

/// `If-Match` (RFC 9110 section 13.1.1), where it is given.
fn check_version(call: &Request, stored: &AlertmanagerConfig) -> Result<(), HttpError> {
    let Some(wanted) = call.header("if-match") else {
        return Ok(());
    };
    let is = |one: &str| one == etag(stored) || (one == "*" && stored.config.is_some());
    if wanted.split(',').any(|one| is(one.trim())) {
        return Ok(());
    }
    let detail = format!(
        "the configuration is of version {} by now; read it again and repeat",
        stored.version
    );
    Err(Problem::new(412, detail).into())
}

fn etag(stored: &AlertmanagerConfig) -> String {
    format!("\"{}\"", stored.version)
}

fn missing() -> HttpError {
    HttpError::not_found(
        "there is no configuration; the receivers of the settings are told of everything",
    )
}

fn not_stored(path: String) -> Refusal {
    Refusal {
        line: None,
        path,
        message: "no secret is stored at this place that <secret> could stand for; give the secret itself".to_owned(),
    }
}

/// Every reason with its line, first to last.
fn refused(problems: &[Refusal]) -> HttpError {
    let detail = match problems {
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first}, and {} more: see errors", rest.len()),
        [] => "the configuration was refused".to_owned(),
    };
    Problem::new(422, detail)
        .with("errors", json!(problems))
        .into()
}
