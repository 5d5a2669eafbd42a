//! What a tenant configured, as decisions ask it.

use std::collections::{BTreeMap, BTreeSet};

use alertmanager_config::matcher::all_accept;
use alertmanager_config::{
    Config, Duration, InhibitRule, Matcher, NamedTimeIntervals, Receiver, Route, RouteNode,
    RouteOptions, RoutingTree,
};
use jiff::{SignedDuration, Timestamp};
use series::{Labels, SeriesId};

use crate::flush::Way;
use crate::group::{Intervals, Phase, later};
use crate::mute::Muted;
use crate::stored::{GroupId, StoredAlert, StoredGroup};

/// Of a tenant that has no configuration: an end is told at once, but not each of many in a second.
const UNROUTED_INTERVAL: Duration = Duration::from_secs(5);
/// So far it is looked ahead for the end of a time that mutes.
const MOST_MINUTES: i64 = 60;

/// A tenant's routing tree, with all that is asked of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    tree: RoutingTree,
    ways: BTreeMap<String, Vec<Way>>,
    times: Vec<NamedTimeIntervals>,
    inhibit_rules: Vec<(String, InhibitRule)>,
    /// An alert whose sender does not say when it ends does after this.
    pub resolve_timeout: SignedDuration,
    /// So long before a silence ends, receivers of alerts that still fire are told.
    pub silence_notice: Option<SignedDuration>,
    /// Alerts that are told only when they fired several times.
    pub occurrences: Vec<Occurrences>,
}

/// Alerts that are told only when they fired several times.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrences {
    /// All must accept an alert.
    pub matchers: Vec<Matcher>,
    /// So many times,
    pub count: usize,
    /// within so long.
    pub within: SignedDuration,
}

/// A group that an alert belongs to, and its route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The group.
    pub group: GroupId,
    /// The same as Alertmanager writes it.
    pub key: String,
    /// What its alerts have in common.
    pub labels: Labels,
    /// Of its route.
    pub intervals: Intervals,
    /// Who is told.
    pub receiver: String,
    /// How.
    pub ways: Vec<Way>,
    muted_in: Vec<String>,
    active_in: Vec<String>,
    route: usize,
}

impl Plan {
    /// What a configuration says.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let ways = |receiver: &Receiver| (receiver.name.clone(), ways_of(receiver));
        let rules = config.inhibit_rules.iter().cloned();
        let times = config
            .mute_time_intervals
            .iter()
            .chain(&config.time_intervals);
        Self {
            tree: config.routing_tree(),
            ways: config.receivers.iter().map(ways).collect(),
            times: times.cloned().collect(),
            inhibit_rules: rules.map(|rule| (named(&rule), rule)).collect(),
            resolve_timeout: span(config.global.resolve_timeout),
            silence_notice: None,
            occurrences: Vec::new(),
        }
    }

    /// Without a configuration: each alert goes to each of these receivers, by itself and at once.
    #[must_use]
    pub fn unrouted(receivers: &[(String, Way)]) -> Self {
        let mut root = Route::default();
        root.group_by.push("...".to_owned());
        root.group_wait = Some(Duration::from_secs(0));
        root.group_interval = Some(UNROUTED_INTERVAL);
        for (name, _) in receivers {
            let mut to = Route::default();
            to.receiver.clone_from(name);
            to.continues = true;
            root.routes.push(to);
        }
        Self {
            tree: RoutingTree::new(&root),
            ways: receivers
                .iter()
                .map(|(name, way)| (name.clone(), vec![way.clone()]))
                .collect(),
            times: Vec::new(),
            inhibit_rules: Vec::new(),
            resolve_timeout: SignedDuration::from_mins(5),
            silence_notice: None,
            occurrences: Vec::new(),
        }
    }

    /// The routes.
    #[must_use]
    pub const fn tree(&self) -> &RoutingTree {
        &self.tree
    }

    /// The groups of a label set, in the order of the tree. Routes of the same matchers and the same receiver share a
    /// group, as they share what was told with Alertmanager.
    #[must_use]
    pub fn placements(&self, labels: &Labels) -> Vec<Placement> {
        let mut seen = BTreeSet::new();
        let all = self.tree.matches(labels).into_iter();
        let all = all.map(|node| self.placement(node, labels));
        all.filter(|placement| seen.insert(placement.group.clone()))
            .collect()
    }

    fn placement(&self, node: &RouteNode, labels: &Labels) -> Placement {
        let options = &node.options;
        let group_labels = options.group_labels(labels);
        let key = node.group_key(labels);
        let id = hash(&[&key, &options.receiver]);
        Placement {
            group: GroupId(id),
            key,
            labels: group_labels,
            intervals: intervals(options),
            receiver: options.receiver.clone(),
            ways: self
                .ways
                .get(&options.receiver)
                .cloned()
                .unwrap_or_default(),
            muted_in: options.mute_time_intervals.clone(),
            active_in: options.active_time_intervals.clone(),
            route: node.index,
        }
    }

    /// Whether alerts of these labels belong to a group, without making a name for each of them.
    pub(crate) fn belongs(&self, labels: &Labels, placement: &Placement) -> bool {
        let Some(route) = self.tree.nodes().get(placement.route) else {
            return false;
        };
        let is_same =
            |node: &RouteNode| node.key == route.key && node.options.receiver == placement.receiver;
        let nodes = self.tree.matches(labels).into_iter();
        let mut nodes = nodes.filter(|node| is_same(node));
        nodes.any(|node| node.options.group_labels(labels) == placement.labels)
    }

    /// Where an alert stands as the cause of others.
    #[must_use]
    pub fn causes(&self, labels: &Labels) -> Vec<GroupId> {
        let rules = self.inhibit_rules.iter();
        let rules = rules.filter(|(_, rule)| rule.is_source(labels));
        rules
            .map(|(name, rule)| caused(name, rule, labels))
            .collect()
    }

    /// Where the causes of an alert stand, and by which rule.
    pub(crate) fn caused_by(&self, labels: &Labels) -> Vec<(GroupId, &InhibitRule)> {
        let rules = self.inhibit_rules.iter();
        let rules = rules.filter(|(_, rule)| rule.is_target(labels));
        rules
            .map(|(name, rule)| (caused(name, rule, labels), rule))
            .collect()
    }

    /// How often an alert must fire before it is told, where it did not yet: how often it did, and must.
    pub(crate) fn too_few(&self, stored: &StoredAlert) -> Option<(usize, usize)> {
        let last = stored.fired_at.last()?;
        let rules = self.occurrences.iter();
        let rules = rules.filter(|rule| all_accept(&rule.matchers, &stored.alert.labels));
        let counted = rules.map(|rule| {
            let recent = |at: &&Timestamp| last.duration_since(**at) <= rule.within;
            (stored.fired_at.iter().filter(recent).count(), rule.count)
        });
        counted.into_iter().find(|(seen, needed)| seen < needed)
    }

    /// What mutes everything of a route at a time.
    pub(crate) fn muted_by_time(&self, placement: &Placement, now: Timestamp) -> Option<Muted> {
        self.muted_in(&placement.active_in, &placement.muted_in, now)
    }

    /// The same of a node of the tree.
    #[must_use]
    pub fn route_muted_by_time(&self, route: &RouteOptions, now: Timestamp) -> Option<Muted> {
        self.muted_in(
            &route.active_time_intervals,
            &route.mute_time_intervals,
            now,
        )
    }

    fn muted_in(&self, active_in: &[String], muted_in: &[String], now: Timestamp) -> Option<Muted> {
        let lasts = |name: &&String| {
            let mut named = self.times.iter().filter(|times| times.name == **name);
            named.any(|times| times.contains(now))
        };
        if !active_in.is_empty() && !active_in.iter().any(|name| lasts(&name)) {
            return Some(Muted::OutsideActiveTime);
        }
        let interval = muted_in.iter().find(lasts)?.clone();
        Some(Muted::InMuteTime { interval })
    }

    /// When time stops to mute a route, if that is within its interval. Time intervals begin and end with minutes.
    pub(crate) fn time_ends(&self, placement: &Placement, now: Timestamp) -> Option<Timestamp> {
        self.muted_by_time(placement, now)?;
        let minute = now.as_second().div_euclid(60);
        let last = later(now, placement.intervals.group_interval)
            .as_second()
            .div_euclid(60);
        let minutes = (minute + 1..=last.min(minute + MOST_MINUTES))
            .filter_map(|minute| Timestamp::from_second(minute * 60).ok());
        let mut open = minutes.filter(|at| self.muted_by_time(placement, *at).is_none());
        open.next()
    }
}

impl Placement {
    /// The group before its first alert.
    pub(crate) fn new_group(&self) -> StoredGroup {
        StoredGroup {
            id: self.group.clone(),
            key: self.key.clone(),
            labels: self.labels.clone(),
            phase: Phase::Idle,
            silent: BTreeMap::new(),
            noticed: BTreeSet::new(),
            version: 0,
        }
    }
}

/// Those alerts that a rule takes for the same cause: one group, which nobody is told of.
fn caused(name: &str, rule: &InhibitRule, labels: &Labels) -> GroupId {
    GroupId(format!(
        "cause-{name}-{}",
        rule.equal_labels(labels).series_id()
    ))
}

/// A rule is what it says.
fn named(rule: &InhibitRule) -> String {
    hash(&[&format!("{rule:?}")])
}

fn hash(texts: &[&str]) -> String {
    let pairs = texts.iter().map(|text| ("", *text));
    SeriesId::of(pairs).to_string()
}

fn intervals(options: &RouteOptions) -> Intervals {
    Intervals {
        group_wait: span(options.group_wait),
        group_interval: span(options.group_interval),
        repeat_interval: span(options.repeat_interval),
    }
}

fn span(duration: Duration) -> SignedDuration {
    SignedDuration::from_millis(i64::try_from(duration.as_ms()).unwrap_or(i64::MAX))
}

/// In Alertmanager's order.
fn ways_of(receiver: &Receiver) -> Vec<Way> {
    let kind = |kind: &str, at: usize, sends_resolved: bool| Way {
        integration: format!("{}/{kind}/{at}", receiver.name),
        sends_resolved,
    };
    let webhooks = receiver.webhook_configs.iter().enumerate();
    let mails = receiver.email_configs.iter().enumerate();
    let pagers = receiver.pagerduty_configs.iter().enumerate();
    let slacks = receiver.slack_configs.iter().enumerate();
    let topics = receiver.sns_configs.iter().enumerate();
    webhooks
        .map(|(at, one)| kind("webhook", at, one.send_resolved))
        .chain(mails.map(|(at, one)| kind("email", at, one.send_resolved)))
        .chain(pagers.map(|(at, one)| kind("pagerduty", at, one.send_resolved)))
        .chain(slacks.map(|(at, one)| kind("slack", at, one.send_resolved)))
        .chain(topics.map(|(at, one)| kind("sns", at, one.send_resolved)))
        .collect()
}
