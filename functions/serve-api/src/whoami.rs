use http_access::Answer;
use serde_json::json;

use crate::{Request, Response};

pub fn show(call: &Request) -> Response {
    let principal = call.principal()?;
    Answer::json(
        200,
        &json!({
            "tenant": principal.tenant, "token": principal.token, "role": principal.role,
            "holder": principal.holder, "device": principal.device,
        }),
    )
}
