//! Over the wire of the deployed stack: rules fire and end once, inline and on the schedule.

use serde_json::{Value, json};
use series::STALE_NAN_BITS;
use toban_tests::alerting::{alerts, one_alert, tenant_with_mail, told, told_exactly};
use toban_tests::{Flush, gauge, now_ms, stack_or_skip, wait_for};

const DISK: &str =
    "groups: [{name: disks, rules: [{alert: DiskFull, expr: 'avail / size < 0.1'}]}]";

fn disk(host: &str, at_ms: i64, avail: f64) -> Flush<'_> {
    let series = vec![
        gauge("avail", host, at_ms, avail),
        gauge("size", host, at_ms, 100.0),
    ];
    Flush::complete(host, series)
}

#[test]
fn a_rule_over_one_host_fires_and_ends_inline_and_is_told_once_each() {
    let stack = stack_or_skip!();
    let tenant = tenant_with_mail(&stack, "inline");
    tenant.put_rules("disks", DISK);
    let at_ms = now_ms() - 60_000;
    disk("h", at_ms, 50.0).taken_by(&tenant);
    assert_eq!(alerts(&tenant), []);
    for _ in 0..3 {
        disk("h", at_ms + 15_000, 5.0).taken_by(&tenant);
    }
    disk("h", at_ms + 30_000, 4.0).taken_by(&tenant);
    assert_eq!(alerts(&tenant), one_alert("DiskFull", "firing"));
    told_exactly(&tenant, &[("first_notification", "DiskFull")]);
    for _ in 0..3 {
        disk("h", at_ms + 45_000, 50.0).taken_by(&tenant);
    }
    assert_eq!(alerts(&tenant), []);
    told_exactly(
        &tenant,
        &[
            ("first_notification", "DiskFull"),
            ("all_resolved", "DiskFull"),
        ],
    );
}

#[test]
fn an_older_flush_is_stored_and_changes_no_state() {
    let stack = stack_or_skip!();
    let tenant = tenant_with_mail(&stack, "late");
    tenant.put_rules("disks", DISK);
    let at_ms = now_ms() - 60_000;
    disk("h", at_ms + 30_000, 50.0).taken_by(&tenant);
    disk("h", at_ms, 5.0).taken_by(&tenant);
    assert_eq!(alerts(&tenant), []);
    disk("h", at_ms + 45_000, 5.0).taken_by(&tenant);
    assert_eq!(alerts(&tenant), one_alert("DiskFull", "firing"));
    disk("h", at_ms + 15_000, 50.0).taken_by(&tenant);
    assert_eq!(alerts(&tenant), one_alert("DiskFull", "firing"));
    assert_eq!(tenant.query("avail", at_ms)[0]["value"][1], json!("5"));
    told_exactly(&tenant, &[("first_notification", "DiskFull")]);
}

const DOWN: &str = "groups: [{name: g, rules: [{alert: Down, expr: 'up == 0'}]}]";

#[test]
fn a_rule_over_single_series_is_judged_from_any_sender() {
    let stack = stack_or_skip!();
    let tenant = tenant_with_mail(&stack, "series");
    tenant.put_rules("g", DOWN);
    let at_ms = now_ms() - 60_000;
    let up = |time_ms, a, b| {
        Flush::mixed(vec![
            gauge("up", "a:1", time_ms, a),
            gauge("up", "b:1", time_ms, b),
        ])
    };
    up(at_ms, 1.0, 1.0).taken_by(&tenant);
    up(at_ms + 15_000, 0.0, 1.0).taken_by(&tenant);
    assert_eq!(alerts(&tenant), one_alert("Down", "firing"));
    told_exactly(&tenant, &[("first_notification", "Down")]);
    // A request that says nothing of `a` is no evidence about it; an older one is none either.
    Flush::mixed(vec![gauge("up", "b:1", at_ms + 30_000, 1.0)]).taken_by(&tenant);
    Flush::mixed(vec![gauge("up", "a:1", at_ms + 10_000, 1.0)]).taken_by(&tenant);
    assert_eq!(alerts(&tenant), one_alert("Down", "firing"));
    up(at_ms + 45_000, 1.0, 1.0).taken_by(&tenant);
    assert_eq!(alerts(&tenant), []);
    told_exactly(
        &tenant,
        &[("first_notification", "Down"), ("all_resolved", "Down")],
    );
}

#[test]
fn a_stale_marker_ends_an_alert() {
    let stack = stack_or_skip!();
    let tenant = tenant_with_mail(&stack, "marker");
    tenant.put_rules("g", DOWN);
    let at_ms = now_ms() - 30_000;
    Flush::mixed(vec![gauge("up", "a:1", at_ms, 0.0)]).taken_by(&tenant);
    told_exactly(&tenant, &[("first_notification", "Down")]);
    let stale = f64::from_bits(STALE_NAN_BITS);
    Flush::mixed(vec![gauge("up", "a:1", at_ms + 15_000, stale)]).taken_by(&tenant);
    told_exactly(
        &tenant,
        &[("first_notification", "Down"), ("all_resolved", "Down")],
    );
}

#[test]
fn pending_goes_on_to_fire_on_the_schedule_and_ends_when_samples_stop() {
    let stack = stack_or_skip!();
    let tenant = tenant_with_mail(&stack, "sweep");
    tenant.put_rules(
        "g",
        "groups: [{name: g, rules: [{alert: Down, expr: 'up == 0', for: 1m}]}]",
    );
    let now = now_ms();
    // Old enough that the look-back of five minutes is nearly over.
    Flush::mixed(vec![gauge("up", "a:1", now - 280_000, 0.0)]).taken_by(&tenant);
    assert_eq!(alerts(&tenant), one_alert("Down", "pending"));
    assert_eq!(told(&tenant), []);
    stack.engine().tick("evaluate-rules");
    assert_eq!(alerts(&tenant), one_alert("Down", "firing"));
    told_exactly(&tenant, &[("first_notification", "Down")]);
    wait_for("the end of the look-back", 60, || {
        (now_ms() > now + 21_000).then_some(())
    });
    stack.engine().tick("evaluate-rules");
    assert_eq!(alerts(&tenant), []);
    told_exactly(
        &tenant,
        &[("first_notification", "Down"), ("all_resolved", "Down")],
    );
}

#[test]
fn a_rule_over_many_hosts_is_evaluated_on_the_schedule() {
    let stack = stack_or_skip!();
    let tenant = tenant_with_mail(&stack, "fleet");
    let rule = "groups: [{name: g, rules: [{alert: FleetBusy, expr: 'sum(load) > 5'}]}]";
    tenant.put_rules("g", rule);
    let at_ms = now_ms() - 10_000;
    Flush::complete("a", vec![gauge("load", "a", at_ms, 3.0)]).taken_by(&tenant);
    Flush::mixed(vec![gauge("load", "b:1", at_ms, 3.0)]).taken_by(&tenant);
    assert_eq!(alerts(&tenant), []);
    for _ in 0..2 {
        stack.engine().tick("evaluate-rules");
    }
    assert_eq!(alerts(&tenant), one_alert("FleetBusy", "firing"));
    told_exactly(&tenant, &[("first_notification", "FleetBusy")]);
    Flush::complete("a", vec![gauge("load", "a", at_ms + 5_000, 1.0)]).taken_by(&tenant);
    stack.engine().tick("evaluate-rules");
    assert_eq!(alerts(&tenant), []);
    told_exactly(
        &tenant,
        &[
            ("first_notification", "FleetBusy"),
            ("all_resolved", "FleetBusy"),
        ],
    );
}

#[test]
fn a_join_over_hosts_of_a_mixed_sender_is_evaluated_on_the_schedule() {
    let stack = stack_or_skip!();
    let tenant = tenant_with_mail(&stack, "mixed");
    tenant.put_rules("disks", DISK);
    let at_ms = now_ms() - 10_000;
    // Each request carries half of the join.
    Flush::mixed(vec![gauge("avail", "a:1", at_ms, 5.0)]).taken_by(&tenant);
    Flush::mixed(vec![gauge("size", "a:1", at_ms, 100.0)]).taken_by(&tenant);
    assert_eq!(alerts(&tenant), []);
    stack.engine().tick("evaluate-rules");
    assert_eq!(alerts(&tenant), one_alert("DiskFull", "firing"));
}

#[test]
fn the_alerts_of_a_removed_rule_end() {
    let stack = stack_or_skip!();
    let tenant = tenant_with_mail(&stack, "removed");
    tenant.put_rules("g", DOWN);
    Flush::mixed(vec![gauge("up", "a:1", now_ms(), 0.0)]).taken_by(&tenant);
    assert_eq!(alerts(&tenant), one_alert("Down", "firing"));
    told_exactly(&tenant, &[("first_notification", "Down")]);
    let removed = tenant.api("operator", "DELETE", "/api/v1/rules/g", &Value::Null);
    assert_eq!(removed.status, 204, "{}", removed.text());
    stack.engine().tick("evaluate-rules");
    assert_eq!(alerts(&tenant), []);
    told_exactly(
        &tenant,
        &[("first_notification", "Down"), ("all_resolved", "Down")],
    );
}

#[test]
fn a_transition_that_the_queue_did_not_take_goes_out_once_later() {
    let stack = stack_or_skip!();
    let tenant = tenant_with_mail(&stack, "stranded");
    tenant.put_rules("g", DOWN);
    stack
        .faults()
        .add("refuse", &tenant.name, "ingest-metrics", "SendMessage", 3);
    let at_ms = now_ms();
    Flush::mixed(vec![gauge("up", "a:1", at_ms, 0.0)]).taken_by(&tenant);
    assert_eq!(stack.faults().left(&tenant.name), 0);
    assert_eq!(alerts(&tenant), one_alert("Down", "firing"));
    wait_for("the transition being stranded", 60, || {
        (now_ms() > at_ms + 25_000).then_some(())
    });
    for _ in 0..2 {
        stack.engine().tick("evaluate-rules");
    }
    told_exactly(&tenant, &[("first_notification", "Down")]);
}

#[test]
fn a_transaction_whose_answer_was_lost_is_told_once() {
    let stack = stack_or_skip!();
    let tenant = tenant_with_mail(&stack, "committed");
    tenant.put_rules("g", DOWN);
    stack.faults().add(
        "drop_answer",
        &tenant.name,
        "ingest-metrics",
        "TransactWriteItems",
        1,
    );
    let flush = Flush::mixed(vec![gauge("up", "a:1", now_ms(), 0.0)]);
    wait_for("the flush being taken", 30, || {
        (flush.send(&tenant).status == 204).then_some(())
    });
    assert_eq!(stack.faults().left(&tenant.name), 0);
    stack.engine().tick("evaluate-rules");
    told_exactly(&tenant, &[("first_notification", "Down")]);
}

#[test]
fn what_cannot_be_evaluated_is_refused_with_line_and_reason() {
    let stack = stack_or_skip!();
    let tenant = stack.new_tenant("refused");
    let put = |yaml: &str| tenant.send("operator", "PUT", "/api/v1/rules/r", &[], yaml.as_bytes());
    for (yaml, words) in [
        (
            "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up{\n",
            "line",
        ),
        (
            "groups:\n- name: g\n  rules:\n  - record: a\n    expr: up\n",
            "record",
        ),
        (
            "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    fro: 5m\n",
            "fro",
        ),
        ("groups: [", "line"),
    ] {
        let answer = put(yaml);
        assert!(
            matches!(answer.status, 400 | 422),
            "{yaml}: {}",
            answer.text()
        );
        assert!(answer.text().contains(words), "{yaml}: {}", answer.text());
    }
    let listed = tenant.get("/api/v1/rules").text();
    assert!(
        !listed.contains("\"alert\"") && !listed.contains("\"A\""),
        "{listed}"
    );
}
