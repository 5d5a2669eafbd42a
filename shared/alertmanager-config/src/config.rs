use std::collections::BTreeMap;

use jiff::Timestamp;
use prometheus_notation::yaml::{self, Kind};
use serde::Serialize;

use crate::problem::{Problem, Reading};
use crate::secret::HasSecrets;
use crate::time_interval::active;
use crate::value::{Empty, Value};
use crate::{
    Global, InhibitRule, NameSyntax, NamedTimeIntervals, Receiver, Route, RoutingTree, Secret,
    global, inhibit, receiver, route, time_interval, validation,
};

/// The longest configuration that is read, in bytes.
pub const MAX_BYTES: usize = 1_000_000;

/// Each has a good kilobyte of defaults, and what it inherits.
const MAX_CHANNELS: usize = 5_000;

/// An `alertmanager.yml`, with Alertmanager's defaults filled in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Config {
    /// What receivers inherit.
    pub global: Global,
    /// The root of the routing tree as it is written.
    pub route: Route,
    /// Which alerts mute which others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inhibit_rules: Vec<InhibitRule>,
    /// Who can be told, in the order of the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub receivers: Vec<Receiver>,
    /// Always empty: files can't be read.
    pub templates: Vec<String>,
    /// Named times under their older name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mute_time_intervals: Vec<NamedTimeIntervals>,
    /// Named times.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub time_intervals: Vec<NamedTimeIntervals>,
}

impl Config {
    /// Reads a configuration as Alertmanager since 0.27 does.
    ///
    /// # Errors
    /// Every reason why Alertmanager would refuse it, and everything in it that can't be followed here, each
    /// with its line.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        Self::parse_as(text, NameSyntax::default())
    }

    /// Reads a configuration with matchers and label names of the given syntax.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_as(text: &str, names: NameSyntax) -> Result<Self, Vec<Problem>> {
        let reading = Reading::new(names);
        let config = read(text, &reading);
        match (config, reading.problems()) {
            (Some(config), problems) if problems.is_empty() => Ok(config),
            (_, problems) => Err(problems),
        }
    }

    /// The routing tree with everything resolved.
    #[must_use]
    pub fn routing_tree(&self) -> RoutingTree {
        RoutingTree::new(&self.route)
    }

    /// The receiver of this name.
    #[must_use]
    pub fn receiver(&self, name: &str) -> Option<&Receiver> {
        self.receivers.iter().find(|one| one.name == name)
    }

    /// Each named time interval, and whether it contains the instant.
    #[must_use]
    pub fn time_intervals_at(&self, at: Timestamp) -> BTreeMap<&str, bool> {
        active(
            self.mute_time_intervals.iter().chain(&self.time_intervals),
            at,
        )
    }

    /// Takes every secret out and leaves what stands for it. Each is named by its way, with the receiver's
    /// name: `receivers["team"].slack_configs[0].api_url`. What was taken out already is left out.
    #[must_use]
    pub fn take_secrets(&mut self) -> BTreeMap<String, String> {
        let mut taken = BTreeMap::new();
        self.visit_secrets(&mut |path, secret| {
            if !secret.is_hidden() {
                taken.insert(path, secret.reveal().to_owned());
                *secret = Secret::hidden();
            }
        });
        taken
    }

    /// Puts back what [`Self::take_secrets`] took out, and says which secrets are still missing.
    pub fn put_secrets(&mut self, secrets: &BTreeMap<String, String>) -> Vec<String> {
        let mut missing = Vec::new();
        self.visit_secrets(&mut |path, secret| {
            if !secret.is_hidden() {
                return;
            }
            match secrets.get(&path) {
                Some(value) => *secret = Secret::new(value.clone()),
                None => missing.push(path),
            }
        });
        missing
    }

    fn visit_secrets(&mut self, visit: &mut dyn FnMut(String, &mut Secret)) {
        self.global.visit_secrets("global", visit);
        for receiver in &mut self.receivers {
            let path = format!("receivers[{:?}]", receiver.name);
            receiver.visit_secrets(&path, visit);
        }
    }

    /// As Alertmanager's `status` shows it: defaults filled, secrets as `<secret>`. Read again it is the same
    /// configuration, its secrets taken out.
    ///
    /// # Errors
    /// None that is known: every part can be written.
    pub fn to_yaml(&self) -> Result<String, serde_saphyr::ser::Error> {
        serde_saphyr::to_string(self)
    }
}

fn read(text: &str, reading: &Reading) -> Option<Config> {
    if text.len() > MAX_BYTES {
        let message = format!("the configuration is longer than {MAX_BYTES} bytes");
        reading.refuse(1, "", message);
        return None;
    }
    let document = match yaml::parse(text) {
        Ok(document) => document.filter(|node| !matches!(node.kind, Kind::Null)),
        Err(error) => {
            reading.refuse(error.line, "", error.message);
            return None;
        }
    };
    let Some(document) = document else {
        reading.refuse(1, "", "no route provided in config; give it `route`");
        return None;
    };
    read_document(Value::new(document, String::new(), reading))
}

fn read_document(value: Value<'_>) -> Option<Config> {
    let reading = value.reading;
    let mut fields = value.fields()?;
    let global = fields.take_some("global").and_then(global::read);
    let global = global.unwrap_or_default();
    let inhibit_rules = fields.list("inhibit_rules").into_iter();
    let inhibit_rules = inhibit_rules.filter_map(inhibit::read).collect();
    let receivers = fields.list("receivers").into_iter();
    let mut channels = 0;
    let receivers: Vec<_> = receivers
        .map_while(|value| {
            if channels > MAX_CHANNELS {
                value.refuse("more than 5000 channels of receivers are not supported");
                return None;
            }
            let receiver = receiver::read(value, &global);
            channels += receiver.as_ref().map_or(0, |(_, one)| one.channels());
            Some(receiver)
        })
        .flatten()
        .collect();
    let mut named = |name: &str, what: &str| -> Vec<_> {
        let items = fields.list(name).into_iter();
        items
            .filter_map(|value| time_interval::named(value, what))
            .collect()
    };
    let mute_time_intervals = named("mute_time_intervals", "mute time interval");
    let time_intervals = named("time_intervals", "time interval");
    fields.refuse_field(
        "templates",
        Empty::List,
        "files can't be read here; write the texts into the receivers",
    );
    let route_line = fields.line_of("route");
    let route = match fields.take_some("route") {
        Some(value) => route::read(value),
        None => {
            fields.refuse("no route provided in config; give it `route`");
            None
        }
    };
    fields.finish();
    validation::unique(reading, "receiver", "receivers", &receivers, |one| {
        &one.name
    });
    let times = mute_time_intervals.iter().chain(&time_intervals);
    validation::unique(reading, "time interval", "time_intervals", times, |one| {
        &one.name
    });
    let config = Config {
        global,
        route: route?,
        inhibit_rules,
        receivers: without_lines(receivers),
        templates: Vec::new(),
        mute_time_intervals: without_lines(mute_time_intervals),
        time_intervals: without_lines(time_intervals),
    };
    validation::check(reading, &config, route_line);
    Some(config)
}

fn without_lines<T>(items: Vec<(usize, T)>) -> Vec<T> {
    items.into_iter().map(|(_, item)| item).collect()
}
