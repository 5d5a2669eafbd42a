//! Who silenced what.

use alert_routing::{ApiMatcher, Silence, SilenceEdit, SilenceState, WantedSilence};
use http_access::{Answer, HttpError};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{body, code, filter, invalid, required, time, unreadable};
use crate::queue::Changed;
use crate::{Deps, Request, Response, actor, fresh_id, lost_race};

/// So often a silence is read anew when somebody else wrote it in between.
const TRIES: usize = 3;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostableSilence {
    id: Option<String>,
    matchers: Option<Vec<Option<PostedMatcher>>>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    created_by: Option<String>,
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostedMatcher {
    name: Option<String>,
    value: Option<String>,
    is_regex: Option<bool>,
    is_equal: Option<bool>,
}

/// Those that have every matcher that is asked for: first the active ones, then those to come, then those that are over.
pub async fn list(deps: &Deps, call: &Request) -> Response {
    let wanted = filter::matchers(&call.query())?;
    let mut silences = deps.state.silences(call.tenant()?).await?;
    silences.retain(|silence| wanted.iter().all(|one| silence.matchers.contains(one)));
    silences.sort_by_key(|silence| order(silence, call.now));
    let shown = silences.iter().map(|silence| shown(silence, call.now));
    Answer::json(200, &shown.collect::<Vec<_>>())
}

pub async fn show(deps: &Deps, call: &Request) -> Response {
    match deps.state.silence(call.tenant()?, id_of(call)?).await? {
        Some(silence) => Answer::json(200, &shown(&silence, call.now)),
        None => Ok(Answer::empty(404)),
    }
}

pub async fn post(deps: &Deps, call: &Request) -> Response {
    let posted: Option<PostableSilence> = body(call, "silence")?;
    let (id, wanted) = read(posted)?;
    wanted.check_times(call.now).map_err(refused)?;
    for _ in 0..TRIES {
        let previous = previous(deps, call, &id).await?;
        let edit = wanted
            .clone()
            .edit(previous.as_ref(), fresh_id()?, call.now)
            .map_err(refused)?;
        if let Some(id) = store(deps, call, previous.as_ref(), &edit).await? {
            return Answer::json(200, &json!({"silenceID": id}));
        }
    }
    Err(lost_race())
}

pub async fn expire(deps: &Deps, call: &Request) -> Response {
    let tenant = call.tenant()?;
    let id = id_of(call)?;
    for _ in 0..TRIES {
        let found = deps.state.silence(tenant, id).await?;
        let silence = found.ok_or_else(not_found)?;
        let written = match silence.expired(call.now) {
            None => true,
            Some(ended) => put(deps, call, &[(Some(&silence), &ended)]).await?,
        };
        if written {
            // Also where it was over: whoever ended it may not have come so far.
            deps.queue
                .recheck(tenant, Changed::WhatIsReadEachTime, call.now)
                .await?;
            return Ok(Answer::empty(200));
        }
    }
    Err(lost_race())
}

async fn previous(deps: &Deps, call: &Request, id: &str) -> Result<Option<Silence>, HttpError> {
    if id.is_empty() {
        return Ok(None);
    }
    let found = deps.state.silence(call.tenant()?, id).await?;
    found.ok_or_else(not_found).map(Some)
}

/// The id of what is stored now; none where somebody else was before.
async fn store(
    deps: &Deps,
    call: &Request,
    previous: Option<&Silence>,
    edit: &SilenceEdit,
) -> Result<Option<String>, HttpError> {
    let (after, changes) = match edit {
        SilenceEdit::Create(new) => (new, vec![(None, new)]),
        SilenceEdit::Update(next) => (next, vec![(previous, next)]),
        SilenceEdit::Replace { ended, by } => (by, vec![(previous, ended), (None, by)]),
    };
    if !put(deps, call, &changes).await? {
        return Ok(None);
    }
    let frees = |(before, next): &(Option<&Silence>, &Silence)| {
        before.is_some_and(|before| before.frees_by(next, call.now))
    };
    if changes.iter().any(frees) {
        deps.queue
            .recheck(call.tenant()?, Changed::WhatIsReadEachTime, call.now)
            .await?;
    }
    Ok(Some(after.id.clone()))
}

async fn put(
    deps: &Deps,
    call: &Request,
    changes: &[(Option<&Silence>, &Silence)],
) -> Result<bool, HttpError> {
    let (tenant, by) = (call.tenant()?, actor(call)?);
    let written = deps.state.put_silences(tenant, changes, &by, call.now);
    Ok(written.await?.is_stored())
}

/// The id, empty where there is none, and what is wanted. Fields are asked for in the order in which its library does.
fn read(posted: Option<PostableSilence>) -> Result<(String, WantedSilence), HttpError> {
    let posted = posted.ok_or_else(|| required("comment"))?;
    let times = [&posted.starts_at, &posted.ends_at];
    let [starts_at, ends_at] = times.map(|text| text.as_deref().map(time::parse).transpose());
    let starts_at = starts_at.map_err(|reason| unreadable("silence", reason))?;
    let ends_at = ends_at.map_err(|reason| unreadable("silence", reason))?;
    let comment = posted.comment.ok_or_else(|| required("comment"))?;
    let created_by = posted.created_by.ok_or_else(|| required("createdBy"))?;
    let ends_at = ends_at.ok_or_else(|| required("endsAt"))?;
    let matchers = read_matchers(posted.matchers)?;
    let starts_at = starts_at.ok_or_else(|| required("startsAt"))?;
    let wanted = WantedSilence {
        matchers,
        starts_at,
        ends_at,
        created_by,
        comment,
    };
    Ok((posted.id.unwrap_or_default(), wanted))
}

fn read_matchers(posted: Option<Vec<Option<PostedMatcher>>>) -> Result<Vec<ApiMatcher>, HttpError> {
    let posted = posted.ok_or_else(|| required("matchers"))?;
    if posted.is_empty() {
        let message = "matchers in body should have at least 1 items";
        return Err(invalid(422, code::TOO_FEW_ITEMS, message));
    }
    let read = |(at, posted): (usize, Option<PostedMatcher>)| {
        let needed = |field: &str| required(&format!("matchers.{at}.{field}"));
        let posted = posted.ok_or_else(|| unreadable("silence", "null is no matcher"))?;
        Ok(ApiMatcher {
            is_regex: posted.is_regex.ok_or_else(|| needed("isRegex"))?,
            name: posted.name.ok_or_else(|| needed("name"))?,
            value: posted.value.ok_or_else(|| needed("value"))?,
            is_equal: posted.is_equal.unwrap_or(true),
        })
    };
    posted.into_iter().enumerate().map(read).collect()
}

/// The id in the path, which must be a UUID.
fn id_of(call: &Request) -> Result<&str, HttpError> {
    let id = call.params.text("id").unwrap_or_default();
    if uuid::Uuid::try_parse(id).is_err() {
        let message = format!("silenceID in path must be of type uuid: {id:?}");
        return Err(invalid(422, code::INVALID_TYPE, message));
    }
    Ok(id)
}

fn not_found() -> HttpError {
    HttpError::not_found("silence not found")
}

fn refused(reason: alert_routing::InvalidSilence) -> HttpError {
    HttpError::bad_request(reason.to_string())
}

/// Source: Alertmanager, `api/v2.SortSilences`.
fn order(silence: &Silence, now: Timestamp) -> (u8, i128) {
    match silence.state(now) {
        SilenceState::Active => (0, silence.ends_at.as_nanosecond()),
        SilenceState::Pending => (1, silence.starts_at.as_nanosecond()),
        SilenceState::Expired => (2, -silence.ends_at.as_nanosecond()),
    }
}

fn shown(silence: &Silence, now: Timestamp) -> Value {
    let state = match silence.state(now) {
        SilenceState::Active => "active",
        SilenceState::Pending => "pending",
        SilenceState::Expired => "expired",
    };
    let matchers = silence.matchers.iter().map(ApiMatcher::from);
    json!({
        "id": silence.id, "status": {"state": state}, "updatedAt": time::shown(silence.updated_at),
        "comment": silence.comment, "createdBy": silence.created_by,
        "startsAt": time::shown(silence.starts_at), "endsAt": time::shown(silence.ends_at),
        "matchers": matchers.collect::<Vec<_>>(),
    })
}
