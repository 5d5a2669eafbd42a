//! What is told of series and metrics: as Debian's Prometheus tells it of the same ones, and what it does not tell.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "../../functions/ingest-metrics/tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use ids::SenderId;
use samples_table::{LoadError, LoadLimits, SpanLimits, Wanted};
use serde_json::{Value, json};
use series::{STALE_NAN_BITS, Series};
use toban_tests::prometheus::{Credentials, remote_write_to, scraping};
use toban_tests::{
    Flush, NodeExporter, Prometheus, Tenant, client_or_skip, now_ms, series, stack_or_skip,
    wait_for,
};

const MINUTE_MS: i64 = 60_000;
const LISTS: [&str; 4] = [
    "seriesCountByMetricName",
    "labelValueCountByLabelName",
    "memoryInBytesByLabelName",
    "seriesCountByLabelValuePair",
];

/// The data of a good answer.
fn data(answer: &toban_tests::Response) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"].take()
}

fn counts(list: &Value) -> Vec<(String, u64)> {
    let all = list.as_array().unwrap().iter();
    all.map(|one| {
        (
            one["name"].as_str().unwrap().to_owned(),
            one["value"].as_u64().unwrap(),
        )
    })
    .collect()
}

/// The same numbers in the same order. Of names with one number Prometheus takes any: they are compared
/// where the list has all of them.
fn assert_same_list(ours: &Value, theirs: &Value, what: &str) {
    let (ours, theirs) = (counts(ours), counts(theirs));
    let numbers = |of: &[(String, u64)]| of.iter().map(|one| one.1).collect::<Vec<_>>();
    assert_eq!(
        numbers(&ours),
        numbers(&theirs),
        "{what}: {ours:?} {theirs:?}"
    );
    let least = if ours.len() < 10 { 0 } else { ours[9].1 };
    let certain = |of: Vec<(String, u64)>| -> BTreeMap<String, u64> {
        of.into_iter().filter(|one| one.1 > least).collect()
    };
    assert_eq!(certain(ours), certain(theirs), "{what}");
}

fn assert_same_status(tenant: &Tenant, prometheus: &Prometheus) -> Value {
    let path = "/api/v1/status/tsdb";
    let (ours, theirs) = (data(&tenant.get(path)), data(&prometheus.get(path)));
    for field in ["numSeries", "numLabelPairs", "minTime", "maxTime"] {
        assert_eq!(
            ours["headStats"][field], theirs["headStats"][field],
            "{field}"
        );
    }
    for list in LISTS {
        assert_same_list(&ours[list], &theirs[list], list);
    }
    ours
}

/// Metric `m<n>` has `3n + 5` series, so that hardly two numbers are equal.
fn many_series(now_ms: i64) -> Vec<Series> {
    let of_metric = |metric: i64| {
        (0..3 * metric + 5).map(move |n| {
            let labels = [
                ("__name__", format!("m{metric}")),
                ("instance", format!("host-{n}:9100")),
                ("zone", format!("z{}", n * n % 7)),
                ("duty", format!("当番{}", n % 2)),
            ];
            let labels: Vec<_> = labels
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            let begins_ms = now_ms - (30 + metric) * MINUTE_MS - n;
            series(&labels, &[(begins_ms, 1.0), (now_ms - n, 2.0)])
        })
    };
    (0..20).flat_map(of_metric).collect()
}

#[test]
fn the_same_series_are_counted_as_prometheus_counts_them() {
    let stack = stack_or_skip!();
    let client = client_or_skip!("prometheus");
    let (tenant, other) = (stack.new_tenant("counted"), stack.new_tenant("uncounted"));
    let prometheus = Prometheus::server(&client, json!({"global": {}}));
    let all = many_series(now_ms());
    for part in all.chunks(100) {
        prometheus.write(part);
        Flush::mixed(part.to_vec()).taken_by(&tenant);
    }
    let ours = assert_same_status(&tenant, &prometheus);
    assert_eq!(ours["headStats"]["numSeries"], all.len());
    let three = data(&tenant.get("/api/v1/status/tsdb?limit=3"));
    for list in LISTS {
        assert_eq!(
            three[list].as_array().unwrap()[..],
            ours[list].as_array().unwrap()[..3]
        );
    }
    let nothing = data(&other.get("/api/v1/status/tsdb"));
    assert_eq!(nothing["headStats"]["numSeries"], 0, "another tenant's");
    for bad in ["limit=0", "limit=x", "start=x", "start=2&end=1", "start=0"] {
        let refused = tenant.get(&format!("/api/v1/status/tsdb?{bad}"));
        assert_eq!(refused.status, 400, "{bad}: {}", refused.text());
        assert_eq!(refused.json()["errorType"], "bad_data", "{bad}");
    }
}

#[test]
fn what_metrics_mean_is_told_as_prometheus_tells_it() {
    let stack = stack_or_skip!();
    let (client, exporter) = (
        client_or_skip!("prometheus"),
        client_or_skip!("prometheus-node-exporter"),
    );
    let (tenant, other) = (stack.new_tenant("meaning"), stack.new_tenant("nothing"));
    let node = NodeExporter::whole(&exporter);
    let remote_write = remote_write_to(&tenant, Credentials::Bearer);
    let mut prometheus = Prometheus::server(&client, scraping(&node.address, &remote_write));
    let path = "/api/v1/metadata";
    let theirs = wait_for("metadata being sent", 60, || {
        sleep(Duration::from_secs(1));
        let (ours, theirs) = (data(&tenant.get(path)), data(&prometheus.get(path)));
        let is_scraped = theirs.as_object()?.len() > 100;
        (is_scraped && ours == theirs).then_some(theirs)
    });
    eprintln!("{} metric families", theirs.as_object().unwrap().len());
    for (query, status) in [
        ("?metric=node_load1", 200),
        ("?metric=missing", 200),
        ("?limit=0", 200),
        ("?limit=-1", 200),
        ("?limit=100000", 200),
        ("?limit=x", 400),
    ] {
        let path = format!("{path}{query}");
        let (ours, theirs) = (tenant.get(&path), prometheus.get(&path));
        assert_eq!((ours.status, theirs.status), (status, status), "{query}");
        assert_eq!(ours.json(), theirs.json(), "{query}");
    }
    let limited = data(&tenant.get(&format!("{path}?limit=7&limit_per_metric=1")));
    assert_eq!(limited.as_object().unwrap().len(), 7);
    assert_eq!(data(&other.get(path)), json!({}), "another tenant's");
    prometheus.stop_scraping();
    let sent = prometheus.settled(60);
    assert_eq!((sent.failed, sent.dropped, sent.failed_metadata), (0, 0, 0));
    let ours = assert_same_status(&tenant, &prometheus);
    // Every series ended with a stale marker.
    let series = &ours["headStats"]["numSeries"];
    assert!(series.as_u64().unwrap() > 300, "{series}");
    assert_eq!(ours["churn"]["numActiveSeries"], 0);
    assert_eq!(&ours["churn"]["numEndedSeries"], series);
}

/// Some samples a minute apart; the last one stale where that is said.
fn course(name: &str, from_min: i64, to_min: i64, is_stale: bool, now_ms: i64) -> Series {
    let mut samples: Vec<(i64, f64)> = (from_min..=to_min)
        .map(|minute| (now_ms + minute * MINUTE_MS, 1.0))
        .collect();
    if is_stale {
        samples.last_mut().unwrap().1 = f64::from_bits(STALE_NAN_BITS);
    }
    series(&[("__name__", name), ("instance", "web-1")], &samples)
}

#[test]
fn what_came_and_went_is_told_by_name() {
    let stack = stack_or_skip!();
    let tenant = stack.new_tenant("churn");
    let now_ms = now_ms();
    let all = vec![
        course("stays", -59, 0, false, now_ms),
        course("passes", -30, -20, false, now_ms),
        course("begins", -3, 0, false, now_ms),
        course("leaves", -59, -1, true, now_ms),
        course("earlier", -90, -70, false, now_ms),
    ];
    Flush::mixed(all.clone()).taken_by(&tenant);
    // The same from another sender is the same series.
    Flush::complete("web-1", all[..3].to_vec()).taken_by(&tenant);
    let end = now_ms / 1000 + 1;
    let found = data(&tenant.get(&format!("/api/v1/status/tsdb?end={end}")));
    assert_eq!(found["headStats"]["numSeries"], 4);
    let names =
        |list: &Value| -> Vec<String> { counts(list).into_iter().map(|(name, _)| name).collect() };
    let churn = &found["churn"];
    assert_eq!(churn["numActiveSeries"], 2, "{churn}");
    assert_eq!(
        (&churn["numAppearedSeries"], &churn["numEndedSeries"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(
        names(&churn["appearedSeriesCountByMetricName"]),
        ["begins", "passes"]
    );
    assert_eq!(
        names(&churn["endedSeriesCountByMetricName"]),
        ["leaves", "passes"]
    );
    let (start, end) = (end - 120 * 60, end - 60 * 60);
    let found = data(&tenant.get(&format!("/api/v1/status/tsdb?start={start}&end={end}")));
    assert_eq!(names(&found["seriesCountByMetricName"]), ["earlier"]);
}

/// What a world's three senders have sent in twenty minutes.
async fn sent(world: &support::World) -> (Vec<SenderId>, i64) {
    let deps = world.instance();
    let start = support::at("2026-11-20T09:55:00Z");
    for minute in 0..20 {
        let now = start + jiff::SignedDuration::from_mins(minute);
        let one = |name: &str, host: &str, back_ms: i64| {
            let time_ms = now.as_millisecond() - back_ms;
            support::gauge(name, host, time_ms, minute as f64)
        };
        let host = |name: &str| {
            let all = (0..30).filter(|n| (n + minute) % 4 != 0);
            all.map(|n| one(&format!("m{n}"), name, 7)).collect()
        };
        for flush in [
            support::Flush::complete("web-1", host("web-1")),
            support::Flush::complete("web-2", host("web-2")),
            support::Flush::mixed(vec![
                one("m1", "web-1", 0),
                one(&format!("only{minute}"), "x", 3),
            ]),
        ] {
            assert_eq!(world.send(&deps, &flush, now).await.unwrap(), 204);
        }
    }
    let known = world.state().senders(&world.tenant).await.unwrap();
    let senders = known.into_iter().map(|known| known.sender).collect();
    (senders, start.as_millisecond())
}

const ENOUGH: SpanLimits = SpanLimits {
    max_series: 1_000,
    max_label_bytes: 1_000_000,
    max_samples: 100_000,
};

fn wanted<'a>(
    world: &'a support::World,
    senders: &'a [SenderId],
    (from_ms, to_ms): (i64, i64),
) -> Wanted<'a> {
    Wanted {
        tenant: &world.tenant,
        senders,
        from_ms,
        to_ms,
        keep: &|_| true,
    }
}

#[tokio::test]
async fn spans_say_what_reading_every_sample_says() {
    let world = support::World::new().await;
    let (senders, start_ms) = sent(&world).await;
    assert_eq!(senders.len(), 3);
    let after = |minutes| start_ms + minutes * MINUTE_MS;
    for (times, count) in [
        ((after(-1), after(60)), 80),
        ((after(3), after(9)), 66),
        ((0, 1), 0),
    ] {
        let wanted = wanted(&world, &senders, times);
        let limits = LoadLimits {
            max_samples: 100_000,
        };
        let loaded = world.samples().load(&wanted, limits).await.unwrap();
        let mut spans = world.samples().spans(&wanted, ENOUGH).await.unwrap();
        spans.series.sort_by(|a, b| a.labels.cmp(&b.labels));
        assert_eq!((spans.chunks, spans.unreadable), (loaded.chunks, 0));
        assert_eq!(spans.series.len(), count, "{times:?}");
        let read = loaded.series.iter().map(|series| {
            let samples = &series.samples;
            (
                &series.labels,
                samples[0].time_ms,
                samples[samples.len() - 1],
            )
        });
        let spanned = spans.series.iter();
        let spanned = spanned.map(|span| (&span.labels, span.first_ms, span.last));
        assert!(read.eq(spanned), "{times:?}");
    }
}

#[tokio::test]
async fn a_look_at_all_series_is_bounded() {
    let world = support::World::new().await;
    let (senders, start_ms) = sent(&world).await;
    let all = wanted(&world, &senders, (0, start_ms + 60 * MINUTE_MS));
    let read = async |limits| world.samples().spans(&all, limits).await;
    // 60 of the hosts, 20 that came once, and one that two senders speak of.
    for (max_series, passes) in [(80, false), (81, true)] {
        let limits = SpanLimits {
            max_series,
            ..ENOUGH
        };
        match read(limits).await {
            Ok(spans) => assert!(passes && spans.series.len() == 80),
            Err(LoadError::TooManySeries { max }) => assert!(!passes && max == 80),
            Err(error) => panic!("{error}"),
        }
    }
    let short = SpanLimits {
        max_label_bytes: 5_000,
        ..ENOUGH
    };
    let refused = read(short).await.unwrap_err();
    assert!(matches!(refused, LoadError::TooLongLabels { max: 5_000 }));
    let little = SpanLimits {
        max_samples: 500,
        ..ENOUGH
    };
    let refused = read(little).await.unwrap_err();
    assert!(matches!(refused, LoadError::TooManySamples { max: 500 }));
}
