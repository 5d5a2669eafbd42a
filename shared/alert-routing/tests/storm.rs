//! 10,000 hosts fail within a minute behind three causes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

#[path = "simulation/store.rs"]
mod store;

use std::collections::BTreeMap;

use alert_routing::{Ask, Desk, Heard, Plan, Said, Script, Why, hear, look};
use alertmanager_config::Config;
use jiff::{SignedDuration, Timestamp};
use series::Labels;
use store::Store;

const START: Timestamp = Timestamp::constant(1_795_176_000, 0);
const HOSTS: usize = 10_000;

/// Whoever is behind a switch that failed is not paged for; whoever is on call hears of the switch.
const CONFIG: &str = r#"
route:
  receiver: on-call
  group_by: [alertname, switch]
  group_wait: 10s
inhibit_rules:
  - source_matchers: [alertname="SwitchDown"]
    target_matchers: [alertname="HostDown"]
    equal: [switch]
receivers:
  - name: on-call
    webhook_configs: [{ url: "https://on-call.example/" }]
"#;

/// By its labels alone: one group for each switch.
const BY_LABELS: &str = r#"
route:
  receiver: on-call
  group_by: [switch]
  group_wait: 10s
  group_interval: 1h
receivers:
  - name: on-call
    webhook_configs: [{ url: "https://on-call.example/" }]
"#;

struct Storm {
    store: Store,
    plan: Plan,
    asks: usize,
}

impl Storm {
    fn of(config: &str) -> Self {
        Self {
            store: Store::default(),
            plan: Plan::of(&Config::parse(config).unwrap()),
            asks: 0,
        }
    }

    /// Returns how much was asked of the table.
    fn hear(&mut self, name: &str, switch: usize, host: usize, now: Timestamp) -> usize {
        let (switch, host) = (format!("s{switch}"), format!("h{host}"));
        let labels = [
            ("alertname", name),
            ("switch", switch.as_str()),
            ("instance", host.as_str()),
        ];
        let said = Said {
            labels: Labels::new(labels).unwrap(),
            annotations: BTreeMap::new(),
            starts_at: Some(now),
            ends_at: None,
            generator_url: String::new(),
            value: String::new(),
        };
        let heard = Heard::Said {
            said,
            received_at: now,
        };
        let before = self.asks;
        let plan = self.plan.clone();
        self.run(async |desk| hear(&desk, &plan, &heard, now).await);
        self.asks - before
    }

    fn wake(&mut self, until: Timestamp) {
        while let Some((at, group)) = self
            .store
            .wakes
            .first()
            .cloned()
            .filter(|(at, _)| *at <= until)
        {
            self.store.wakes.pop_first();
            let plan = self.plan.clone();
            self.run(async |desk| look(&desk, &plan, &group, at).await);
        }
    }

    fn run<T, F: Future<Output = T> + Send>(
        &mut self,
        procedure: impl FnOnce(Desk<Ask>) -> F,
    ) -> T {
        let ended = Script::of(procedure).finish(|ask| {
            self.asks += 1;
            self.store.answer(ask);
        });
        ended.unwrap_or_else(|| panic!("a procedure waits for nothing"))
    }

    /// When each page left, and how many alerts it tells of.
    fn pages(&self) -> Vec<(SignedDuration, usize)> {
        let told = self
            .store
            .notices
            .iter()
            .filter(|notice| matches!(notice.why, Why::Told(_)));
        told.map(|notice| (notice.at.duration_since(START), notice.alerts.len()))
            .collect()
    }
}

/// Three causes first, then their hosts over 60 s; what each host's alert asked of the table.
fn storm(storm: &mut Storm, causes: &str) -> Vec<usize> {
    for switch in 0..3 {
        storm.hear(causes, switch, 0, START);
    }
    let each = (0..HOSTS).map(|host| {
        let now = START + SignedDuration::from_millis(host as i64 * 60_000 / HOSTS as i64);
        storm.wake(now);
        storm.hear("HostDown", host % 3, host + 1, now)
    });
    let each = each.collect();
    storm.wake(START + SignedDuration::from_secs(120));
    each
}

#[test]
fn hosts_behind_three_causes_make_three_pages_by_inhibition() {
    let mut world = Storm::of(CONFIG);
    let asked = storm(&mut world, "SwitchDown");
    let pages = world.pages();
    assert_eq!(pages.len(), 3, "{pages:?}");
    assert!(
        pages
            .iter()
            .all(|(after, alerts)| after.as_secs() <= 60 && *alerts == 1)
    );
    the_work_for_each_alert_is_the_same(&asked);
}

#[test]
fn hosts_behind_three_causes_make_three_pages_by_their_labels() {
    let mut world = Storm::of(BY_LABELS);
    let asked = storm(&mut world, "HostDown");
    let pages = world.pages();
    assert_eq!(pages.len(), 3, "{pages:?}");
    assert!(pages.iter().all(|(after, _)| after.as_secs() <= 60));
    the_work_for_each_alert_is_the_same(&asked);
}

/// Where it is, that it is there, its group, itself; those who find the group at rest or settling write it, too, and wake it.
fn the_work_for_each_alert_is_the_same(asked: &[usize]) {
    assert!(
        asked.iter().all(|count| (4..=6).contains(count)),
        "{asked:?}"
    );
    let of = |part: &[usize]| part.iter().sum::<usize>();
    let (first, last) = (of(&asked[..1_000]), of(&asked[HOSTS - 1_000..]));
    assert!(
        last <= first,
        "{first} for the first thousand, {last} for the last"
    );
}
