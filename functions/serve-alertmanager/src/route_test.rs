//! Who would get an alert with these labels, now, and why?

use std::collections::BTreeMap;

use alert_routing::{Muted, Plan};
use alertmanager_config::RouteOptions;
use alertmanager_config::matcher::Printed;
use http_access::Answer;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use series::Labels;

use crate::configured::Configured;
use crate::{Deps, Request, Response};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    labels: BTreeMap<String, String>,
}

pub async fn test(deps: &Deps, call: &Request) -> Response {
    let Asked { labels } = call.json()?;
    let configured = Configured::read(deps, call.tenant()?).await?;
    Answer::json(200, &explained(&configured.plan, &labels.into(), call.now))
}

/// Every node that was asked, in the order in which it was asked; `receivers` as `amtool config routes test` prints them.
fn explained(plan: &Plan, labels: &Labels, now: Timestamp) -> Value {
    let steps = plan.tree().explain(labels);
    let chosen = steps.iter().filter(|step| step.chosen);
    let receivers = chosen.map(|step| step.node.options.receiver.as_str());
    // A tenant without configuration and without receivers has a root without one.
    let receivers: Vec<&str> = receivers.filter(|name| !name.is_empty()).collect();
    let routes = steps.iter().map(|step| {
        let (node, options) = (step.node, &step.node.options);
        let muted: Option<Muted> = step
            .chosen
            .then(|| plan.route_muted_by_time(options, now))
            .flatten();
        json!({
            "path": node.key, "depth": step.depth, "matchers": Printed(&node.matchers).to_string(),
            "continue": node.continues, "matched": step.refused_by.is_none(), "chosen": step.chosen,
            "refused_by": step.refused_by.map(|matcher| json!({
                "matcher": matcher.to_string(), "value": labels.value(matcher.name()),
            })),
            "receiver": options.receiver, "group_by": group_by(options),
            "group_wait": options.group_wait.to_string(),
            "group_interval": options.group_interval.to_string(),
            "repeat_interval": options.repeat_interval.to_string(),
            "group_key": step.chosen.then(|| node.group_key(labels)),
            "group_labels": step.chosen.then(|| options.group_labels(labels)),
            "muted": muted,
        })
    });
    let routes: Vec<Value> = routes.collect();
    json!({"receivers": receivers, "routes": routes})
}

fn group_by(options: &RouteOptions) -> Vec<&str> {
    if options.group_by_all {
        return vec!["..."];
    }
    options.group_by.iter().map(String::as_str).collect()
}
