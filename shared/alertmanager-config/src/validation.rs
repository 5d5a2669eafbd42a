//! What Alertmanager asks of a configuration as a whole.

use std::collections::{HashMap, HashSet};

use crate::problem::Reading;
use crate::{Config, Route};

/// No name twice.
pub(crate) fn unique<'i, T: 'i>(
    reading: &Reading,
    what: &str,
    path: &str,
    items: impl IntoIterator<Item = &'i (usize, T)>,
    name: impl Fn(&T) -> &String,
) {
    let mut lines: HashMap<&str, usize> = HashMap::new();
    for (line, item) in items {
        let name = name(item);
        if let Some(first) = lines.get(name.as_str()) {
            let message =
                format!("{what} name {name:?} is not unique; it is in line {first} already");
            reading.refuse(*line, path, message);
        } else {
            lines.insert(name, *line);
        }
    }
}

/// What the root must have and must not, and that every name that a route uses is there.
pub(crate) fn check(reading: &Reading, config: &Config, route_line: usize) {
    let root = &config.route;
    let refuse = |message: &str| reading.refuse(route_line, &root.place.path, message);
    if root.receiver.is_empty() {
        refuse("root route must specify a default receiver; give it `receiver`");
    }
    if !(root.match_equal.is_empty() && root.match_re.is_empty() && root.matchers.is_empty()) {
        refuse("root route must not have any matchers; move them into one of its `routes`");
    }
    if root.continues {
        refuse("cannot have continue in root route; remove it");
    }
    let times = [
        ("mute", &root.mute_time_intervals),
        ("active", &root.active_time_intervals),
    ];
    for (kind, names) in times {
        if !names.is_empty() {
            refuse(&format!(
                "root route must not have any {kind} time intervals; move them into one of its `routes`"
            ));
        }
    }
    let receivers = config.receivers.iter().map(|one| one.name.as_str());
    let named = config
        .mute_time_intervals
        .iter()
        .chain(&config.time_intervals);
    let names = Names {
        receivers: receivers.collect(),
        time_intervals: named.map(|one| one.name.as_str()).collect(),
    };
    names.check(reading, root);
    if tree_bytes(root, 0, 0) > MAX_TREE_BYTES {
        refuse("so many routes, which inherit so much, are not supported; use fewer");
    }
}

/// What the resolved tree may take.
const MAX_TREE_BYTES: usize = 64 << 20;

/// About what the nodes from here on take, each with its parents' keys and the labels it inherits.
fn tree_bytes(route: &Route, key_above: usize, labels_above: usize) -> usize {
    let own: usize = route
        .conditions
        .iter()
        .map(|one| one.name().len() + one.value().len())
        .sum();
    let key = key_above + own;
    let labels = match route.group_by.len() {
        0 => labels_above,
        _ => route.group_by.iter().map(|label| label.len() + 32).sum(),
    };
    let below = route
        .routes
        .iter()
        .map(|child| tree_bytes(child, key, labels));
    1_024 + key + labels + below.sum::<usize>()
}

struct Names<'c> {
    receivers: HashSet<&'c str>,
    time_intervals: HashSet<&'c str>,
}

impl Names<'_> {
    fn check(&self, reading: &Reading, route: &Route) {
        let place = &route.place;
        let receiver = route.receiver.as_str();
        if !receiver.is_empty() && !self.receivers.contains(receiver) {
            let message =
                format!("undefined receiver {receiver:?} used in route; add it to `receivers`");
            reading.refuse(place.receiver, &place.path, message);
        }
        let used = [
            (&route.mute_time_intervals, place.mute_time_intervals),
            (&route.active_time_intervals, place.active_time_intervals),
        ];
        for (names, line) in used {
            for name in names {
                if !self.time_intervals.contains(name.as_str()) {
                    let message = format!(
                        "undefined time interval {name:?} used in route; add it to `time_intervals`"
                    );
                    reading.refuse(line, &place.path, message);
                }
            }
        }
        for child in &route.routes {
            self.check(reading, child);
        }
    }
}
