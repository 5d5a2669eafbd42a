use http_access::{Answer, HttpError, Problem};
use ids::RuleFileName;
use rule_evaluation::{RuleError, RuleFile};
use serde_json::{Value, json};
use state_table::Written;
use state_table::rule_files::StoredRuleFile;

use crate::{Deps, Request, Response, actor, lost_race};

pub async fn show(deps: &Deps, call: &Request) -> Response {
    let name: RuleFileName = call.param("name")?;
    let file = deps.state.rule_file(call.tenant()?, &name).await?;
    let file = file.ok_or_else(|| missing(&name))?;
    let version = format!("\"{}\"", file.version);
    let yaml = file.yaml.unwrap_or_default();
    Ok(Answer::of(200, "application/yaml; charset=utf-8", yaml).header("etag", version))
}

pub async fn put(deps: &Deps, call: &Request) -> Response {
    let name = RuleFileName::new(call.params.text("name").unwrap_or_default())
        .map_err(|error| HttpError::bad_request(error.to_string()))?;
    let yaml = call.text()?;
    let parsed = RuleFile::parse(&name, yaml).map_err(|errors| refused(&errors))?;
    let stored = deps
        .state
        .put_rule_file(call.tenant()?, &name, yaml, &actor(call)?, call.now)
        .await?;
    let stored = stored.ok_or_else(lost_race)?;
    Answer::json(200, &summary(&stored, &parsed))
}

pub async fn delete(deps: &Deps, call: &Request) -> Response {
    let name: RuleFileName = call.param("name")?;
    let by = actor(call)?;
    match deps
        .state
        .delete_rule_file(call.tenant()?, &name, &by, call.now)
        .await?
    {
        Some(Written::Yes) => Ok(Answer::empty(204)),
        Some(Written::LostRace) => Err(lost_race()),
        None => Err(missing(&name)),
    }
}

fn missing(name: &RuleFileName) -> HttpError {
    HttpError::not_found(format!("there is no rule file {:?}", name.as_str()))
}

/// Every reason with its line, first to last.
fn refused(errors: &[RuleError]) -> HttpError {
    let detail = match errors {
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first}, and {} more: see errors", rest.len()),
        [] => "the file was refused".to_owned(),
    };
    Problem::new(422, detail)
        .with("errors", json!(errors))
        .into()
}

fn summary(stored: &StoredRuleFile, parsed: &RuleFile) -> Value {
    json!({
        "name": stored.name, "version": stored.version, "changed_at": stored.changed_at,
        "groups": parsed.groups.len(), "rules": parsed.rules().count(),
    })
}
