use http_access::Answer;
use serde_json::{Value, json};

use super::time;
use crate::configured::Configured;
use crate::{Deps, Request, Response};

/// Whose API this is; its clients compare it with their own.
const VERSION: &str = "0.25.0";

pub async fn show(deps: &Deps, call: &Request) -> Response {
    let configured = Configured::read(deps, call.tenant()?).await?;
    Answer::json(
        200,
        &json!({
            "cluster": {"peers": [], "status": "disabled"},
            "config": {"original": readable(&configured.yaml()?)},
            "uptime": time::shown(deps.started_at),
            "versionInfo": {
                "branch": "toban", "buildDate": "", "buildUser": "", "goVersion": "",
                "revision": env!("CARGO_PKG_VERSION"), "version": VERSION,
            },
        }),
    )
}

/// Tools of 0.25 take a webhook's address for no secret, and read only what looks like one.
fn readable(yaml: &str) -> String {
    yaml.replace(" url: <secret>\n", " url: http://<secret>\n")
}

pub async fn receivers(deps: &Deps, call: &Request) -> Response {
    let configured = Configured::read(deps, call.tenant()?).await?;
    let names = configured.receivers().into_iter();
    let shown: Vec<Value> = names.map(|name| json!({"name": name})).collect();
    Answer::json(200, &shown)
}
