use http_access::Answer;
use serde_json::Value;

use super::filter::Filter;
use super::view::View;
use crate::{Deps, Request, Response};

/// Every alert that fires and is wanted.
pub async fn list(deps: &Deps, call: &Request) -> Response {
    let filter = Filter::of(&call.query())?;
    let view = View::read(deps, call).await?;
    let mut shown: Vec<Value> = Vec::new();
    for (alert, suppressed) in view.alerts() {
        let routes = view.routes(&alert.labels);
        let receivers: Vec<&str> = routes
            .iter()
            .map(|node| node.options.receiver.as_str())
            .collect();
        if receivers.iter().any(|name| filter.wants_receiver(name))
            && filter.wants(&alert.labels, &suppressed)
        {
            shown.push(view.shown(alert, &suppressed, &receivers));
        }
    }
    Answer::json(200, &shown)
}
