//! Several instances that hear and look at once, are cut off, and are handed everything more than once.

use std::sync::LazyLock;

use alert_routing::{
    Alert, Ask, GroupId, Heard, HeardOutcome, Looked, Plan, Position, Progress, Said, Script, hear,
    look, recheck,
};
use alertmanager_config::Config;
use jiff::{SignedDuration, Timestamp};
use series::Labels;

use crate::chance::Chance;
use crate::store::Store;

pub const START: Timestamp = Timestamp::constant(1_795_176_000, 0);
pub const WAIT: SignedDuration = SignedDuration::from_secs(30);
pub const INTERVAL: SignedDuration = SignedDuration::from_mins(5);
pub const REPEAT: SignedDuration = SignedDuration::from_hours(4);
/// The longest that a timer may be late: its message was lost, and the sweep of the next minute finds it.
pub const SWEPT: SignedDuration = SignedDuration::from_mins(1);

/// By then nobody has another configuration in mind.
const OLD_PLAN_FORGOTTEN: SignedDuration = SignedDuration::from_secs(60);

/// Every alert goes to the team's receiver and to an archive, by cluster. Who does not wait is looked at while its first
/// alert is still being put in. A cluster that is down mutes its own alerts.
const CONFIG: &str = r#"
route:
  receiver: nobody
  group_by: [cluster]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
  routes:
    - receiver: team
      continue: true
      routes: [{ matchers: [cluster="east"], group_wait: 0s }]
    - receiver: ARCHIVE
      routes: [{ matchers: [cluster="east"], group_wait: 0s }]
inhibit_rules:
  - source_matchers: [alertname="Down"]
    target_matchers: [alertname=~"A.*"]
    equal: [cluster]
receivers:
  - name: nobody
  - name: team
    webhook_configs: [{ url: "https://team.example/" }]
  - name: ARCHIVE
    webhook_configs: [{ url: "https://archive.example/", send_resolved: false }]
"#;

fn plan(archive: &str) -> Plan {
    Plan::of(&Config::parse(&CONFIG.replace("ARCHIVE", archive)).unwrap())
}

static PLAN: LazyLock<Plan> = LazyLock::new(|| plan("archive"));
/// As it is configured later in some worlds.
static LATER_PLAN: LazyLock<Plan> = LazyLock::new(|| plan("vault"));

/// A message on the queue: comes until somebody is done with it.
#[derive(Clone)]
pub struct Message {
    pub heard: Heard,
    pub from: Timestamp,
}

enum Running {
    Hearing(Box<Message>, Script<'static, Ask, HeardOutcome>),
    Looking(Script<'static, Ask, Looked>),
    Rechecking(Script<'static, Ask, bool>),
}

pub struct World {
    pub chance: Chance,
    pub store: Store,
    pub now: Timestamp,
    pub queue: Vec<Message>,
    running: Vec<(Running, Option<Ask>)>,
    swept_at: Timestamp,
    /// How often in a hundred something goes wrong.
    pub trouble: usize,
    /// Since when another configuration is in force.
    pub configured_anew: Option<Timestamp>,
    rechecks_done: usize,
}

impl World {
    pub fn of(seed: u64) -> Self {
        Self {
            chance: Chance::of(seed),
            store: Store::default(),
            now: START,
            queue: Vec::new(),
            running: Vec::new(),
            swept_at: START,
            trouble: 8,
            configured_anew: None,
            rechecks_done: 0,
        }
    }

    /// What is in force.
    pub fn plan(&self) -> &'static Plan {
        match self.configured_anew {
            Some(at) if at <= self.now => &LATER_PLAN,
            _ => &PLAN,
        }
    }

    /// Lets everything happen until `end`, in an order that chance decides.
    pub fn run_until(&mut self, end: Timestamp) {
        while self.now < end {
            self.begin();
            if self.running.is_empty() {
                self.pass_time(end);
            } else {
                self.step();
            }
        }
    }

    /// Hands out what is due: messages, some twice, and groups, by their timer or the sweep.
    fn begin(&mut self) {
        self.recheck();
        let mut due: Vec<usize> = (0..self.queue.len())
            .filter(|at| self.queue[*at].from <= self.now)
            .collect();
        while !due.is_empty() && self.running.len() < 4 {
            let at = due.swap_remove(self.chance.below(due.len()));
            let message = self.queue[at].clone();
            if !self.chance.hits(self.trouble) {
                self.queue.remove(at);
                due.iter_mut()
                    .filter(|other| **other > at)
                    .for_each(|other| *other -= 1);
            }
            self.hear(message);
        }
        let woken: Vec<_> = self
            .store
            .wakes
            .iter()
            .filter(|(at, _)| *at <= self.now)
            .cloned()
            .collect();
        for wake in woken {
            if !self.chance.hits(self.trouble) {
                self.store.wakes.remove(&wake);
            }
            self.look(wake.1);
        }
        if self.now.duration_since(self.swept_at) >= SWEPT || self.chance.hits(2) {
            self.swept_at = self.now;
            let is_due = |due: Timestamp| due <= self.now;
            let groups = self.store.groups.values();
            let due: Vec<_> = groups
                .filter(|group| group.phase.due().is_some_and(is_due))
                .map(|group| group.id.clone())
                .collect();
            due.into_iter().for_each(|group| self.look(group));
        }
    }

    /// Whoever puts another configuration lets every group be looked at, and again when nobody can have the old one in mind.
    fn recheck(&mut self) {
        let Some(next) = self.recheck_at().filter(|at| *at <= self.now) else {
            return;
        };
        self.rechecks_done += 1;
        for group in self.store.groups.keys().cloned().collect::<Vec<_>>() {
            let script = Script::of(|desk| async move { recheck(&desk, &group, next).await });
            self.running.push((Running::Rechecking(script), None));
        }
    }

    fn recheck_at(&self) -> Option<Timestamp> {
        let after = [SignedDuration::ZERO, OLD_PLAN_FORGOTTEN];
        let after = after.get(self.rechecks_done)?;
        Some(self.configured_anew? + *after)
    }

    fn hear(&mut self, message: Message) {
        let (heard, now, plan) = (message.heard.clone(), self.now, self.plan());
        let script = Script::of(|desk| async move { hear(&desk, plan, &heard, now).await });
        self.running
            .push((Running::Hearing(Box::new(message), script), None));
    }

    fn look(&mut self, group: GroupId) {
        let (now, plan) = (self.now, self.plan());
        let script = Script::of(|desk| async move { look(&desk, plan, &group, now).await });
        self.running.push((Running::Looking(script), None));
    }

    /// One read or write of one instance, or its end.
    fn step(&mut self) {
        if self.chance.hits(30) {
            self.now += SignedDuration::from_millis(self.chance.below(50) as i64);
        }
        let at = self.chance.below(self.running.len());
        let (mut running, ask) = self.running.swap_remove(at);
        let is_cut_off = self.chance.hits(self.trouble / 4);
        if let Some(ask) = ask {
            if is_cut_off && self.chance.hits(50) {
                return self.again(running);
            }
            self.store.loses_wakes = self.chance.hits(self.trouble);
            self.store.answer(ask);
        }
        if is_cut_off {
            return self.again(running);
        }
        let next = match &mut running {
            Running::Hearing(_, script) => outcome(script.resume()),
            Running::Looking(script) => outcome(script.resume()),
            Running::Rechecking(script) => outcome(script.resume()),
        };
        match next {
            Next::Asks(ask) => self.running.push((running, Some(ask))),
            Next::Again => self.again(running),
            Next::Done => {}
        }
    }

    /// What was cut off comes again: a message from the queue, a look by its timer or the sweep.
    fn again(&mut self, running: Running) {
        if let Running::Rechecking(_) = running {
            self.rechecks_done = self.rechecks_done.saturating_sub(1);
        }
        if let Running::Hearing(mut message, _) = running {
            message.from = self.now + SignedDuration::from_secs(1);
            self.queue.push(*message);
        }
    }

    fn pass_time(&mut self, end: Timestamp) {
        let sweep = self.swept_at + SWEPT;
        let anew = self.recheck_at().filter(|at| *at > self.now);
        let timers = self.store.wakes.iter().map(|(at, _)| *at);
        let messages = self.queue.iter().map(|message| message.from);
        let next = timers
            .chain(messages)
            .chain([sweep, end])
            .chain(anew)
            .min()
            .unwrap();
        self.now = next.max(self.now + SignedDuration::from_millis(1));
    }
}

enum Next {
    Asks(Ask),
    Again,
    Done,
}

trait Outcome {
    fn comes_again(&self) -> bool;
}

impl Outcome for HeardOutcome {
    fn comes_again(&self) -> bool {
        *self == Self::Contended
    }
}

impl Outcome for bool {
    fn comes_again(&self) -> bool {
        assert!(self, "a group was written too often");
        false
    }
}

impl Outcome for Looked {
    fn comes_again(&self) -> bool {
        false
    }
}

fn outcome<T: Outcome>(progress: Progress<Ask, T>) -> Next {
    match progress {
        Progress::Asks(ask) => Next::Asks(ask),
        Progress::Ended(outcome) if outcome.comes_again() => Next::Again,
        Progress::Ended(_) => Next::Done,
        Progress::Stuck => panic!("a procedure waits for nothing"),
    }
}

pub fn said(name: &str, cluster: &str, starts_at: Timestamp, ends_at: Option<Timestamp>) -> Said {
    Said {
        labels: Labels::new([("alertname", name), ("cluster", cluster)]).unwrap(),
        annotations: std::collections::BTreeMap::new(),
        starts_at: Some(starts_at),
        ends_at,
        generator_url: String::new(),
        value: String::new(),
    }
}

pub fn decided(said: Said, sequence: u64, at: Timestamp) -> Heard {
    Heard::Decided {
        said,
        source: "web-1#rule".to_owned(),
        position: Position {
            decided_at: at,
            sequence,
            part: 0,
            index: 0,
        },
        caused_at: at,
    }
}

pub fn is_firing(alert: &Alert, now: Timestamp) -> bool {
    !alert.is_resolved(now)
}
