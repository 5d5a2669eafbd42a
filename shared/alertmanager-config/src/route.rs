use std::collections::{BTreeMap, HashSet};

use serde::Serialize;
use series::MatchOp;

use crate::fields::Fields;
use crate::matcher::{self, Matcher};
use crate::value::Value;
use crate::{Duration, name};

/// A node of the routing tree as it is written: what it leaves out, it inherits. [`crate::RoutingTree`] is
/// the tree with everything resolved.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Route {
    /// Who is told; the parent's where it is empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub receiver: String,
    /// By which labels alerts are grouped; `...` alone is all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<String>,
    /// Labels that must have these values; the old way.
    #[serde(rename = "match", skip_serializing_if = "BTreeMap::is_empty")]
    pub match_equal: BTreeMap<String, String>,
    /// Labels that must match these regular expressions; the old way.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub match_re: BTreeMap<String, String>,
    /// Conditions on labels, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matchers: Vec<Matcher>,
    /// While one of these lasts, nobody is told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mute_time_intervals: Vec<String>,
    /// Only while one of these lasts, somebody is told; always where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub active_time_intervals: Vec<String>,
    /// Whether the next sibling is asked, too, after this one matched.
    #[serde(rename = "continue")]
    pub continues: bool,
    /// Asked in order before the node itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// How long a new group waits for more alerts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_wait: Option<Duration>,
    /// How long a group waits between notifications.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_interval: Option<Duration>,
    /// After how long the same is told again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_interval: Option<Duration>,
    /// All conditions, old and new, sorted.
    #[serde(skip)]
    pub(crate) conditions: Vec<Matcher>,
    #[serde(skip)]
    pub(crate) place: Place,
}

/// Where a route and what it names are written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    pub path: String,
    pub receiver: usize,
    pub mute_time_intervals: usize,
    pub active_time_intervals: usize,
}

/// Two routes that say the same are the same, wherever they stand.
impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

const TOO_MANY_EXPRESSIONS: &str =
    "so many and large regular expressions are not supported; use fewer";

pub(crate) const GROUP_BY_ALL: &str = "...";

pub(crate) fn read(value: Value<'_>) -> Option<Route> {
    let mut fields = value.fields()?;
    let place = Place {
        path: fields.path.clone(),
        receiver: fields.line_of("receiver"),
        mute_time_intervals: fields.line_of("mute_time_intervals"),
        active_time_intervals: fields.line_of("active_time_intervals"),
    };
    let (match_equal, mut conditions) = read_match(&mut fields, "match");
    let (match_re, more) = read_match_re(&mut fields, "match_re");
    conditions.extend(more);
    let matchers = read_matchers(&mut fields, "matchers");
    conditions.extend(matchers.iter().cloned());
    conditions.sort();
    let route = Route {
        receiver: fields.text("receiver"),
        group_by: read_group_by(&mut fields),
        match_equal,
        match_re,
        matchers,
        mute_time_intervals: fields.texts("mute_time_intervals"),
        active_time_intervals: fields.texts("active_time_intervals"),
        continues: fields.flag("continue", false),
        routes: fields.list("routes").into_iter().filter_map(read).collect(),
        group_wait: fields.duration("group_wait"),
        group_interval: positive(&mut fields, "group_interval"),
        repeat_interval: positive(&mut fields, "repeat_interval"),
        conditions,
        place,
    };
    fields.finish();
    Some(route)
}

fn positive(fields: &mut Fields<'_>, name: &str) -> Option<Duration> {
    let line = fields.line_of(name);
    let duration = fields.duration(name)?;
    if duration.as_ms() == 0 {
        let message = format!("{name} cannot be zero");
        fields.reading.refuse(line, &fields.path, message);
    }
    Some(duration)
}

fn read_group_by(fields: &mut Fields<'_>) -> Vec<String> {
    let line = fields.line_of("group_by");
    let names = fields.reading.names;
    let refuse = |fields: &Fields<'_>, message: String| {
        fields.reading.refuse(line, &fields.path, message);
    };
    let mut group_by: Vec<String> = Vec::new();
    let mut known = HashSet::new();
    for label in fields.texts("group_by") {
        if label != GROUP_BY_ALL && !names.allows(&label) {
            refuse(
                fields,
                format!("invalid label name {label:?} in group_by list"),
            );
        } else if label != GROUP_BY_ALL && !known.insert(label.clone()) {
            refuse(fields, format!("duplicated label {label:?} in group_by"));
        } else {
            group_by.push(label);
        }
    }
    let all = group_by
        .iter()
        .filter(|label| *label == GROUP_BY_ALL)
        .count();
    if all > 0 && all < group_by.len() {
        let message = "cannot have wildcard group_by (`...`) and other labels at the same time";
        refuse(fields, message.to_owned());
    }
    group_by
}

type Named = BTreeMap<String, String>;

/// Labels and their values, as they are and as matchers.
pub(crate) fn read_match(fields: &mut Fields<'_>, name: &str) -> (Named, Vec<Matcher>) {
    read_map(fields, name, MatchOp::Equal)
}

/// Labels and regular expressions, as they are and as matchers.
pub(crate) fn read_match_re(fields: &mut Fields<'_>, name: &str) -> (Named, Vec<Matcher>) {
    read_map(fields, name, MatchOp::Matches)
}

fn read_map(fields: &mut Fields<'_>, name: &str, op: MatchOp) -> (Named, Vec<Matcher>) {
    let (mut map, mut matchers) = (Named::new(), Vec::new());
    let Some(value) = fields.take(name) else {
        return (map, matchers);
    };
    for (label, value) in value.texts() {
        if !name::is_classic(&label) {
            value.refuse(format!("invalid label name {label:?}"));
        }
        if op == MatchOp::Matches && value.is_null() {
            value.refuse(format!("invalid regexp value for {label:?}"));
        }
        let (line, path, reading) = (value.line, value.path.clone(), value.reading);
        let Some(text) = value.text() else { continue };
        // Alertmanager shows the expression with its anchors.
        let wanted = match op {
            MatchOp::Matches => format!("^(?:{text})$"),
            _ => text.clone(),
        };
        if reading.is_full() {
            reading.refuse(line, &path, TOO_MANY_EXPRESSIONS);
            break;
        }
        match Matcher::new(&label, op, &wanted) {
            Ok(matcher) => {
                reading.count_expressions(matcher.most_bytes());
                matchers.push(matcher);
            }
            Err(reason) => {
                reading.count_expressions(matcher::MOST_EXPRESSION_BYTES);
                reading.refuse(line, &path, reason.to_string());
            }
        }
        map.insert(label, text);
    }
    (map, matchers)
}

/// A list of texts of one or more matchers each.
pub(crate) fn read_matchers(fields: &mut Fields<'_>, name: &str) -> Vec<Matcher> {
    let mut matchers = Vec::new();
    for value in fields.list(name) {
        let (line, path, reading) = (value.line, value.path.clone(), value.reading);
        let Some(text) = value.text() else { continue };
        if reading.is_full() {
            reading.refuse(line, &path, TOO_MANY_EXPRESSIONS);
            break;
        }
        match matcher::parse_matchers(&text, reading.names) {
            Ok(parsed) => {
                reading.count_expressions(parsed.iter().map(Matcher::most_bytes).sum());
                matchers.extend(parsed);
            }
            Err(reason) => {
                reading.count_expressions(matcher::MOST_EXPRESSION_BYTES);
                reading.refuse(line, &path, reason.to_string());
            }
        }
    }
    matchers.sort();
    matchers
}
