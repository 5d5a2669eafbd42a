//! What Alertmanager's users miss: several occurrences, a notice before a silence ends, acknowledgements.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

#[path = "simulation/store.rs"]
mod store;

use std::collections::BTreeMap;

use alert_routing::{
    Acknowledgement, Ask, Desk, Heard, NotifyReason, Occurrences, Plan, Said, Script, Silence, Why,
    hear, look, recheck,
};
use alertmanager_config::matcher::MatchOp;
use alertmanager_config::{Config, Matcher};
use jiff::{SignedDuration, Timestamp};
use series::Labels;
use store::Store;

const START: Timestamp = Timestamp::constant(1_795_176_000, 0);
const CONFIG: &str = r#"
route: { receiver: team, group_by: [alertname], group_wait: 10s, group_interval: 1m, repeat_interval: 1h }
receivers: [{ name: team, webhook_configs: [{ url: "https://team.example/" }] }]
"#;

struct World {
    store: Store,
    plan: Plan,
}

impl World {
    fn new() -> Self {
        Self {
            store: Store::default(),
            plan: Plan::of(&Config::parse(CONFIG).unwrap()),
        }
    }

    fn say(&mut self, secs: i64, ends: bool) {
        let now = at(secs);
        self.wake(secs);
        let said = Said {
            labels: labels(),
            annotations: BTreeMap::new(),
            starts_at: None,
            ends_at: ends.then_some(now),
            generator_url: String::new(),
            value: String::new(),
        };
        let heard = Heard::Said {
            said,
            received_at: now,
        };
        let plan = self.plan.clone();
        self.run(async |desk| hear(&desk, &plan, &heard, now).await);
    }

    fn wake(&mut self, until: i64) {
        while let Some((due, group)) = self
            .store
            .wakes
            .first()
            .cloned()
            .filter(|(due, _)| *due <= at(until))
        {
            self.store.wakes.pop_first();
            let plan = self.plan.clone();
            self.run(async |desk| look(&desk, &plan, &group, due).await);
        }
    }

    fn recheck(&mut self, secs: i64) {
        for group in self.store.groups.keys().cloned().collect::<Vec<_>>() {
            self.run(async |desk| recheck(&desk, &group, at(secs)).await);
        }
        self.wake(secs);
    }

    fn run<T, F: Future<Output = T> + Send>(
        &mut self,
        procedure: impl FnOnce(Desk<Ask>) -> F,
    ) -> T {
        let ended = Script::of(procedure).finish(|ask| self.store.answer(ask));
        ended.unwrap_or_else(|| panic!("a procedure waits for nothing"))
    }

    /// When somebody was told, and why.
    fn told(&self) -> Vec<(i64, NotifyReason)> {
        let told = self
            .store
            .notices
            .iter()
            .filter_map(|notice| match notice.why {
                Why::Told(reason) => Some((notice.at.duration_since(START).as_secs(), reason)),
                _ => None,
            });
        told.collect()
    }
}

fn at(secs: i64) -> Timestamp {
    START + SignedDuration::from_secs(secs)
}

fn labels() -> Labels {
    Labels::new([("alertname", "DiskFull")]).unwrap()
}

fn matcher() -> Matcher {
    Matcher::new("alertname", MatchOp::Equal, "DiskFull").unwrap()
}

#[test]
fn an_alert_that_must_fire_three_times_in_ten_minutes_is_told_the_third_time() {
    let mut world = World::new();
    world.plan.occurrences.push(Occurrences {
        matchers: vec![matcher()],
        count: 3,
        within: SignedDuration::from_mins(10),
    });
    for start in [0, 1_000, 1_200] {
        world.say(start, false);
        world.say(start + 100, true);
    }
    assert_eq!(world.told(), [], "the first was too long ago");
    world.say(1_400, false);
    world.wake(1_500);
    assert_eq!(world.told(), [(1_410, NotifyReason::FirstNotification)]);
    world.say(1_500, true);
    world.wake(1_600);
    assert_eq!(world.told().last().unwrap().1, NotifyReason::AllResolved);
}

#[test]
fn before_a_silence_ends_receivers_of_what_still_fires_are_told_once_and_at_its_end_of_the_alert() {
    let mut world = World::new();
    world.plan.silence_notice = Some(SignedDuration::from_mins(10));
    world.store.silences.push(Silence {
        id: "s".to_owned(),
        matchers: vec![matcher()],
        starts_at: START,
        ends_at: at(3_600),
        updated_at: START,
        created_by: "ops".to_owned(),
        comment: "maintenance".to_owned(),
    });
    world.say(5, false);
    for again in 1..40 {
        world.say(5 + again * 100, false);
    }
    let expected = [
        (3_000, NotifyReason::SilenceEnds),
        (3_600, NotifyReason::FirstNotification),
    ];
    assert_eq!(world.told(), expected);
}

#[test]
fn who_acknowledges_is_not_reminded_until_it_runs_out_and_hears_of_the_end() {
    let mut world = World::new();
    world.say(0, false);
    for again in 1..5 {
        world.say(again * 100, false);
    }
    let id = labels().series_id();
    let stored = world.store.alerts.get_mut(&id).unwrap();
    stored.revision += 1;
    stored.acknowledged = Some(Acknowledgement {
        by: "ann".to_owned(),
        at: at(400),
        until: Some(at(9_000)),
        comment: String::new(),
    });
    world.recheck(400);
    for again in 5..100 {
        world.say(again * 100, false);
    }
    let first = (10, NotifyReason::FirstNotification);
    assert_eq!(world.told(), [first, (9_000, NotifyReason::Repeat)]);
    world.say(9_950, true);
    world.wake(10_100);
    assert_eq!(world.told().last().unwrap().1, NotifyReason::AllResolved);
}
