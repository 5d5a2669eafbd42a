//! Functions are killed between write and answer: is anything lost?
//!
//! A file of its own: who else writes at that time sees a crash too (`.config/nextest.toml`).

use std::thread::sleep;
use std::time::Duration;

use toban_tests::prometheus::{Credentials, remote_write_to, scraping};
use toban_tests::{
    NodeExporter, Prometheus, Scrapes, Stack, Tenant, client_or_skip, is_thorough, kill_function,
    now_ms, stack_or_skip, wait_for,
};

fn written(stack: &Stack, tenant: &Tenant) -> u64 {
    let calls = stack.faults().calls_of(&tenant.name);
    let writes = calls
        .iter()
        .filter(|c| c.function == "ingest-metrics" && c.operation == "PutItem");
    writes.map(|c| c.calls).sum()
}

#[test]
fn what_was_written_without_an_answer_is_there_once() {
    let stack = stack_or_skip!();
    let (prometheus, exporter) = (
        client_or_skip!("prometheus"),
        client_or_skip!("prometheus-node-exporter"),
    );
    let tenant = stack.new_tenant("crash");
    let node = NodeExporter::steady(&exporter);
    let remote_write = remote_write_to(&tenant, Credentials::Bearer);
    let mut agent = Prometheus::agent(&prometheus, scraping(&node.address, &remote_write));
    sleep(Duration::from_secs(2));
    let mut killed = 0;
    for _ in 0..if is_thorough() { 20 } else { 4 } {
        let before = written(&stack, &tenant);
        // Written, and not answered until the function gave up: in that time it dies.
        stack
            .faults()
            .add("drop_answer", &tenant.name, "ingest-metrics", "PutItem", 5);
        wait_for("a write", 20, || {
            (written(&stack, &tenant) > before).then_some(())
        });
        killed += kill_function(stack.home(), &stack.stack_name, "ingest-metrics");
        sleep(Duration::from_millis(1500));
    }
    assert!(killed >= 4, "{killed}");
    agent.stop_scraping();
    let sent = agent.settled(120);
    assert_eq!((sent.failed, sent.dropped), (0, 0), "{sent:?}");
    assert!(sent.retried > 0, "no call was ever cut off: {sent:?}");
    let stored = Scrapes::stored(&tenant, now_ms());
    assert_eq!(stored.torn, [], "{sent:?}");
    assert_eq!(
        stored.samples + stored.stale_markers,
        sent.samples,
        "{stored:?}"
    );
}
