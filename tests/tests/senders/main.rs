//! Unmodified senders go through what happens to a service: is everything they sent there, once?
//!
//! A binary of its own that runs alone: functions are killed and deployed anew under everybody's hands
//! (`.config/nextest.toml`). All senders go through it at the same time, each in a tenant of its own.

mod collectd;
mod otlp_crate;
mod scripts;
mod storm;
mod vmagent;

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

use toban_tests::beats::{Beats, SERIES};
use toban_tests::{Stack, Tenant, now_ms, stack_or_skip, wait_for};

/// A sender that sends beats, one more each second.
trait Sender {
    /// What it is called.
    fn name(&self) -> &'static str;

    /// For whom it sends.
    fn tenant(&self) -> &Tenant;

    /// What the beats are called where they are stored.
    fn metric(&self) -> &'static str {
        "beat"
    }

    /// Ends it, after everything it still has was sent or given up.
    fn end(&mut self) -> Outcome;
}

/// What a sender says of what it did.
#[derive(Debug)]
struct Outcome {
    /// The last beat that it took up.
    last: u64,
    /// Beats that it gave up by its own rules.
    given_up: BTreeSet<u64>,
}

/// Gives a sender time to bring what it still has, while its stack is busy with everybody's.
fn wait_until(tenant: &Tenant, is_there: impl Fn() -> bool) {
    let began = Instant::now();
    let is_calm = || tenant.get("/api/v1/labels").status == 200;
    while !(is_calm() && is_there()) && began.elapsed() < Duration::from_secs(120) {
        sleep(Duration::from_secs(2));
    }
}

/// The senders that can be had here; the others say why not.
fn senders(stack: &Stack) -> Vec<Box<dyn Sender>> {
    let mut all: Vec<Box<dyn Sender>> = vec![Box::new(otlp_crate::OtlpCrate::start(
        stack.new_tenant("otlp-crate"),
    ))];
    let mut add = |name: &str, started: Result<Box<dyn Sender>, String>| match started {
        Ok(sender) => all.push(sender),
        Err(reason) => eprintln!("SKIPPED: {name}: {reason}"),
    };
    add("vmagent", vmagent::start(stack));
    add("otlp-python", scripts::otlp_python(stack));
    add("otlp-node", scripts::otlp_node(stack));
    add("influx-python", scripts::influx_python(stack));
    add("collectd", collectd::start(stack));
    all
}

/// Nothing is doubled or torn, and what is missing was given up by the sender.
fn check(sender: &dyn Sender, outcome: &Outcome) -> Result<(), String> {
    let is_calm = || (sender.tenant().get("/api/v1/labels").status == 200).then_some(());
    wait_for("the stack being calm after the storm", 120, is_calm);
    let stored = Beats::stored(sender.tenant(), sender.metric(), now_ms());
    let missing = stored.missing(outcome.last);
    let lost: Vec<u64> = missing.difference(&outcome.given_up).copied().collect();
    eprintln!(
        "{}: {} beats of {SERIES} series, {} given up by itself, {} lost, {} doubled, {} torn",
        sender.name(),
        outcome.last + 1,
        outcome.given_up.len(),
        lost.len(),
        stored.doubled.len(),
        stored.torn.len(),
    );
    let is_well = lost.is_empty()
        && stored.doubled.is_empty()
        && stored.torn.is_subset(&outcome.given_up)
        && outcome.last >= 5;
    if is_well {
        Ok(())
    } else {
        Err(format!(
            "{}: lost {lost:?}, {outcome:?}, {stored:?}",
            sender.name()
        ))
    }
}

#[test]
fn what_every_sender_sent_through_outage_kills_and_a_deployment_is_there_once() {
    let stack = stack_or_skip!();
    let mut senders = senders(&stack);
    let names: Vec<&str> = senders
        .iter()
        .map(|sender| sender.tenant().name.as_str())
        .collect();
    for tenant in senders.iter().map(|sender| sender.tenant()) {
        wait_for(&format!("the first beat of {}", tenant.name), 60, || {
            let found = tenant.query("{__name__=~\".*beat.*\"}", now_ms());
            found
                .as_array()
                .is_some_and(|all| !all.is_empty())
                .then_some(())
        });
    }
    let happened = storm::pass_over(&stack, &names);
    let mut problems = Vec::new();
    for sender in &mut senders {
        let outcome = sender.end();
        problems.extend(check(sender.as_ref(), &outcome).err());
    }
    assert!(
        happened.refused > 0,
        "nothing was ever refused: {happened:?}"
    );
    assert!(problems.is_empty(), "{problems:#?}");
}
