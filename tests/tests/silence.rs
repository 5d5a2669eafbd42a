//! Over the wire of the deployed stack: silence is told by arrival, and leaving on purpose is no silence.

use serde_json::{Value, json};
use series::{STALE_NAN_BITS, Sample};
use toban_tests::alerting::{alerts, change_settings, one_alert, tenant_with_mail, told_exactly};
use toban_tests::{Flush, Tenant, gauge, now_ms, stack_or_skip, wait_for};

fn report(tenant: &Tenant, host: &str, at_ms: i64) {
    Flush::complete(host, vec![gauge("load", host, at_ms, 1.0)]).taken_by(tenant);
}

/// Only stale markers: the host leaves on purpose.
fn say_farewell(tenant: &Tenant, host: &str, at_ms: i64) {
    let mut last = gauge("load", host, at_ms, 1.0);
    last.samples = vec![Sample {
        time_ms: at_ms,
        value: f64::from_bits(STALE_NAN_BITS),
    }];
    Flush::complete(host, vec![last]).taken_by(tenant);
}

fn retired(tenant: &Tenant) -> Vec<String> {
    let hosts = tenant.get("/api/v1/hosts").json()["hosts"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let gone = hosts.iter().filter(|host| !host["retired_at"].is_null());
    gone.map(|host| host["host"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn a_silent_host_is_told_and_a_retired_one_is_not() {
    let stack = stack_or_skip!();
    let tenant = tenant_with_mail(&stack, "silence");
    change_settings(&tenant, "host_silence_grace_secs", json!(30));
    let began = now_ms();
    for host in ["silent", "retired", "farewell"] {
        report(&tenant, host, began);
    }
    // A clock two hours behind is not death: what arrives counts.
    report(&tenant, "behind", began - 7_200_000);
    say_farewell(&tenant, "farewell", began + 1000);
    let answer = tenant.api("operator", "DELETE", "/api/v1/hosts/retired", &Value::Null);
    assert_eq!(answer.status, 204, "{}", answer.text());

    wait_for("the grace passing", 60, || {
        (now_ms() > began + 36_000).then_some(())
    });
    report(&tenant, "behind", began - 7_164_000);
    for _ in 0..2 {
        stack.engine().tick("sweep-absence");
    }
    assert_eq!(alerts(&tenant), one_alert("HostSilent", "firing"));
    told_exactly(&tenant, &[("first_notification", "HostSilent")]);

    report(&tenant, "silent", now_ms());
    stack.engine().tick("sweep-absence");
    let fired_and_ended = [
        ("first_notification", "HostSilent"),
        ("all_resolved", "HostSilent"),
    ];
    told_exactly(&tenant, &fired_and_ended);
}

#[test]
fn a_retired_host_that_reports_again_is_expected_to_go_on() {
    let stack = stack_or_skip!();
    let tenant = tenant_with_mail(&stack, "back");
    for host in ["a", "b"] {
        report(&tenant, host, now_ms());
        say_farewell(&tenant, host, now_ms() + 1);
    }
    stack.engine().tick("sweep-absence");
    assert_eq!(retired(&tenant), ["a", "b"]);
    report(&tenant, "a", now_ms() + 1000);
    stack.engine().tick("sweep-absence");
    assert_eq!(retired(&tenant), ["b"]);
}
