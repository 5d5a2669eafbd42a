//! Races, seeded: instances that hear and look at once, cut off between any two reads and writes; messages that come
//! twice, late, and in another order; timers that get lost.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

mod chance;
mod store;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use alert_routing::{GroupId, Heard, Integration, Notice, NotifyReason, Phase, Why, hash};
use jiff::{SignedDuration, Timestamp};
use world::{INTERVAL, Message, REPEAT, START, SWEPT, WAIT, World, decided, is_firing, said};

/// Until when alerts come and go.
const BUSY: SignedDuration = SignedDuration::from_mins(40);
/// How late a message comes at most, with all its repetitions.
const LATE: SignedDuration = SignedDuration::from_secs(30);
/// A client sends what fires again and again.
const RESENT: SignedDuration = SignedDuration::from_secs(60);

/// When one alert fired and ended, as those who send it know.
struct Life {
    name: String,
    cluster: &'static str,
    /// By a rule of ours, once each; else by a client, again and again.
    by_rule: bool,
    firings: Vec<(Timestamp, Option<Timestamp>)>,
}

impl Life {
    fn of(world: &mut World, number: usize) -> Self {
        let mut firings = Vec::new();
        let mut at = START + SignedDuration::from_secs(1 + world.chance.below(600) as i64);
        while at < START + BUSY {
            let end = at + SignedDuration::from_secs(1 + world.chance.below(900) as i64);
            let lasts = end >= START + BUSY || world.chance.hits(20);
            firings.push((at, (!lasts).then_some(end)));
            if lasts {
                break;
            }
            at = end + SignedDuration::from_secs(1 + world.chance.below(900) as i64);
        }
        Self {
            name: format!("A{number}"),
            cluster: ["east", "west"][world.chance.below(2)],
            by_rule: world.chance.hits(50),
            firings,
        }
    }

    /// What is sent of it, each message with some delay of its own.
    fn send(&self, world: &mut World, until: Timestamp) {
        let mut sequence = 0;
        for (starts_at, ends_at) in &self.firings {
            let mut times = vec![*starts_at];
            if !self.by_rule {
                let end = ends_at.unwrap_or(until);
                while times[times.len() - 1] + RESENT < end {
                    times.push(times[times.len() - 1] + RESENT);
                }
            }
            let firing = times.into_iter().map(|at| (at, None));
            let ended = ends_at.map(|end| (end, Some(end)));
            for (at, ends_at) in firing.chain(ended) {
                sequence += 1;
                let said = said(&self.name, self.cluster, *starts_at, ends_at);
                let heard = if self.by_rule {
                    decided(said, sequence, at)
                } else {
                    Heard::Said {
                        said,
                        received_at: at,
                    }
                };
                let from = at + SignedDuration::from_millis(world.chance.below(20_000) as i64);
                world.queue.push(Message { heard, from });
            }
        }
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "whoever runs the tests says how thorough they are"
)]
fn races() -> u64 {
    match std::env::var_os("TOBAN_PROVE") {
        Some(_) => 100_000,
        None => 1_000,
    }
}

#[test]
fn every_race_ends_with_each_receiver_told_once_of_what_is_the_case() {
    for seed in 0..races() {
        let mut world = World::of(seed);
        let count = 1 + world.chance.below(6);
        let lives: Vec<Life> = (0..count).map(|n| Life::of(&mut world, n)).collect();
        if world.chance.hits(30) {
            let at = world.chance.below(BUSY.as_secs() as usize) as i64;
            world.configured_anew = Some(START + SignedDuration::from_secs(at));
        }
        let end = START + BUSY + WAIT + INTERVAL * 2 + SWEPT * 4 + LATE;
        lives
            .iter()
            .for_each(|life| life.send(&mut world, end + INTERVAL));
        world.run_until(end - INTERVAL * 2 - SWEPT);
        // Whoever is cut off each time does not come to an end; nobody is, for ever.
        world.trouble = 0;
        world.run_until(end);
        let checked = std::panic::AssertUnwindSafe(|| check(&world, &lives));
        let check = std::panic::catch_unwind(checked);
        assert!(check.is_ok(), "seed {seed}");
    }
}

fn check(world: &World, lives: &[Life]) {
    each_version_is_decided_once(&world.store.notices);
    for (integration, told) in by_way(&world.store.notices) {
        each_reason_is_news(&integration, &told);
    }
    for life in lives {
        its_end_is_known(world, life);
        each_long_firing_is_told_in_time(world, life);
    }
    groups_without_alerts_are_at_rest(world);
}

fn by_way(notices: &[Notice]) -> BTreeMap<Integration, Vec<&Notice>> {
    let mut ways: BTreeMap<Integration, Vec<&Notice>> = BTreeMap::new();
    for notice in notices
        .iter()
        .filter(|notice| matches!(notice.why, Why::Told(_)))
    {
        let way = format!("{}@{}", notice.integration, notice.group.0);
        ways.entry(way).or_default().push(notice);
    }
    ways
}

fn each_version_is_decided_once(notices: &[Notice]) {
    let mut seen = BTreeSet::new();
    for notice in notices {
        let decision = (&notice.group, notice.version, &notice.integration);
        assert!(seen.insert(decision), "decided twice: {notice:?}");
    }
}

/// No decision twice for the same reason, and nobody hears again that something fires that ended.
fn each_reason_is_news(way: &str, told: &[&Notice]) {
    let mut known: BTreeMap<u64, (bool, Timestamp)> = BTreeMap::new();
    let mut last_at = None;
    for notice in told {
        let Why::Told(reason) = notice.why else {
            unreachable!()
        };
        let mut is_news = false;
        for (alert, _) in &notice.alerts {
            let now = (is_firing(alert, notice.at), alert.starts_at);
            let before = known.insert(hash(alert), now);
            is_news |= before.is_none_or(|before| before != now);
            if let Some((false, since)) = before
                && now.0
            {
                assert!(
                    alert.starts_at > since,
                    "{way}: fires again after its end: {notice:?}"
                );
            }
        }
        let waited = last_at.map(|last: Timestamp| notice.at.duration_since(last));
        match reason {
            NotifyReason::Repeat => assert!(waited >= Some(REPEAT), "{way}: {notice:?}"),
            _ => assert!(is_news, "{way}: nothing new in {notice:?}"),
        }
        last_at = Some(notice.at);
    }
}

fn its_end_is_known(world: &World, life: &Life) {
    let (starts_at, ends_at) = life.firings[life.firings.len() - 1];
    let is_on = ends_at.is_none();
    let alert = said(&life.name, life.cluster, starts_at, ends_at);
    let id = alert.labels.series_id();
    let placements = world.plan().placements(&alert.labels);
    let belongs: BTreeSet<GroupId> = placements.iter().map(|one| one.group.clone()).collect();
    let is_in = &world.store.alerts[&id].groups;
    assert_eq!(
        *is_in,
        if is_on { belongs } else { BTreeSet::new() },
        "{}",
        life.name
    );
    for placement in placements {
        let told = world.store.told.get(&placement.group);
        let told = told.and_then(|ways| ways.get(&placement.ways[0].integration));
        let hash = id.0.to_le_bytes();
        let hash = u64::from_le_bytes(hash[..8].try_into().unwrap());
        let knows = told.is_some_and(|told| told.firing.contains(&hash));
        // As with Alertmanager, a receiver that wants to hear of no ends counts as told until something else changes.
        let must_know = is_on || placement.ways[0].sends_resolved;
        if must_know {
            assert_eq!(
                knows, is_on,
                "{}: {:?} in {:?}",
                life.name, life.firings, placement.group
            );
        }
        // Whoever was cut off while putting it in has left a trace, which an hour later nobody waits for any more.
        let is_member = world
            .store
            .members
            .contains_key(&(placement.group.clone(), id));
        assert!(
            is_member || !is_on,
            "{} is no member of {:?}",
            life.name,
            placement.group
        );
    }
}

/// Whatever fires for longer than the longest wait is told in that time.
fn each_long_firing_is_told_in_time(world: &World, life: &Life) {
    // Each time that whoever looks is cut off costs the time until the sweep; eight in a row happen to nobody.
    let longest = WAIT + INTERVAL + SWEPT * 8 + LATE;
    for (starts_at, ends_at) in &life.firings {
        if ends_at.is_some_and(|end| end < *starts_at + longest) {
            continue;
        }
        let tells = |notice: &&Notice| {
            let fires = notice.alerts.iter().any(|(alert, _)| {
                alert.labels.value("alertname") == life.name && is_firing(alert, notice.at)
            });
            fires && notice.at >= *starts_at && notice.at <= *starts_at + longest
        };
        let knew = world.store.notices.iter().any(|notice| tells(&notice));
        let was_told_before = life.firings.iter().any(|(start, _)| start < starts_at);
        assert!(
            knew || was_told_before,
            "{} at {starts_at}: not told in time",
            life.name
        );
    }
}

fn groups_without_alerts_are_at_rest(world: &World) {
    for group in world.store.groups.values() {
        let is_empty = !world.store.members.keys().any(|(id, _)| *id == group.id);
        assert_eq!(group.phase == Phase::Idle, is_empty, "{group:?}");
    }
}
