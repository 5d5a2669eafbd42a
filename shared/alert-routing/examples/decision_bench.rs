//! What one alert costs to be decided, without a table: heard of, put into its group, told with it. One line of JSON:
//! `alerts`, `cpu_us_per_alert` (the best of several rounds).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark"
)]

#[path = "../tests/simulation/store.rs"]
mod store;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use alert_routing::{Ask, Desk, Heard, Plan, Said, Script, hear, look};
use alertmanager_config::Config;
use jiff::{SignedDuration, Timestamp};
use series::Labels;
use store::Store;

const ALERTS: usize = 10_000;
const ROUNDS: usize = 7;
const START: Timestamp = Timestamp::constant(1_795_176_000, 0);
/// The same that Alertmanager is given beside it.
const CONFIG: &str = include_str!("decision_bench.yml");

fn main() {
    let plan = Plan::of(&Config::parse(CONFIG).unwrap());
    let said: Vec<Said> = (0..ALERTS).map(alert).collect();
    let best = (0..ROUNDS).map(|_| round(&plan, &said)).min().unwrap();
    let each = best.as_secs_f64() * 1e6 / ALERTS as f64;
    println!("{{\"alerts\": {ALERTS}, \"cpu_us_per_alert\": {each:.3}}}");
}

fn alert(number: usize) -> Said {
    let (cluster, instance) = (format!("c{}", number % 100), format!("host-{number}:9100"));
    let labels = [
        ("alertname", "HostDown"),
        ("cluster", cluster.as_str()),
        ("instance", instance.as_str()),
        ("job", "node"),
        ("severity", "critical"),
    ];
    let summary = format!("{instance} is down");
    Said {
        labels: Labels::new(labels).unwrap(),
        annotations: BTreeMap::from([("summary".to_owned(), summary)]),
        starts_at: Some(START),
        ends_at: None,
        generator_url: "http://prometheus.example/graph".to_owned(),
        value: String::new(),
    }
}

/// One thread does it all, so that its time is its CPU's.
fn round(plan: &Plan, said: &[Said]) -> Duration {
    let mut store = Store::default();
    let began = Instant::now();
    for said in said {
        let heard = Heard::Said {
            said: said.clone(),
            received_at: START,
        };
        run(&mut store, async |desk| {
            hear(&desk, plan, &heard, START).await
        });
    }
    let now = START + SignedDuration::from_secs(30);
    while let Some((_, group)) = store.wakes.pop_first().filter(|(at, _)| *at <= now) {
        run(&mut store, async |desk| {
            look(&desk, plan, &group, now).await
        });
    }
    let took = began.elapsed();
    let told: usize = store.notices.iter().map(|notice| notice.alerts.len()).sum();
    assert_eq!(told, ALERTS);
    took
}

fn run<T, F: Future<Output = T> + Send>(
    store: &mut Store,
    procedure: impl FnOnce(Desk<Ask>) -> F,
) -> T {
    let ended = Script::of(procedure).finish(|ask| store.answer(ask));
    ended.unwrap_or_else(|| panic!("a procedure waits for nothing"))
}
