//! The same alerts, silences and inhibitions, as time passes, through Debian's Alertmanager and through our own
//! decisions: the same notifications, with the same alerts, in the same order.
//!
//! Alertmanager runs in real time, ours in its own. Events happen at whole steps, flushes half a step later, so that a
//! loaded machine does not decide what comes first.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

#[path = "../../../functions/deliver-notifications/tests/support/endpoint.rs"]
#[allow(dead_code, reason = "receivers neither hang nor hang up here")]
mod endpoint;
mod ours;
mod scenario;
#[path = "../../../shared/alert-routing/tests/simulation/store.rs"]
mod store;
mod theirs;

use std::collections::{BTreeMap, BTreeSet};

use scenario::Scenario;
use toban_tests::client_or_skip;

const SCENARIOS: usize = 60;

/// Receiver and group.
pub type Way = (String, String);
/// What one notification says: which alerts fire, and which ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// These fire.
    pub firing: BTreeSet<String>,
    /// These ended.
    pub resolved: BTreeSet<String>,
}
/// All notifications, in order.
pub type Heard = BTreeMap<Way, Vec<Said>>;

#[tokio::test(flavor = "multi_thread")]
async fn every_receiver_hears_what_alertmanager_would_have_told_it_in_the_same_order() {
    let alertmanager = client_or_skip!("prometheus-alertmanager");
    let scenarios: Vec<Scenario> = (0..SCENARIOS).map(Scenario::of).collect();
    let theirs = theirs::run(&alertmanager, &scenarios).await;
    let ours = ours::run(&scenarios);
    let ways: BTreeSet<&Way> = theirs.keys().chain(ours.keys()).collect();
    let differ: Vec<&Way> = ways
        .iter()
        .copied()
        .filter(|way| theirs.get(*way) != ours.get(*way))
        .collect();
    for way in differ.iter().take(3) {
        eprintln!(
            "{way:?}\n  theirs {:#?}\n  ours {:#?}",
            theirs.get(*way),
            ours.get(*way)
        );
        let number = scenario::number_of(&way.0);
        eprintln!(
            "{}\n{:#?}",
            scenarios[number].route(""),
            scenarios[number].events
        );
    }
    let count: usize = theirs.values().map(Vec::len).sum();
    eprintln!("{} groups, {count} notifications", ways.len());
    assert!(count > SCENARIOS * 5, "{count} notifications prove little");
    assert!(
        differ.is_empty(),
        "{} of {} groups differ",
        differ.len(),
        ways.len()
    );
}
