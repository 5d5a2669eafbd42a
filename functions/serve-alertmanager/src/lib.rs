//! How are alerts routed, which fire, and who silenced what?
//!
//! `v2` answers as Alertmanager 0.25 does, so that its clients need not know; `tests/tests/alertmanager_api` asks both the
//! same. Beside it: the configuration, who would get an alert, and who works on one. What is decided is decided in
//! [`alert_routing`]; what was changed is told to `route-alerts` through the queue `alerts`.

mod acknowledgement;
mod config;
mod configured;
mod inputs;
mod queue;
mod route_test;
mod v2;

use access::routes::AlertmanagerRoute;
use http_access::{Answer, Call, HttpError};
use jiff::Timestamp;
use state_table::StateTable;
use state_table::audit::Actor;
use uuid::Uuid;

pub use queue::AlertsQueue;
pub use receiver_secrets::Secrets;

/// What the handlers need.
#[derive(Debug)]
pub struct Deps {
    /// Where everything is but secrets.
    pub state: StateTable,
    /// Where those are.
    pub secrets: Secrets,
    /// The way to `route-alerts`.
    pub queue: AlertsQueue,
    /// Since when this instance is there.
    pub started_at: Timestamp,
}

type Request = Call<AlertmanagerRoute>;
type Response = Result<Answer, HttpError>;

/// Answers one request that was let in.
pub async fn handle(deps: &Deps, call: Request) -> Response {
    match call.route {
        AlertmanagerRoute::Config => config::show(deps, &call).await,
        AlertmanagerRoute::PutConfig => config::put(deps, &call).await,
        AlertmanagerRoute::DeleteConfig => config::delete(deps, &call).await,
        AlertmanagerRoute::TestRoutes => route_test::test(deps, &call).await,
        AlertmanagerRoute::Acknowledge => acknowledgement::put(deps, &call).await,
        AlertmanagerRoute::Unacknowledge => acknowledgement::delete(deps, &call).await,
        AlertmanagerRoute::AlertmanagerWebhook => inputs::alertmanager(deps, &call).await,
        AlertmanagerRoute::Event => inputs::event(deps, &call).await,
        AlertmanagerRoute::Status => v2::status::show(deps, &call).await,
        AlertmanagerRoute::Receivers => v2::status::receivers(deps, &call).await,
        AlertmanagerRoute::FiringAlerts => v2::alerts::list(deps, &call).await,
        AlertmanagerRoute::PostAlerts => v2::posted_alerts::post(deps, &call).await,
        AlertmanagerRoute::AlertGroups => v2::groups::list(deps, &call).await,
        AlertmanagerRoute::Silences => v2::silences::list(deps, &call).await,
        AlertmanagerRoute::PostSilence => v2::silences::post(deps, &call).await,
        AlertmanagerRoute::Silence => v2::silences::show(deps, &call).await,
        AlertmanagerRoute::ExpireSilence => v2::silences::expire(deps, &call).await,
        AlertmanagerRoute::Healthy | AlertmanagerRoute::Ready => {
            Ok(Answer::of(200, "text/plain; charset=utf-8", "OK"))
        }
    }
}

/// Who changes something.
fn actor(call: &Request) -> Result<Actor, HttpError> {
    Ok(Actor::from(call.principal()?))
}

/// Somebody else changed the same thing at the same moment, and nothing of this call was done.
fn lost_race() -> HttpError {
    HttpError::conflict("somebody else changed this at the same time; read it again and repeat")
}

/// A name that nothing else has.
fn fresh_id() -> Result<String, HttpError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| HttpError::internal(error.to_string()))?;
    let id = uuid::Builder::from_random_bytes(random).into_uuid();
    Ok(Uuid::hyphenated(id).to_string())
}
