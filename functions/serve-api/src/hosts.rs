use http_access::{Answer, HttpError};
use ids::HostId;
use serde_json::{Value, json};
use state_table::Written;
use state_table::hosts::Host;

use crate::{Deps, Request, Response, actor, next_of};

pub async fn list(deps: &Deps, call: &Request) -> Response {
    let (limit, after) = call.page::<HostId>()?;
    let page = deps
        .state
        .hosts_page(call.tenant()?, limit, after.as_ref())
        .await?;
    let hosts: Vec<Value> = page.items.iter().map(shown).collect();
    Answer::json(200, &json!({"hosts": hosts, "next": next_of(&page)}))
}

pub async fn retire(deps: &Deps, call: &Request) -> Response {
    let host: HostId = call.param("host")?;
    let by = actor(call)?;
    match deps
        .state
        .retire_host_by(call.tenant()?, &host, &by, call.now)
        .await?
    {
        Written::Yes => Ok(Answer::empty(204)),
        Written::LostRace => Err(HttpError::not_found(
            "no host of this name has ever reported",
        )),
    }
}

fn shown(host: &Host) -> Value {
    json!({
        "host": host.host, "senders": host.senders, "first_seen_at": host.first_seen_at,
        "retired_at": host.retired_at,
    })
}
