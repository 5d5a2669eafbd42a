//! Which simple thresholds do the tenant's rules have? What an agent need not wait for, it sends at once.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use http_access::Answer;

use crate::conditional::unless_known;
use crate::{Deps, Request, Response};

/// How long an agent goes by what it has: until then a new rule's beginning waits for the next flush.
/// Shorter, and asking would be dear beside reporting (`docs/decisions/0020-agent-collector.md`).
const CACHE_CONTROL: &str = "private, max-age=900";

pub async fn list(deps: &Deps, call: &Request) -> Response {
    let rules = deps
        .state
        .rule_set(call.tenant()?, &deps.public_url)
        .await?;
    let answer = Answer::json(200, &rules.thresholds())?;
    let mut hasher = DefaultHasher::new();
    answer.body.hash(&mut hasher);
    let etag = format!("\"{:016x}\"", hasher.finish());
    Ok(unless_known(call, &etag, || answer).header("cache-control", CACHE_CONTROL))
}
