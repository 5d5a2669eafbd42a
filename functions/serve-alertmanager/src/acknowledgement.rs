//! Who works on an alert: it is not told again while it fires.

use alert_routing::{Acknowledgement, StoredAlert};
use http_access::{Answer, HttpError};
use jiff::Timestamp;
use notification_content::alertmanager_fingerprint;
use serde::Deserialize;
use serde_json::json;

use crate::queue::Changed;
use crate::{Deps, Request, Response, actor, lost_race};

const MOST_COMMENT_CHARS: usize = 1_000;
/// So often an alert is read anew when somebody else wrote it in between: its sender repeats it.
const TRIES: usize = 8;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Until when; without, until the alert ends.
    until: Option<Timestamp>,
    #[serde(default)]
    comment: String,
}

pub async fn put(deps: &Deps, call: &Request) -> Response {
    let wanted: Wanted = call.json()?;
    if wanted.until.is_some_and(|until| until <= call.now) {
        return Err(HttpError::unprocessable(
            "until must be in the future, or null for until the alert ends",
        ));
    }
    if wanted.comment.chars().count() > MOST_COMMENT_CHARS {
        return Err(HttpError::unprocessable(format!(
            "comment may have {MOST_COMMENT_CHARS} characters at most"
        )));
    }
    let acknowledgement = Acknowledgement {
        by: call.principal()?.holder.name().to_owned(),
        at: call.now,
        until: wanted.until,
        comment: wanted.comment,
    };
    let stored = change(deps, call, Some(&acknowledgement)).await?;
    let labels = &stored.alert.labels;
    Answer::json(
        200,
        &json!({
            "fingerprint": format!("{:016x}", alertmanager_fingerprint(labels)),
            "labels": labels, "acknowledged": acknowledgement,
        }),
    )
}

pub async fn delete(deps: &Deps, call: &Request) -> Response {
    change(deps, call, None).await?;
    Ok(Answer::empty(204))
}

async fn change(
    deps: &Deps,
    call: &Request,
    acknowledged: Option<&Acknowledgement>,
) -> Result<StoredAlert, HttpError> {
    let (tenant, by) = (call.tenant()?, actor(call)?);
    for _ in 0..TRIES {
        let stored = find(deps, call).await?;
        if stored.acknowledged.is_none() && acknowledged.is_none() {
            return Err(HttpError::not_found("nobody has acknowledged this alert"));
        }
        let next = acknowledged.cloned();
        let written = deps
            .state
            .acknowledge_alert(tenant, &stored, next, &by, call.now)
            .await?;
        if written.is_stored() {
            deps.queue
                .recheck(tenant, Changed::WhatIsReadEachTime, call.now)
                .await?;
            return Ok(stored);
        }
    }
    Err(lost_race())
}

/// The firing alert that the path names by Alertmanager's fingerprint.
async fn find(deps: &Deps, call: &Request) -> Result<StoredAlert, HttpError> {
    let text = call.params.text("fingerprint").unwrap_or_default();
    let none = || HttpError::not_found(format!("no alert of the fingerprint {text:?} fires"));
    let wanted = u64::from_str_radix(text, 16)
        .ok()
        .filter(|_| text.len() == 16)
        .ok_or_else(none)?;
    let tenant = call.tenant()?;
    let firing = deps.state.firing_alerts(tenant).await?;
    let is_it = |one: &&StoredAlert| alertmanager_fingerprint(&one.alert.labels) == wanted;
    let found = firing.iter().find(is_it).ok_or_else(none)?;
    let id = found.alert.labels.series_id();
    let fresh = deps.state.alert(tenant, id).await?;
    fresh
        .filter(|stored| !stored.alert.is_resolved(call.now))
        .ok_or_else(none)
}
