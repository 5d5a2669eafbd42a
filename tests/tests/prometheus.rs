//! An unmodified Prometheus of Debian's scrapes an unmodified node_exporter and sends: is all of it there?

use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;
use toban_tests::prometheus::{Credentials, Sent, instant, range, remote_write_to, scraping};
use toban_tests::{
    NodeExporter, Prometheus, Scrapes, Tenant, client_or_skip, is_thorough, now_ms, stack_or_skip,
};

fn secs(short: u64, thorough: u64) -> Duration {
    Duration::from_secs(if is_thorough() { thorough } else { short })
}

/// Nothing was given up, and what the sender counts as sent is stored, no more and no less.
fn all_is_there(sent: Sent, tenant: &Tenant) -> Scrapes {
    assert_eq!(
        (sent.failed, sent.dropped, sent.failed_metadata),
        (0, 0, 0),
        "{sent:?}"
    );
    assert_eq!(sent.samples, sent.scraped, "{sent:?}");
    let stored = Scrapes::stored(tenant, now_ms());
    eprintln!("{stored:?}");
    assert_eq!(stored.torn, [], "{sent:?}");
    assert_eq!(
        stored.samples + stored.stale_markers,
        sent.samples,
        "{stored:?}"
    );
    stored
}

#[test]
fn every_sample_that_an_agent_sent_is_stored() {
    let stack = stack_or_skip!();
    let (prometheus, exporter) = (
        client_or_skip!("prometheus"),
        client_or_skip!("prometheus-node-exporter"),
    );
    let tenant = stack.new_tenant("agent");
    let node = NodeExporter::steady(&exporter);
    let remote_write = remote_write_to(&tenant, Credentials::Bearer);
    let mut agent = Prometheus::agent(&prometheus, scraping(&node.address, &remote_write));
    sleep(secs(12, 60));
    agent.stop_scraping();
    let stored = all_is_there(agent.settled(60), &tenant);
    assert!(stored.scrapes >= 5, "{stored:?}");
    assert_eq!(
        tenant.query("count_over_time(up[10m]) > 0", now_ms())[0]["metric"]["job"],
        "node"
    );
    agent.stop();
}

/// The same question to both; the answers with their series in one order.
fn both(tenant: &Tenant, prometheus: &Prometheus, path: &str) -> (Value, Value) {
    let ordered = |answer: toban_tests::Response| {
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let mut data = answer.json()["data"].take();
        if let Some(series) = data["result"].as_array_mut() {
            series.sort_by_key(|one| one["metric"].to_string());
        }
        data
    };
    (ordered(tenant.get(path)), ordered(prometheus.get(path)))
}

#[test]
fn what_prometheus_kept_itself_is_answered_alike() {
    let stack = stack_or_skip!();
    let (client, exporter) = (
        client_or_skip!("prometheus"),
        client_or_skip!("prometheus-node-exporter"),
    );
    let tenant = stack.new_tenant("second-path");
    let mut node = NodeExporter::whole(&exporter);
    let remote_write = remote_write_to(&tenant, Credentials::Basic);
    let began = now_ms();
    let mut prometheus = Prometheus::server(&client, scraping(&node.address, &remote_write));
    sleep(secs(6, 30));
    // Its series become stale and come back.
    node.stop();
    sleep(secs(3, 10));
    node.start_again();
    sleep(secs(5, 30));
    prometheus.stop_scraping();
    let sent = prometheus.settled(60);
    assert_eq!(
        (sent.failed, sent.dropped, sent.failed_metadata),
        (0, 0, 0),
        "{sent:?}"
    );
    let end = now_ms();
    let (ours, theirs) = both(&tenant, &prometheus, &instant("{job=\"node\"}[10m]", end));
    let series = theirs["result"].as_array().map_or(0, Vec::len);
    eprintln!("{series} series");
    assert!(series > 300, "{series}");
    for (ours, theirs) in ours["result"]
        .as_array()
        .unwrap()
        .iter()
        .zip(theirs["result"].as_array().unwrap())
    {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours, theirs);
    for expression in [
        "up",
        "node_load1",
        "rate(node_cpu_seconds_total[10s])",
        "sum by (mode) (increase(node_cpu_seconds_total[30s]))",
        "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
        "changes(up[30s])",
        "count({job=\"node\"})",
    ] {
        let (ours, theirs) = both(&tenant, &prometheus, &range(expression, began, end, 1000));
        assert_eq!(ours, theirs, "{expression}");
    }
}

#[test]
fn what_a_failing_table_held_up_comes_whole_and_once() {
    let stack = stack_or_skip!();
    let (prometheus, exporter) = (
        client_or_skip!("prometheus"),
        client_or_skip!("prometheus-node-exporter"),
    );
    let tenant = stack.new_tenant("outage");
    let faults = stack.faults();
    let node = NodeExporter::steady(&exporter);
    let remote_write = remote_write_to(&tenant, Credentials::Bearer);
    let mut agent = Prometheus::agent(&prometheus, scraping(&node.address, &remote_write));
    sleep(Duration::from_secs(3));
    let until = now_ms() + i64::try_from(secs(12, 60).as_millis()).unwrap();
    while now_ms() < until {
        for (action, count) in [
            ("throttle", 4),
            ("drop_answer", 1),
            ("unavailable", 4),
            ("drop_answer", 4),
        ] {
            faults.add(action, &tenant.name, "ingest-metrics", "PutItem", count);
        }
        sleep(Duration::from_secs(3));
    }
    sleep(Duration::from_secs(2));
    agent.stop_scraping();
    let sent = agent.settled(120);
    assert!(sent.retried > 0, "nothing was ever refused: {sent:?}");
    all_is_there(sent, &tenant);
}
