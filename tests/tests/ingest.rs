//! Over the wire of the deployed stack: what is sent is there, once, whatever happens on the way.

use serde_json::{Value, json};
use series::{STALE_NAN_BITS, Sample, Series};
use toban_tests::{Flush, Tenant, gauge, is_thorough, now_ms, series, stack_or_skip, wait_for};

const MINUTE_MS: i64 = 60_000;

/// Every stored sample of `name`, as `[time, value]` in Prometheus' form, by labels.
fn stored(tenant: &Tenant, name: &str, at_ms: i64) -> Value {
    let mut found = tenant.query(&format!("{name}[30m]"), at_ms);
    if let Some(series) = found.as_array_mut() {
        series.sort_by_key(|one| one["metric"].to_string());
    }
    found
}

/// `hosts` series of one metric, a sample each 15 s over the last 10 minutes.
fn history(name: &str, hosts: usize, end_ms: i64) -> Vec<Series> {
    (0..hosts)
        .map(|host| {
            let samples: Vec<(i64, f64)> = (0..40i32)
                .map(|n| {
                    (
                        end_ms - i64::from(39 - n) * 15_000,
                        f64::from(n) * 1.25 + host as f64,
                    )
                })
                .collect();
            series(
                &[
                    ("__name__", name),
                    ("instance", &format!("web-{host}:9100")),
                ],
                &samples,
            )
        })
        .collect()
}

/// The same samples cut into many requests.
fn cut(all: &[Series], samples_each: usize) -> Vec<Flush<'static>> {
    all.iter()
        .flat_map(|one| {
            one.samples.chunks(samples_each).map(|samples| {
                Flush::mixed(vec![Series {
                    labels: one.labels.clone(),
                    samples: samples.to_vec(),
                }])
            })
        })
        .collect()
}

#[test]
fn what_was_sent_is_read_back_to_the_bit() {
    let stack = stack_or_skip!();
    let tenant = stack.new_tenant("bits");
    let end_ms = now_ms();
    let values = [
        0.1 + 0.2,
        -0.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MIN_POSITIVE,
        1e300,
        17.0,
    ];
    let samples: Vec<(i64, f64)> = values
        .iter()
        .enumerate()
        .map(|(n, value)| (end_ms - 1000 * (n as i64 + 1), *value))
        .collect();
    for flush in [
        Flush::mixed(vec![series(&[("__name__", "mixed")], &samples)]),
        Flush::complete(
            "h1",
            vec![series(
                &[("__name__", "complete"), ("instance", "h1")],
                &samples,
            )],
        ),
    ] {
        flush.taken_by(&tenant);
    }
    for name in ["mixed", "complete"] {
        let found = stored(&tenant, name, end_ms);
        let read: Vec<u64> = found[0]["values"]
            .as_array()
            .unwrap()
            .iter()
            .rev()
            .map(|pair| pair[1].as_str().unwrap().parse::<f64>().unwrap().to_bits())
            .collect();
        assert_eq!(read, values.map(f64::to_bits), "{found}");
    }
}

#[test]
fn replayed_shuffled_and_cut_anew_it_is_the_same() {
    let stack = stack_or_skip!();
    let (once, often) = (stack.new_tenant("once"), stack.new_tenant("often"));
    let end_ms = now_ms();
    let all = history("load", if is_thorough() { 40 } else { 4 }, end_ms);
    Flush::mixed(all.clone()).taken_by(&once);
    let mut pieces = [cut(&all, 7), cut(&all, 11), cut(&all, 40)].concat();
    // A fixed shuffle: every seventh, until all were sent.
    let count = pieces.len();
    for at in 0..count {
        pieces.swap(at, (at * 7 + 3) % count);
    }
    for piece in &pieces {
        piece.taken_by(&often);
    }
    let expected = stored(&once, "load", end_ms);
    assert_eq!(expected[0]["values"].as_array().unwrap().len(), 40);
    assert_eq!(stored(&often, "load", end_ms), expected);
    let rate = "sum by (instance) (rate(load[5m]))";
    assert_eq!(often.query(rate, end_ms), once.query(rate, end_ms));
}

#[test]
fn of_two_values_for_one_time_the_same_one_wins_in_any_order() {
    let stack = stack_or_skip!();
    let (rising, falling) = (stack.new_tenant("rising"), stack.new_tenant("falling"));
    let at_ms = now_ms() - 1000;
    let flush = |value| Flush::mixed(vec![gauge("conflict", "a", at_ms, value)]);
    for value in [1.0, 2.0, -3.0] {
        flush(value).taken_by(&rising);
    }
    for value in [-3.0, 2.0, 1.0] {
        flush(value).taken_by(&falling);
    }
    let expected = json!("-3");
    for tenant in [&rising, &falling] {
        assert_eq!(
            stored(tenant, "conflict", at_ms)[0]["values"][0][1],
            expected
        );
    }
}

#[test]
fn the_window_is_24_hours_back_to_10_minutes_ahead() {
    let stack = stack_or_skip!();
    let tenant = stack.new_tenant("window");
    let now = now_ms();
    for (name, time_ms, status) in [
        ("old_enough", now - 24 * 60 * MINUTE_MS + MINUTE_MS, 204),
        ("too_old", now - 24 * 60 * MINUTE_MS - MINUTE_MS, 400),
        ("ahead_enough", now + 9 * MINUTE_MS, 204),
        ("too_far_ahead", now + 11 * MINUTE_MS, 400),
    ] {
        let answer = Flush::mixed(vec![gauge(name, "a", time_ms, 1.0)]).send(&tenant);
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
        let written = answer.header("x-prometheus-remote-write-samples-written");
        assert_eq!(
            written,
            Some(if status == 204 { "1" } else { "0" }),
            "{name}"
        );
    }
}

#[test]
fn the_valid_part_is_stored_and_the_rest_named() {
    let stack = stack_or_skip!();
    let tenant = stack.new_tenant("partly");
    let at_ms = now_ms();
    let body = Flush::mixed(vec![
        gauge("good", "a", at_ms, 1.0),
        series(&[("instance", "nameless")], &[(at_ms, 1.0)]),
        gauge("future", "a", at_ms + 60 * MINUTE_MS, 1.0),
    ]);
    let answer = body.send(&tenant);
    assert_eq!(answer.status, 400);
    assert!(
        answer
            .text()
            .contains("no_metric_name: 1 samples of 1 series"),
        "{}",
        answer.text()
    );
    assert!(
        answer
            .text()
            .contains("too_far_in_future: 1 samples of 1 series"),
        "{}",
        answer.text()
    );
    assert_eq!(
        answer.header("x-prometheus-remote-write-samples-written"),
        Some("1")
    );
    assert_eq!(tenant.query("good", at_ms)[0]["value"][1], json!("1"));
}

#[test]
fn nonsense_is_answered_with_400_and_nothing_else() {
    let stack = stack_or_skip!();
    let tenant = stack.new_tenant("nonsense");
    let whole = remote_write::encode(&[gauge("whole", "a", now_ms(), 1.0)]);
    let bomb_length = [0xff, 0xff, 0xff, 0xff, 0x0f];
    let mut cases: Vec<(String, Vec<u8>)> = vec![
        ("no snappy".to_owned(), b"hello".to_vec()),
        ("a bomb".to_owned(), [&bomb_length[..], &[0; 64]].concat()),
        (
            "a framed stream".to_owned(),
            b"\xff\x06\x00\x00sNaPpY".to_vec(),
        ),
        (
            "no protobuf".to_owned(),
            [&[4u8, 12][..], b"\xff\xff\xff\xff"].concat(),
        ),
    ];
    for cut in [1, whole.len() / 2, whole.len() - 1] {
        cases.push((format!("cut at {cut}"), whole[..cut].to_vec()));
    }
    for (what, body) in cases {
        let answer = Flush::default().send_body(&tenant, &body);
        assert_eq!(answer.status, 400, "{what}: {}", answer.text());
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{what}"
        );
        assert!(
            answer.json()["detail"]
                .as_str()
                .is_some_and(|detail| detail.len() > 20),
            "{what}"
        );
    }
    let refused = Flush::default().send_body(&tenant, b"hello");
    let written = refused.header("x-prometheus-remote-write-samples-written");
    assert_eq!(written, Some("0"), "also said on failure");
    assert_eq!(
        Flush::default().send(&tenant).status,
        204,
        "an empty request is fine"
    );
    assert_eq!(tenant.query("whole", now_ms()), json!([]));
}

#[test]
fn a_complete_flush_of_another_host_is_refused() {
    let stack = stack_or_skip!();
    let tenant = stack.new_tenant("hosts");
    let answer = Flush::complete("a", vec![gauge("up", "b", now_ms(), 1.0)]).send(&tenant);
    assert_eq!(answer.status, 400);
    assert!(
        answer.text().contains("send one host a body"),
        "{}",
        answer.text()
    );
}

#[test]
fn stale_markers_end_a_series() {
    let stack = stack_or_skip!();
    let tenant = stack.new_tenant("stale");
    let end_ms = now_ms();
    let mut ended = gauge("ended", "a", end_ms - 20_000, 1.0);
    ended.samples.push(Sample {
        time_ms: end_ms - 10_000,
        value: f64::from_bits(STALE_NAN_BITS),
    });
    Flush::mixed(vec![ended, gauge("lives", "a", end_ms - 20_000, 1.0)]).taken_by(&tenant);
    assert_eq!(tenant.query("ended", end_ms), json!([]));
    assert_eq!(
        tenant.query("ended", end_ms - 15_000)[0]["value"][1],
        json!("1")
    );
    assert_eq!(tenant.query("lives", end_ms)[0]["value"][1], json!("1"));
}

#[test]
fn a_warm_flush_of_2000_samples_costs_one_call_at_most_two_writes_and_no_message() {
    let stack = stack_or_skip!();
    let tenant = stack.new_tenant("cost");
    tenant.put_rules(
        "r",
        "groups: [{name: g, rules: [{alert: Busy, expr: 'load > 1e9'}]}]",
    );
    let end_ms = now_ms();
    let many = |name: &str, end_ms| Flush::mixed(history(name, 50, end_ms));
    many("load", end_ms - 5).taken_by(&tenant);
    let faults = stack.faults();
    let count = |operation: &str| -> u64 {
        let calls = faults.calls_of(&tenant.name);
        calls
            .iter()
            .filter(|c| c.function == "ingest-metrics" && c.operation == operation)
            .map(|c| c.calls)
            .sum()
    };
    let operations = ["PutItem", "UpdateItem", "TransactWriteItems", "SendMessage"];
    let before = operations.map(count);
    many("load", end_ms).taken_by(&tenant);
    let after = operations.map(count);
    let spent: Vec<u64> = before
        .iter()
        .zip(after)
        .map(|(before, after)| after - before)
        .collect();
    let crosses_hour = (end_ms - 10 * MINUTE_MS) / 3_600_000 != end_ms / 3_600_000;
    assert_eq!(
        spent,
        [if crosses_hour { 2 } else { 1 }, 0, 0, 0],
        "{operations:?}"
    );
}

#[test]
fn what_a_throttled_table_refuses_comes_back_whole() {
    let stack = stack_or_skip!();
    let tenant = stack.new_tenant("throttled");
    let faults = stack.faults();
    let at_ms = now_ms();
    for (nth, (action, operation)) in [
        ("throttle", "PutItem"),
        ("unavailable", "PutItem"),
        ("refuse", "PutItem"),
        ("throttle", "Query"),
        ("unavailable", "TransactWriteItems"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("metric_{nth}");
        let host = format!("host-{nth}");
        // More often than a call is tried again by the SDK.
        faults.add(action, &tenant.name, "ingest-metrics", operation, 9);
        let flush = Flush::mixed(vec![gauge(&name, &host, at_ms, 1.0)]);
        let mut statuses = Vec::new();
        wait_for("the flush being taken", 60, || {
            statuses.push(flush.send(&tenant).status);
            (statuses.last() == Some(&204)).then_some(())
        });
        assert_eq!(faults.left(&tenant.name), 0, "{action} {operation}");
        let refused = &statuses[..statuses.len() - 1];
        assert!(
            !refused.is_empty() && refused.iter().all(|s| *s == 503),
            "{action} {operation}: {statuses:?}"
        );
        let found = stored(&tenant, &name, at_ms);
        assert_eq!(
            found[0]["values"].as_array().map(Vec::len),
            Some(1),
            "{action} {operation}"
        );
    }
}

#[test]
fn a_flush_whose_answer_was_lost_is_stored_once() {
    let stack = stack_or_skip!();
    let tenant = stack.new_tenant("answer");
    let at_ms = now_ms();
    let all = history("lost", 3, at_ms);
    for flush in [Flush::mixed(all.clone()), Flush::mixed(all)] {
        stack
            .faults()
            .add("drop_answer", &tenant.name, "ingest-metrics", "PutItem", 1);
        wait_for("the flush being taken", 30, || {
            (flush.send(&tenant).status == 204).then_some(())
        });
    }
    assert_eq!(stack.faults().left(&tenant.name), 0);
    let found = stored(&tenant, "lost", at_ms);
    assert_eq!(found.as_array().map(Vec::len), Some(3));
    assert_eq!(found[0]["values"].as_array().map(Vec::len), Some(40));
}

#[test]
fn remote_write_2_says_the_same_and_an_unknown_message_is_415() {
    let stack = stack_or_skip!();
    let (first, second) = (stack.new_tenant("one"), stack.new_tenant("two"));
    let end_ms = now_ms();
    let flush = Flush::mixed(history("load", 3, end_ms));
    flush.taken_by(&first);
    let answer = flush.send_v2(&second);
    assert_eq!(
        (answer.status, answer.body.len()),
        (204, 0),
        "{}",
        answer.text()
    );
    assert_eq!(
        answer.header("x-prometheus-remote-write-samples-written"),
        Some("120")
    );
    assert_eq!(
        stored(&second, "load", end_ms),
        stored(&first, "load", end_ms)
    );
    for (content_type, encoding) in [
        (
            "application/x-protobuf;proto=io.prometheus.write.v3.Request",
            "snappy",
        ),
        ("application/json", "snappy"),
        ("application/x-protobuf", "gzip"),
    ] {
        let headers = [
            ("content-type", content_type),
            ("content-encoding", encoding),
        ];
        let answer = second.send("ingest", "POST", "/api/v1/write", &headers, b"x");
        assert_eq!(
            answer.status,
            415,
            "{content_type} {encoding}: {}",
            answer.text()
        );
    }
}
