//! What others than Alertmanager's clients say of alerts.

use alert_inputs::{Said, Unreadable, alertmanager_webhook};
use http_access::{Answer, HttpError, Problem};
use jiff::SignedDuration;

use crate::{Deps, Request, Response, queue};

/// The webhook of an Alertmanager elsewhere. It sends again what is answered with 5xx, and drops what is answered with 4xx, so
/// that one alert that can't be taken does not keep the others.
pub async fn alertmanager(deps: &Deps, call: &Request) -> Response {
    let said = alertmanager_webhook(&call.body).map_err(refused)?;
    let (taken, reasons) = checked(said, call);
    deps.queue.say(call.tenant()?, taken, call.now).await?;
    if reasons.is_empty() {
        return Ok(Answer::empty(204));
    }
    let detail = format!(
        "{} of the alerts were not taken: {}",
        reasons.len(),
        reasons.join("; ")
    );
    Err(Problem::new(422, detail).with("errors", reasons).into())
}

/// An event of any shape.
pub async fn event(deps: &Deps, call: &Request) -> Response {
    let tenant = call.tenant()?;
    let name = call.params.text("name").unwrap_or_default();
    let settings = deps.state.settings(tenant).await?.settings;
    let Some(mapping) = settings.alerting.events.get(name) else {
        let detail = format!(
            "the settings have no mapping {name:?}: an admin adds it under alerting.events with PUT /api/v1/settings"
        );
        return Err(Problem::new(404, detail).into());
    };
    let said = mapping.read(&call.body, call.now).map_err(refused)?;
    let (taken, reasons) = checked(vec![said], call);
    if let Some(reason) = reasons.into_iter().next() {
        return Err(Problem::new(422, reason).into());
    }
    deps.queue.say(tenant, taken, call.now).await?;
    Ok(Answer::empty(204))
}

fn refused(unreadable: Unreadable) -> HttpError {
    Problem::new(422, unreadable.to_string()).into()
}

/// Those that can be alerts, and why others can't.
fn checked(said: Vec<Said>, call: &Request) -> (Vec<Said>, Vec<String>) {
    let (mut taken, mut reasons) = (Vec::new(), Vec::new());
    for one in said {
        match one.clone().heard(SignedDuration::ZERO, call.now) {
            Err(invalid) => reasons.push(invalid.to_string()),
            Ok(_) if !queue::fits(&one) => {
                reasons.push("the alert is too large; shorten its annotations".to_owned());
            }
            Ok(_) => taken.push(one),
        }
    }
    (taken, reasons)
}
