//! Everything else people and the console read and change.
//!
//! Tokens, tenants, settings, rule files, the lists that the page shows, the audit trail, and the
//! description of the whole API. Who may call what is declared in [`mod@access::routes`]; whatever comes
//! here was let in.

mod audit;
mod conditional;
mod hosts;
mod notifications;
pub mod openapi;
mod page;
mod prometheus;
mod quotas;
mod rule_files;
mod settings;
mod tenants;
mod thresholds;
mod tokens;
mod whoami;

use access::routes::ApiRoute;
use http_access::{Answer, Call, HttpError};
use serde_json::Value;
use state_table::StateTable;
use state_table::audit::Actor;

/// What the handlers need.
#[derive(Debug)]
pub struct Deps {
    /// Where everything is.
    pub state: StateTable,
    /// The address that people's browsers use.
    pub public_url: String,
}

type Request = Call<ApiRoute>;
type Response = Result<Answer, HttpError>;

/// Answers one request that was let in.
pub async fn handle(deps: &Deps, call: Request) -> Response {
    match call.route {
        ApiRoute::Whoami => whoami::show(&call),
        ApiRoute::ListTokens => tokens::list(deps, &call).await,
        ApiRoute::CreateToken => tokens::create(deps, &call).await,
        ApiRoute::RotateToken => tokens::rotate(deps, &call).await,
        ApiRoute::RevokeToken => tokens::revoke(deps, &call).await,
        ApiRoute::ListTenants => tenants::list(deps, &call).await,
        ApiRoute::CreateTenant => tenants::create(deps, &call).await,
        ApiRoute::PutQuotas => quotas::put(deps, &call).await,
        ApiRoute::Quotas => quotas::show(deps, &call).await,
        ApiRoute::Settings => settings::show(deps, &call).await,
        ApiRoute::PutSettings => settings::put(deps, &call).await,
        ApiRoute::Audit => audit::list(deps, &call).await,
        ApiRoute::Rules => prometheus::rules(deps, &call).await,
        ApiRoute::Alerts => prometheus::alerts(deps, &call).await,
        ApiRoute::RuleFile => rule_files::show(deps, &call).await,
        ApiRoute::PutRuleFile => rule_files::put(deps, &call).await,
        ApiRoute::DeleteRuleFile => rule_files::delete(deps, &call).await,
        ApiRoute::AgentThresholds => thresholds::list(deps, &call).await,
        ApiRoute::Hosts => hosts::list(deps, &call).await,
        ApiRoute::RetireHost => hosts::retire(deps, &call).await,
        ApiRoute::Notifications => notifications::list(deps, &call).await,
        ApiRoute::OpenApi => Answer::json(200, &openapi::document(&deps.public_url)),
        ApiRoute::Page => page::show(deps, &call),
        ApiRoute::Asset => page::asset(&call),
        ApiRoute::StartSession => page::start_session(deps, &call).await,
        ApiRoute::EndSession => page::end_session(deps, &call),
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

/// `next` of a list: where to go on, where there is more.
fn next_of<T>(page: &state_table::Page<T>) -> Value {
    page.next.as_ref().map_or(Value::Null, |key| {
        Value::String(Call::<ApiRoute>::next_page(&key.sk))
    })
}
