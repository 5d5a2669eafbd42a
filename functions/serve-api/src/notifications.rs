use http_access::Answer;
use ids::NotificationId;
use serde_json::json;

use crate::{Deps, Request, Response, next_of};

pub async fn list(deps: &Deps, call: &Request) -> Response {
    let (limit, after) = call.page::<NotificationId>()?;
    let page = deps
        .state
        .notifications_page(call.tenant()?, limit, after.as_ref())
        .await?;
    Answer::json(
        200,
        &json!({"notifications": page.items, "next": next_of(&page)}),
    )
}
