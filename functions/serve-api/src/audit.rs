use http_access::{Answer, HttpError};
use serde_json::{Value, json};
use state_table::audit::AuditEntry;

use crate::{Deps, Request, Response};

pub async fn list(deps: &Deps, call: &Request) -> Response {
    let (limit, next) = call.page::<String>()?;
    let before: Option<u64> = next
        .map(|next| next.parse())
        .transpose()
        .map_err(|_| HttpError::bad_request("next must be the `next` of the page before"))?;
    let page = deps.state.audit_page(call.tenant()?, limit, before).await?;
    let next = page
        .items
        .last()
        .filter(|_| page.next.is_some())
        .map(|entry| Request::next_page(&entry.number.to_string()));
    let entries: Vec<Value> = page.items.iter().map(shown).collect();
    Answer::json(200, &json!({"entries": entries, "next": next}))
}

/// What was recorded, and the hashes beside it by which anybody can check the trail.
fn shown(entry: &AuditEntry) -> Value {
    let mut value = entry.content();
    if let Value::Object(members) = &mut value {
        members.insert("previous_hash".to_owned(), json!(entry.previous_hash));
        members.insert("hash".to_owned(), json!(entry.hash));
    }
    value
}
