use std::collections::BTreeMap;

use alert_routing::{Alert, label_order};
use http_access::Answer;
use serde_json::{Value, json};
use series::Labels;

use super::filter::Filter;
use super::view::{Suppressed, View};
use crate::{Deps, Request, Response};

/// The alerts of one group of one route.
struct Group<'v> {
    labels: Labels,
    receiver: &'v str,
    alerts: Vec<&'v (&'v Alert, Suppressed)>,
}

/// Every group that has an alert that is wanted.
///
/// Source of the orders: Alertmanager, `dispatch.Dispatcher.Groups`.
pub async fn list(deps: &Deps, call: &Request) -> Response {
    let filter = Filter::of(&call.query())?;
    let view = View::read(deps, call).await?;
    let mut alerts = view.alerts();
    alerts.retain(|(alert, suppressed)| filter.wants(&alert.labels, suppressed));
    let mut groups: BTreeMap<(usize, Labels), Group<'_>> = BTreeMap::new();
    for one in &alerts {
        for node in view.routes(&one.0.labels) {
            let receiver = node.options.receiver.as_str();
            if filter.wants_receiver(receiver) {
                let labels = node.options.group_labels(&one.0.labels);
                let group = groups.entry((node.index, labels.clone()));
                let new = || Group {
                    labels,
                    receiver,
                    alerts: Vec::new(),
                };
                group.or_insert_with(new).alerts.push(one);
            }
        }
    }
    let mut groups: Vec<Group<'_>> = groups.into_values().collect();
    groups.sort_by(|one, other| {
        label_order(&one.labels, &other.labels).then_with(|| one.receiver.cmp(other.receiver))
    });
    let shown: Vec<Value> = groups
        .iter_mut()
        .map(|group| shown(&view, &filter, group))
        .collect();
    Answer::json(200, &shown)
}

fn shown(view: &View, filter: &Filter, group: &mut Group<'_>) -> Value {
    group
        .alerts
        .sort_by(|one, other| one.0.reading_order(other.0));
    let alerts = group.alerts.iter().map(|(alert, suppressed)| {
        let routes = view.routes(&alert.labels).into_iter();
        let mut receivers: Vec<&str> = routes
            .map(|node| node.options.receiver.as_str())
            .filter(|name| filter.wants_receiver(name))
            .collect();
        receivers.sort_unstable();
        view.shown(alert, suppressed, &receivers)
    });
    json!({
        "alerts": alerts.collect::<Vec<_>>(), "labels": group.labels,
        "receiver": {"name": group.receiver},
    })
}
