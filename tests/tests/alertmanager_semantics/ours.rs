//! Through our own decisions, in their own time.

use std::collections::BTreeMap;

use alert_routing::{
    Ask, Desk, Heard as HeardOf, Notice, Plan, Said as Says, Script, Silence, Why, hear, look,
    recheck,
};
use alertmanager_config::matcher::MatchOp;
use alertmanager_config::{Config, Matcher};
use jiff::{SignedDuration, Timestamp};

use crate::scenario::{Event, Labels, STEP_MS, STEPS, Scenario, config};
use crate::store::Store;
use crate::{Heard, Said};

const BEGIN: Timestamp = Timestamp::constant(1_795_176_000, 0);

pub fn run(scenarios: &[Scenario]) -> Heard {
    let config = config(scenarios, "https://receiver.example");
    let plan = Plan::of(&Config::parse(&config).unwrap());
    let mut store = Store::default();
    for step in 0..STEPS {
        let now = BEGIN + SignedDuration::from_millis(step as i64 * STEP_MS);
        wake(&mut store, &plan, now);
        for (number, scenario) in scenarios.iter().enumerate() {
            for (_, event) in scenario.events.iter().filter(|(at, _)| *at == step) {
                happen(&mut store, &plan, (number, event), now);
            }
        }
    }
    let end = BEGIN + SignedDuration::from_millis(STEPS as i64 * STEP_MS - 500);
    wake(&mut store, &plan, end);
    store.notices.iter().fold(Heard::new(), add)
}

fn happen(store: &mut Store, plan: &Plan, (number, event): (usize, &Event), now: Timestamp) {
    match event {
        Event::Fires(labels) => said(store, plan, labels, None, now),
        Event::Ends(labels) => said(store, plan, labels, Some(now), now),
        Event::Silence(id, labels) => {
            let matcher = |(name, value): (&String, &String)| {
                Matcher::new(name, MatchOp::Equal, value).unwrap()
            };
            store.silences.push(Silence {
                id: format!("{number}-{id}"),
                matchers: labels.iter().map(matcher).collect(),
                starts_at: now,
                ends_at: Timestamp::MAX,
                updated_at: now,
                created_by: "test".to_owned(),
                comment: "test".to_owned(),
            });
        }
        Event::Unsilence(id) => {
            let id = format!("{number}-{id}");
            let silence = store.silences.iter_mut().find(|silence| silence.id == id);
            silence.unwrap().ends_at = now;
            let its = format!("scenario=\"{number}\"");
            let groups = store
                .groups
                .values()
                .filter(|group| group.key.contains(&its));
            for group in groups.map(|group| group.id.clone()).collect::<Vec<_>>() {
                run_to_end(store, async |desk| recheck(&desk, &group, now).await);
            }
            wake(store, plan, now);
        }
    }
}

fn said(
    store: &mut Store,
    plan: &Plan,
    labels: &Labels,
    ends_at: Option<Timestamp>,
    now: Timestamp,
) {
    let pairs = labels
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let heard = HeardOf::Said {
        said: Says {
            labels: series::Labels::new(pairs).unwrap(),
            annotations: BTreeMap::new(),
            starts_at: None,
            ends_at,
            generator_url: String::new(),
            value: String::new(),
        },
        received_at: now,
    };
    run_to_end(store, async |desk| hear(&desk, plan, &heard, now).await);
}

/// Looks at every group that is due until then, each in its time.
fn wake(store: &mut Store, plan: &Plan, until: Timestamp) {
    while let Some((at, group)) = store.wakes.first().cloned().filter(|(at, _)| *at <= until) {
        store.wakes.pop_first();
        run_to_end(store, async |desk| look(&desk, plan, &group, at).await);
    }
}

fn run_to_end<T, F: Future<Output = T> + Send>(
    store: &mut Store,
    procedure: impl FnOnce(Desk<Ask>) -> F,
) -> T {
    let ended = Script::of(procedure).finish(|ask| store.answer(ask));
    ended.unwrap_or_else(|| panic!("a procedure waits for nothing"))
}

fn add(mut heard: Heard, notice: &Notice) -> Heard {
    if !matches!(notice.why, Why::Told(_)) {
        return heard;
    }
    let mut said = Said::default();
    for (alert, _) in &notice.alerts {
        let labels = alert.labels.iter();
        let labels: Labels = labels.map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        let of = if alert.is_resolved(notice.at) {
            &mut said.resolved
        } else {
            &mut said.firing
        };
        of.insert(format!("{labels:?}"));
    }
    let way = (notice.receiver.clone(), notice.key.clone());
    heard.entry(way).or_default().push(said);
    heard
}
