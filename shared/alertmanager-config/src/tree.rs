//! The routing tree with everything resolved.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde::Serialize;
use series::Labels;

use crate::matcher::{Matcher, Printed, all_accept};
use crate::route::{GROUP_BY_ALL, Route};
use crate::{Duration, go_text};

/// Every node of a routing tree in depth-first order, the root first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutingTree {
    nodes: Vec<RouteNode>,
}

/// A node with what it inherits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteNode {
    /// Its place in depth-first order; the root's is 0.
    pub index: usize,
    /// Alertmanager's `Route.Key()`: the matchers on the way to it, `{}/{severity="page"}`. Two siblings may
    /// have the same.
    pub key: String,
    /// Alertmanager's `Route.ID()`: the key and the place among its siblings. Unique within one tree, unless
    /// parents have the same key.
    pub id: String,
    /// All must accept an alert; sorted.
    pub matchers: Vec<Matcher>,
    /// Whether the next sibling is asked, too, after this one matched.
    pub continues: bool,
    /// What holds for alerts that end here.
    pub options: RouteOptions,
    children: Vec<usize>,
}

/// What holds for the alerts of a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteOptions {
    /// Who is told.
    pub receiver: String,
    /// By which labels alerts are grouped.
    pub group_by: BTreeSet<String>,
    /// Whether by all of them.
    pub group_by_all: bool,
    /// How long a new group waits for more alerts; 30 s by default.
    pub group_wait: Duration,
    /// How long a group waits between notifications; 5 min by default.
    pub group_interval: Duration,
    /// After how long the same is told again; 4 h by default.
    pub repeat_interval: Duration,
    /// While one of these lasts, nobody is told. Not inherited.
    pub mute_time_intervals: Vec<String>,
    /// Only while one of these lasts, somebody is told. Not inherited.
    pub active_time_intervals: Vec<String>,
}

/// A node that was asked whether it matches, for a person who asks why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step<'t> {
    /// Who was asked.
    pub node: &'t RouteNode,
    /// How deep it is; the root is at 0.
    pub depth: usize,
    /// The first condition that does not hold; `None` where the node matched.
    pub refused_by: Option<&'t Matcher>,
    /// Whether alerts end here: it matched, and none of its children did.
    pub chosen: bool,
}

impl RoutingTree {
    /// Resolves what is inherited.
    #[must_use]
    pub fn new(root: &Route) -> Self {
        let mut nodes = Vec::new();
        add(&mut nodes, root, None, 0);
        Self { nodes }
    }

    /// Every node, the root first, children after their parent.
    #[must_use]
    pub fn nodes(&self) -> &[RouteNode] {
        &self.nodes
    }

    /// The nodes at which an alert with these labels ends, in the order of the tree: the deepest that match,
    /// the first of each level and those to which `continue` leads. At least the root.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> Vec<&RouteNode> {
        let mut found = Vec::new();
        if let Some(root) = self.nodes.first() {
            self.find(root, labels, &mut found);
        }
        found
    }

    /// Every node that was asked, in the order in which it was asked, and why it matched or not.
    #[must_use]
    pub fn explain(&self, labels: &Labels) -> Vec<Step<'_>> {
        let mut steps = Vec::new();
        if let Some(root) = self.nodes.first() {
            self.ask(root, 0, labels, &mut steps);
        }
        steps
    }

    /// As [`Self::ask`], for whoever does not ask why.
    fn find<'t>(
        &'t self,
        node: &'t RouteNode,
        labels: &Labels,
        found: &mut Vec<&'t RouteNode>,
    ) -> bool {
        if !node.accepts(labels) {
            return false;
        }
        let mut any = false;
        for child in node.children.iter().filter_map(|at| self.nodes.get(*at)) {
            let matched = self.find(child, labels, found);
            any |= matched;
            if matched && !child.continues {
                break;
            }
        }
        if !any {
            found.push(node);
        }
        true
    }

    /// Whether the node matched.
    fn ask<'t>(
        &'t self,
        node: &'t RouteNode,
        depth: usize,
        labels: &Labels,
        steps: &mut Vec<Step<'t>>,
    ) -> bool {
        let refused_by = node.matchers.iter().find(|one| !one.accepts_labels(labels));
        let at = steps.len();
        steps.push(Step {
            node,
            depth,
            refused_by,
            chosen: false,
        });
        if refused_by.is_some() {
            return false;
        }
        let mut any = false;
        for child in node.children.iter().filter_map(|at| self.nodes.get(*at)) {
            let matched = self.ask(child, depth + 1, labels, steps);
            any |= matched;
            if matched && !child.continues {
                break;
            }
        }
        if let Some(step) = steps.get_mut(at) {
            step.chosen = !any;
        }
        true
    }
}

fn add(nodes: &mut Vec<RouteNode>, route: &Route, parent: Option<usize>, position: usize) -> usize {
    let index = nodes.len();
    let above = parent.and_then(|parent| nodes.get(parent));
    let own = Printed(&route.conditions).to_string();
    let key = above.map_or(own.clone(), |above| format!("{}/{own}", above.key));
    let id = match above {
        None => key.clone(),
        Some(_) => format!("{key}/{position}"),
    };
    let options = resolve(route, above.map(|above| &above.options));
    nodes.push(RouteNode {
        index,
        key,
        id,
        matchers: route.conditions.clone(),
        continues: route.continues,
        options,
        children: Vec::new(),
    });
    for (position, child) in route.routes.iter().enumerate() {
        let child = add(nodes, child, Some(index), position);
        if let Some(node) = nodes.get_mut(index) {
            node.children.push(child);
        }
    }
    index
}

fn resolve(route: &Route, above: Option<&RouteOptions>) -> RouteOptions {
    let inherited = above.cloned().unwrap_or_else(|| RouteOptions {
        receiver: String::new(),
        group_by: BTreeSet::new(),
        group_by_all: false,
        group_wait: Duration::from_secs(30),
        group_interval: Duration::from_secs(5 * 60),
        repeat_interval: Duration::from_secs(4 * 3_600),
        mute_time_intervals: Vec::new(),
        active_time_intervals: Vec::new(),
    });
    let mut labels: BTreeSet<String> = route.group_by.iter().cloned().collect();
    let all = labels.remove(GROUP_BY_ALL);
    let (group_by, group_by_all) = match (labels.is_empty(), all) {
        (false, _) => (labels, false),
        (true, true) => (inherited.group_by, true),
        (true, false) => (inherited.group_by, inherited.group_by_all),
    };
    RouteOptions {
        receiver: if route.receiver.is_empty() {
            inherited.receiver
        } else {
            route.receiver.clone()
        },
        group_by,
        group_by_all,
        group_wait: route.group_wait.unwrap_or(inherited.group_wait),
        group_interval: route.group_interval.unwrap_or(inherited.group_interval),
        repeat_interval: route.repeat_interval.unwrap_or(inherited.repeat_interval),
        mute_time_intervals: route.mute_time_intervals.clone(),
        active_time_intervals: route.active_time_intervals.clone(),
    }
}

impl RouteNode {
    /// Whether an alert with these labels comes to this node, if it comes to its parent.
    #[must_use]
    pub fn accepts(&self, labels: &Labels) -> bool {
        all_accept(&self.matchers, labels)
    }

    /// Alertmanager's key of the group to which an alert with these labels belongs:
    /// `{}/{severity="page"}:{alertname="X"}`.
    #[must_use]
    pub fn group_key(&self, labels: &Labels) -> String {
        group_key(&self.key, &self.options.group_labels(labels))
    }
}

impl RouteOptions {
    /// Those of an alert's labels by which it is grouped.
    #[must_use]
    pub fn group_labels(&self, labels: &Labels) -> Labels {
        labels.filtered(|name| self.group_by_all || self.group_by.contains(name))
    }
}

/// Alertmanager's key of a group: the route's, a colon, and the labels that its alerts share.
#[must_use]
pub fn group_key(route_key: &str, group_labels: &Labels) -> String {
    let mut key = format!("{route_key}:{{");
    for (at, (name, value)) in group_labels.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        let written = write!(key, "{comma}{name}={}", go_text::quoted(value));
        debug_assert!(written.is_ok());
    }
    key.push('}');
    key
}
