//! What happens, made by chance.

use std::collections::BTreeMap;

use toban_tests::Chance;

/// So many steps.
pub const STEPS: usize = 14;
/// How long a step takes, in milliseconds: a group waits for half of it, and an interval is one.
pub const STEP_MS: i64 = 3_000;

pub type Labels = BTreeMap<String, String>;

#[derive(Debug, Clone)]
pub enum Event {
    Fires(Labels),
    Ends(Labels),
    /// Silences what has these labels.
    Silence(usize, Labels),
    /// Ends a silence.
    Unsilence(usize),
}

#[derive(Debug)]
pub struct Scenario {
    number: usize,
    group_by: &'static str,
    child_group_by: &'static str,
    child_continues: bool,
    sends_resolved: [bool; 2],
    equal: &'static str,
    /// In the order in which they happen; what ends a silence is last of its step.
    pub events: Vec<(usize, Event)>,
}

/// The number in a receiver's name.
pub fn number_of(receiver: &str) -> usize {
    let number: String = receiver.chars().filter(char::is_ascii_digit).collect();
    number.parse().unwrap()
}

impl Scenario {
    pub fn of(number: usize) -> Self {
        let mut chance = Chance::of(number as u64 + 1);
        let group_by = ["", "a", "a, b", "'...'"];
        let mut scenario = Self {
            number,
            group_by: pick(&mut chance, &group_by),
            child_group_by: pick(&mut chance, &group_by),
            child_continues: chance.once_in(2),
            sends_resolved: [!chance.once_in(4), !chance.once_in(4)],
            equal: pick(&mut chance, &["scenario", "scenario, a"]),
            events: Vec::new(),
        };
        scenario.live(&mut chance);
        scenario
    }

    fn live(&mut self, chance: &mut Chance) {
        let mut firing: Vec<Labels> = Vec::new();
        let mut silences = Vec::new();
        for step in 0..STEPS - 2 {
            let mut unsilenced = Vec::new();
            for _ in 0..chance.below(3) {
                if !firing.is_empty() && chance.once_in(3) {
                    let ended = firing.swap_remove(chance.below(firing.len()));
                    self.events.push((step, Event::Ends(ended)));
                } else {
                    let labels = self.labels(chance);
                    firing.retain(|known| *known != labels);
                    firing.push(labels.clone());
                    self.events.push((step, Event::Fires(labels)));
                }
            }
            if chance.once_in(8) {
                let id = step;
                silences.push(id);
                let a = ("a".to_owned(), chance.one_of(&["1", "2"]).to_string());
                let of = [("scenario".to_owned(), self.number.to_string()), a];
                self.events.push((step, Event::Silence(id, of.into())));
            } else if chance.once_in(6) && !silences.is_empty() {
                unsilenced.push(silences.swap_remove(chance.below(silences.len())));
            }
            let ends = unsilenced
                .into_iter()
                .map(|id| (step, Event::Unsilence(id)));
            self.events.extend(ends);
        }
    }

    fn labels(&self, chance: &mut Chance) -> Labels {
        let mut labels = Labels::from([("scenario".to_owned(), self.number.to_string())]);
        let mut add = |name: &str, value: &str| {
            labels.insert(name.to_owned(), value.to_owned());
        };
        add("alertname", pick(chance, &["X", "Y"]));
        add("a", pick(chance, &["1", "2"]));
        add("role", pick(chance, &["cause", "effect", "effect", "both"]));
        if chance.once_in(2) {
            add("b", pick(chance, &["1", "2"]));
        }
        if chance.once_in(3) {
            add("sev", "x");
        }
        labels
    }

    pub fn route(&self, indent: &str) -> String {
        let (n, group_by, child) = (self.number, self.group_by, self.child_group_by);
        let (half, continues) = (STEP_MS / 2, self.child_continues);
        [
            format!("- receiver: s{n}-main"),
            format!("  matchers: [scenario=\"{n}\"]"),
            format!("  group_by: [{group_by}]"),
            format!("  group_wait: {half}ms"),
            format!("  group_interval: {STEP_MS}ms"),
            "  repeat_interval: 11s".to_owned(),
            "  routes:".to_owned(),
            "  - matchers: [sev=\"x\"]".to_owned(),
            format!("    receiver: s{n}-child"),
            format!("    group_by: [{child}]"),
            format!("    continue: {continues}"),
            "  - matchers: [a=\"1\"]".to_owned(),
        ]
        .map(|line| format!("{indent}{line}\n"))
        .concat()
    }

    fn inhibit_rule(&self) -> String {
        let Self {
            number: n, equal, ..
        } = self;
        format!(
            "- source_matchers: [scenario=\"{n}\", role=~\"cause|both\"]\n  target_matchers: [role=~\"effect|both\"]\n  equal: [{equal}]\n"
        )
    }

    fn receivers(&self, url: &str) -> String {
        let n = self.number;
        let receiver = |(name, sends_resolved): (&str, bool)| {
            format!(
                "- name: s{n}-{name}\n  webhook_configs: [{{ url: \"{url}/s{n}-{name}\", send_resolved: {sends_resolved} }}]\n"
            )
        };
        let [main, child] = self.sends_resolved;
        [("main", main), ("child", child)].map(receiver).concat()
    }
}

/// One configuration for all.
pub fn config(scenarios: &[Scenario], url: &str) -> String {
    let all = |part: &dyn Fn(&Scenario) -> String| scenarios.iter().map(part).collect::<String>();
    let routes = all(&|scenario| scenario.route("  "));
    let rules = all(&Scenario::inhibit_rule);
    let receivers = all(&|scenario| scenario.receivers(url));
    format!(
        "route:\n  receiver: nobody\n  routes:\n{routes}inhibit_rules:\n{rules}receivers:\n- name: nobody\n{receivers}"
    )
}

fn pick<'t>(chance: &mut Chance, texts: &[&'t str]) -> &'t str {
    texts[chance.below(texts.len())]
}
