//! What happens at the edges: damage, many at once, odd names, too much of anything?
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use aws_sdk_dynamodb::types::AttributeValue;
use http_access::HttpError;
use ids::{HostId, SenderId};
use jiff::{SignedDuration, Timestamp};
use samples_table::{LoadLimits, Loaded, Wanted};
use series::Series;
use support::{Flush, World, at, gauge, series};

const START: &str = "2026-11-20T09:10:10Z";

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

fn load(host: &str, now: Timestamp, value: f64) -> Flush {
    Flush::complete(host, vec![gauge("load", host, now.as_millisecond(), value)])
}

async fn stored(world: &World) -> Loaded {
    let senders = world.state().senders(&world.tenant).await.unwrap();
    let senders: Vec<SenderId> = senders.into_iter().map(|known| known.sender).collect();
    let wanted = Wanted {
        tenant: &world.tenant,
        senders: &senders,
        from_ms: 0,
        to_ms: i64::MAX,
        keep: &|_| true,
    };
    let limits = LoadLimits {
        max_samples: 100_000,
    };
    world.samples().load(&wanted, limits).await.unwrap()
}

fn samples(series: &[Series]) -> usize {
    series.iter().map(|one| one.samples.len()).sum()
}

/// Breaks every item of the samples whose partition holds `part`.
async fn damage(world: &World, part: &str) {
    let found = world
        .dynamo
        .scan()
        .table_name("samples")
        .send()
        .await
        .unwrap();
    let items = found.items.unwrap_or_default().into_iter();
    let wanted = items.filter(|item| item["pk"].as_s().unwrap().contains(part));
    let mut count = 0;
    for mut item in wanted {
        let mut bytes = item["d"].as_b().unwrap().clone().into_inner();
        *bytes.last_mut().unwrap() ^= 0x55;
        item.insert("d".to_owned(), AttributeValue::B(bytes.into()));
        let put = world.dynamo.put_item().table_name("samples");
        put.set_item(Some(item)).send().await.unwrap();
        count += 1;
    }
    assert!(count > 0, "nothing to damage");
}

#[tokio::test]
async fn a_host_whose_keyframe_is_damaged_goes_on_reporting() {
    let world = World::new().await;
    let flush = |now: Timestamp| {
        let ms = now.as_millisecond();
        let all = (0..40).map(|n| gauge(&format!("node_g{n}"), "web-1", ms, f64::from(n)));
        Flush::complete("web-1", all.collect())
    };
    world
        .send(&world.instance(), &flush(at(START)), at(START))
        .await
        .unwrap();
    damage(&world, "#k#").await;
    let now = at(START) + seconds(60);
    let sent = world.send(&world.instance(), &flush(now), now).await;
    assert_eq!(sent.unwrap(), 204);
    let loaded = stored(&world).await;
    assert_eq!((loaded.unreadable, samples(&loaded.series)), (1, 40));
}

#[tokio::test]
async fn a_damaged_chunk_blinds_nobody() {
    let world = World::new().await;
    world.put_rules("  - {alert: High, expr: load > 5}\n").await;
    let mixed = |now: Timestamp, value| {
        Flush::mixed(vec![gauge("load", "a:1", now.as_millisecond(), value)])
    };
    let (later, now) = (at(START) + seconds(60), at(START));
    let deps = world.instance();
    world.send(&deps, &mixed(later, 1.0), later).await.unwrap();
    damage(&world, "#c#").await;
    // Changes a state, for which the damaged chunk is read.
    let sent = world.send(&deps, &mixed(now, 9.0), later).await;
    assert_eq!(sent.unwrap(), 204);
    let loaded = stored(&world).await;
    assert_eq!((loaded.unreadable, samples(&loaded.series)), (1, 1));
}

#[tokio::test]
async fn many_flushes_at_once_lose_nothing_and_fire_once() {
    let world = World::new().await;
    world.put_rules("  - {alert: High, expr: load > 5}\n").await;
    let instances: Vec<_> = (0..4).map(|_| world.instance()).collect();
    let flushes: Vec<Flush> = (0..16)
        .map(|n| {
            let now = at(START) + seconds(n / 2);
            let one = gauge("load", "web-1", now.as_millisecond(), 9.0);
            if n % 2 == 0 {
                Flush::complete("web-1", vec![one])
            } else {
                Flush::mixed(vec![one])
            }
        })
        .collect();
    let now = at(START) + seconds(10);
    let sends = flushes.iter().enumerate().map(|(n, flush)| {
        let instance = &instances[n % instances.len()];
        world.send(instance, flush, now)
    });
    for sent in futures::future::join_all(sends).await {
        assert_eq!(sent.unwrap(), 204);
    }
    assert_eq!(samples(&stored(&world).await.series), 8);
    let mut sources: Vec<String> = world
        .queue
        .sent()
        .iter()
        .map(|message| message["source"].as_str().unwrap().to_owned())
        .collect();
    let count = sources.len();
    sources.sort_unstable();
    sources.dedup();
    assert_eq!((count, sources.len()), (2, 2), "one for each sender");
}

#[tokio::test]
async fn a_name_that_cannot_be_a_key_is_refused_for_good() {
    let world = World::new().await;
    let deps = world.instance();
    let umlauts = "\u{e4}".repeat(200);
    let names: [&[u8]; 5] = [b"", b"a#b", b"a\xffb", umlauts.as_bytes(), &[b'h'; 256]];
    for name in names {
        let flush = Flush {
            host: Some(name.to_vec()),
            series: vec![series(
                &[("__name__", "load")],
                &[(at(START).as_millisecond(), 1.0)],
            )],
        };
        let refused = world.send(&deps, &flush, at(START)).await;
        let Err(HttpError::Refused(problem)) = refused else {
            panic!("{refused:?} for {name:?}");
        };
        assert_eq!(problem.status, 400);
    }
    let longest = "h".repeat(255);
    for name in ["a%20b", "fe80::1", "\u{2603}", "web 1", &longest] {
        let sent = world
            .send(&deps, &load(name, at(START), 1.0), at(START))
            .await;
        assert_eq!(sent.unwrap(), 204, "{name}");
    }
}

#[tokio::test]
async fn a_rule_with_too_many_alerts_changes_nothing_and_stores_everything() {
    let world = World::new().await;
    world.put_rules("  - {alert: High, expr: load > 5}\n").await;
    let deps = world.instance();
    let now = at(START);
    let all = (0..1_200).map(|n| gauge("load", &format!("i{n}"), now.as_millisecond(), 9.0));
    let sent = world.send(&deps, &Flush::mixed(all.collect()), now).await;
    assert_eq!(sent.unwrap(), 204);
    assert_eq!(samples(&stored(&world).await.series), 1_200);
    assert!(world.queue.sent().is_empty());
}

/// Series A of the flush is the newest there is, series B is older than what is stored of it.
#[tokio::test]
async fn each_series_of_a_mixed_flush_has_a_watermark_of_its_own() {
    let world = World::new().await;
    world.put_rules("  - {alert: High, expr: load > 5}\n").await;
    let deps = world.instance();
    let ms = |secs| (at(START) + seconds(secs)).as_millisecond();
    let known = Flush::mixed(vec![gauge("load", "b", ms(50), 1.0)]);
    let late = Flush::mixed(vec![
        gauge("load", "a", ms(60), 1.0),
        gauge("load", "b", ms(0), 9.0),
    ]);
    for flush in [known, late] {
        let sent = world.send(&deps, &flush, at(START) + seconds(60)).await;
        assert_eq!(sent.unwrap(), 204);
    }
    assert_eq!(world.queue.sent(), Vec::<serde_json::Value>::new());
}

#[tokio::test]
async fn a_removed_rule_fires_no_more_in_an_instance_that_remembers_it() {
    let world = World::new().await;
    world.put_rules("  - {alert: High, expr: load > 5}\n").await;
    let deps = world.instance();
    world
        .send(&deps, &load("web-1", at(START), 1.0), at(START))
        .await
        .unwrap();
    world
        .put_rules("  - {alert: Other, expr: load > 100}\n")
        .await;
    let now = at(START) + seconds(5);
    world
        .send(&deps, &load("web-1", now, 9.0), now)
        .await
        .unwrap();
    assert_eq!(world.queue.sent(), Vec::<serde_json::Value>::new());
}

#[tokio::test]
async fn the_directory_of_hosts_is_bounded() {
    let world = World::new().await;
    let (state, tenant) = (world.state(), &world.tenant);
    let host = |name: &str| HostId::new(name).unwrap();
    let sender = |name: &str| SenderId::new(name).unwrap();
    let note = async |name: &str, by: &str| {
        let (host, sender) = (host(name), sender(by));
        let noted = state.note_host(tenant, &host, &sender, 2, at(START));
        noted.await.unwrap().is_stored()
    };
    assert!(note("a", "token.x").await && note("b", "token.x").await);
    assert!(note("a", "token.x").await && note("a", "token.y").await);
    assert!(!note("c", "token.x").await);
    let hosts = state.hosts(tenant).await.unwrap();
    let senders: Vec<usize> = hosts.iter().map(|host| host.senders.len()).collect();
    assert_eq!(senders, [2, 1]);
}
