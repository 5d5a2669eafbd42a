//! The real agent against the deployed stack: what a person waits for does not wait for the flush.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::process::{Child, Command};
use std::time::Duration;

use toban_tests::alerting::{alerts, one_alert, tenant_with_mail, told};
use toban_tests::{Agent, Flush, Folder, Stack, Tenant, gauge, now_ms, stack_or_skip, wait_for};

/// At most 15 bytes, as the kernel keeps it.
const PROBE: &str = "toban-e2e-probe";
const AGENT: &str = "interval = '15s'\nflush = '60s'\n[[process]]\nname = 'toban-e2e-probe'\n";

fn put_rule(tenant: &Tenant) {
    let expression = format!("namedprocess_namegroup_num_procs{{groupname='{PROBE}'}} > 0");
    let rule = format!("{{alert: Runs, expr: \"{expression}\"}}");
    tenant.put_rules("g", &format!("groups: [{{name: g, rules: [{rule}]}}]"));
}

/// A process of that name; it ends with the test.
struct Probe(Child);

impl Probe {
    fn start(folder: &Folder) -> Self {
        let program = folder.join(PROBE);
        std::fs::copy("/bin/sleep", &program).unwrap();
        Self(Command::new(program).arg("300").spawn().unwrap())
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Calls to the tables that flushes of this tenant made.
fn writes(stack: &Stack, tenant: &Tenant) -> u64 {
    let calls = stack.faults().calls_of(&tenant.name);
    let of_ingest = calls.iter().filter(|one| one.function == "ingest-metrics");
    of_ingest.map(|one| one.calls).sum()
}

fn seconds_until_told(tenant: &Tenant, count: usize, since_ms: i64, patience_secs: u64) -> i64 {
    wait_for(&format!("notification {count}"), patience_secs, || {
        (told(tenant).len() >= count).then_some(())
    });
    (now_ms() - since_ms) / 1_000
}

#[test]
fn a_crossing_is_told_at_the_next_look_and_without_thresholds_with_the_next_flush() {
    let stack = stack_or_skip!();
    let [offered, plain] = ["offered", "plain"].map(|name| tenant_with_mail(&stack, name));
    for tenant in [&offered, &plain] {
        put_rule(tenant);
        // The functions are awake before the first minute begins.
        Flush::complete("other", vec![gauge("load", "other", now_ms(), 1.0)]).taken_by(tenant);
    }
    let mut agents = [
        Agent::start(&offered, AGENT, ""),
        Agent::start(&plain, AGENT, "protocol = '2.0'\nthresholds = false"),
    ];
    let reported = |tenant: &Tenant| tenant.query("up", now_ms()).as_array().unwrap().len();
    wait_for("the first flushes, and the thresholds", 40, || {
        let both = reported(&offered) == 1 && reported(&plain) == 1;
        (both && agents[0].knows_thresholds()).then_some(())
    });
    assert!(!agents[1].knows_thresholds());

    std::thread::sleep(Duration::from_secs(2));
    let quiet = [&offered, &plain].map(|tenant| writes(&stack, tenant));
    std::thread::sleep(Duration::from_secs(16));
    let still = [&offered, &plain].map(|tenant| writes(&stack, tenant));
    assert_eq!(
        still, quiet,
        "a look at which nothing is crossed sends nothing"
    );

    let folder = Folder::new("probe");
    let begun_ms = now_ms();
    let probe = Probe::start(&folder);
    let with_thresholds = seconds_until_told(&offered, 1, begun_ms, 30);
    assert!(
        with_thresholds < 22,
        "a look every 15 s and a few seconds, not {with_thresholds} s"
    );
    assert_eq!(told(&plain), []);
    assert_eq!(writes(&stack, &plain), quiet[1], "no early flush");
    let once = writes(&stack, &offered);
    assert!(once > quiet[0]);

    let without = seconds_until_told(&plain, 1, begun_ms, 150);
    eprintln!("told after {with_thresholds} s with thresholds, after {without} s without");
    assert!(
        without > with_thresholds + 10,
        "{without} s against {with_thresholds} s"
    );
    assert_eq!(
        writes(&stack, &offered),
        once,
        "met all the time: nothing new to send"
    );

    let ended_ms = now_ms();
    drop(probe);
    let end = seconds_until_told(&offered, 2, ended_ms, 30);
    assert!(end < 22, "an end is waited for, too, and took {end} s");
    assert_eq!(told(&offered)[1].0, "all_resolved");
    assert_eq!(
        alerts(&plain),
        one_alert("Runs", "firing"),
        "it waits for its flush"
    );
    agents.iter_mut().for_each(Agent::stop);
}
