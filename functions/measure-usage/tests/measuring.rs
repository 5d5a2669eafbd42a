//! What is stored is counted once, whoever sent it and however often, and each tenant's by itself.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use ids::{SenderId, TenantId};
use jiff::{SignedDuration, Timestamp};
use measure_usage::handle;
use quotas::{Established, Quotas, Usage, key_of};
use sample_codec::{Keyframe, encode_delta, encode_self_contained};
use series::{Labels, Sample, Series, SeriesView};
use support::World;

/// Ten seconds into a minute.
const NOW: &str = "2026-11-20T09:10:10Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn ago(secs: i64) -> Timestamp {
    now() - SignedDuration::from_secs(secs)
}

fn named(names: impl IntoIterator<Item = String>, at: Timestamp) -> Vec<Series> {
    let one = |name: String| Series {
        labels: Labels::new([("__name__", name), ("instance", "web-1:9100".to_owned())]).unwrap(),
        samples: vec![Sample {
            time_ms: at.as_millisecond(),
            value: 1.0,
        }],
    };
    names.into_iter().map(one).collect()
}

fn numbered(numbers: std::ops::Range<u32>, at: Timestamp) -> Vec<Series> {
    named(numbers.map(|number| format!("m{number}")), at)
}

/// Hands over the series as a decoder does.
fn with_views<T>(series: &[Series], act: impl FnOnce(&[SeriesView<'_>]) -> T) -> T {
    let labels: Vec<Vec<(&str, &str)>> = series.iter().map(|s| s.labels.iter().collect()).collect();
    let views: Vec<_> = series
        .iter()
        .zip(&labels)
        .map(|(series, labels)| SeriesView {
            id: series.id(),
            labels,
            samples: &series.samples,
        })
        .collect();
    act(&views)
}

impl World {
    /// As ingest stores a body: the points on its first chunk.
    async fn flush(
        &self,
        tenant: &TenantId,
        sender: &str,
        series: &[Series],
        arrived_at: Timestamp,
    ) {
        let sender = SenderId::try_from(sender.to_owned()).unwrap();
        self.state
            .note_sender(tenant, &sender, arrived_at)
            .await
            .unwrap();
        let mut points = Some(series.len() as u64);
        for chunk in with_views(series, encode_self_contained) {
            let put = self
                .samples
                .put_chunk(tenant, &sender, chunk, points.take(), arrived_at);
            put.await.unwrap();
        }
    }

    async fn usage(&self, tenant: &TenantId) -> Option<Usage> {
        self.state.standing(tenant).await.unwrap().usage
    }
}

#[tokio::test]
async fn a_series_is_counted_once_whoever_sends_it_and_however_often() {
    let world = World::new(&["demo"]).await;
    let demo = TenantId::new("demo").unwrap();
    for (sender, numbers, secs) in [
        ("token.aaaaaaaa", 0..100, 240),
        ("token.aaaaaaaa", 0..100, 20),
        // Half of them are those of the first one.
        ("token.bbbbbbbb", 50..150, 20),
    ] {
        let series = numbered(numbers, ago(secs));
        world.flush(&demo, sender, &series, ago(secs)).await;
    }
    // The same flush once more.
    let repeated = numbered(50..150, ago(20));
    world
        .flush(&demo, "token.bbbbbbbb", &repeated, ago(15))
        .await;
    handle(&world.deps(), now()).await.unwrap();
    let expected = Usage {
        measured_at: now(),
        quotas_version: 0,
        active_series: 150,
        // 200 points in the last whole minute.
        samples_per_sec: 4,
        senders: 2,
        labels_per_series: 2,
        label_name_bytes: 8,
        label_value_bytes: 10,
        established_parts: 0,
    };
    assert_eq!(world.usage(&demo).await, Some(expected));
}

#[tokio::test]
async fn what_is_older_than_five_minutes_or_arrived_in_this_minute_counts_as_far_as_it_may() {
    let world = World::new(&["demo"]).await;
    let demo = TenantId::new("demo").unwrap();
    for (number, secs) in [
        (0, 301),
        (1, 299),
        (2, 71),
        (3, 70),
        (4, 11),
        (5, 10),
        (6, 0),
    ] {
        let series = numbered(number * 60..number * 60 + 60, ago(secs));
        world
            .flush(&demo, "token.aaaaaaaa", &series, ago(secs))
            .await;
    }
    handle(&world.deps(), now()).await.unwrap();
    let usage = world.usage(&demo).await.unwrap();
    // All but the first; those of 09:09:00 and 09:09:59.
    assert_eq!((usage.active_series, usage.samples_per_sec), (360, 2));
}

#[tokio::test]
async fn a_hosts_differences_to_its_keyframe_are_its_series() {
    let world = World::new(&["demo"]).await;
    let demo = TenantId::new("demo").unwrap();
    let sender = SenderId::try_from("host.web-1".to_owned()).unwrap();
    world
        .state
        .note_sender(&demo, &sender, ago(60))
        .await
        .unwrap();
    let keyframe = with_views(&numbered(0..40, ago(60)), Keyframe::of).unwrap();
    let put = world
        .samples
        .put_keyframe(&demo, &sender, &keyframe, ago(60));
    put.await.unwrap();
    let later = numbered(10..45, ago(15));
    let delta = with_views(&later, |views| encode_delta(&keyframe, views)).unwrap();
    let put = world
        .samples
        .put_chunk(&demo, &sender, delta, Some(35), ago(15));
    put.await.unwrap();
    handle(&world.deps(), now()).await.unwrap();
    assert_eq!(world.usage(&demo).await.unwrap().active_series, 35);
}

#[tokio::test]
async fn tenants_are_measured_each_by_itself_and_one_without_senders_has_no_use() {
    let world = World::new(&["demo", "idle", "other"]).await;
    let tenant = |name: &str| TenantId::new(name).unwrap();
    for (name, count) in [("demo", 10), ("other", 20)] {
        let series = numbered(0..count, ago(20));
        world
            .flush(&tenant(name), "token.aaaaaaaa", &series, ago(20))
            .await;
    }
    handle(&world.deps(), now()).await.unwrap();
    for (name, count) in [("demo", Some(10)), ("other", Some(20)), ("idle", None)] {
        let usage = world.usage(&tenant(name)).await;
        assert_eq!(usage.map(|usage| usage.active_series), count, "{name}");
    }
}

#[tokio::test]
async fn a_tenant_is_measured_again_when_that_is_due() {
    let world = World::new(&["demo"]).await;
    let demo = TenantId::new("demo").unwrap();
    world
        .flush(&demo, "token.aaaaaaaa", &numbered(0..10, ago(0)), ago(0))
        .await;
    let measured = async |secs: i64| {
        let at = ago(-secs);
        handle(&world.deps(), at).await.unwrap();
        world.usage(&demo).await.unwrap().measured_at == at
    };
    assert!(measured(0).await);
    assert!(!measured(60).await, "far from every quota");
    let allowed = world.state.quotas(&demo).await.unwrap();
    let quotas = Quotas {
        active_series: 40,
        ..Quotas::default()
    };
    let by = support::operator();
    let put = world.state.put_quotas(&demo, &allowed, quotas, &by, now());
    assert!(put.await.unwrap().is_stored());
    assert!(measured(120).await, "other quotas");
    assert!(measured(180).await, "a quarter is used");
}

#[tokio::test]
async fn near_the_quota_it_is_kept_which_series_are_established() {
    let world = World::new(&["demo"]).await;
    let demo = TenantId::new("demo").unwrap();
    let allowed = world.state.quotas(&demo).await.unwrap();
    let quotas = Quotas {
        active_series: 110,
        ..Quotas::default()
    };
    let by = support::operator();
    let put = world.state.put_quotas(&demo, &allowed, quotas, &by, now());
    put.await.unwrap();
    let kept = async |count: u32, secs: i64| {
        let (series, at) = (numbered(0..count, ago(-secs)), ago(-secs));
        world.flush(&demo, "token.aaaaaaaa", &series, at).await;
        handle(&world.deps(), at).await.unwrap();
        let usage = world.usage(&demo).await.unwrap();
        let (measurement, parts) = (usage.measurement(), usage.established_parts);
        let kept = world.state.established(&demo, measurement, parts).await;
        (parts, kept.unwrap(), series)
    };
    let (parts, _, _) = kept(98, 0).await;
    assert_eq!(parts, 0, "below nine tenths");
    // A minute later in the other slot, and then in the first one again.
    for (count, secs) in [(99, 60), (105, 120), (110, 180)] {
        let (parts, kept, series) = kept(count, secs).await;
        let established = Established::from_bytes(&kept.unwrap()).unwrap();
        let mut known = series.iter().map(|one| key_of(one.id()));
        assert!(parts == 1 && known.all(|key| established.contains(key)));
    }
    let overwritten = world
        .state
        .established(&demo, ago(-60).as_second(), 1)
        .await;
    assert_eq!(overwritten.unwrap(), None);
}

#[tokio::test]
async fn a_chunk_that_can_t_be_read_hides_no_other() {
    let world = World::new(&["demo"]).await;
    let demo = TenantId::new("demo").unwrap();
    world
        .flush(&demo, "token.aaaaaaaa", &numbered(0..10, ago(30)), ago(30))
        .await;
    world.damage().await;
    world
        .flush(&demo, "token.aaaaaaaa", &numbered(0..7, ago(20)), ago(20))
        .await;
    handle(&world.deps(), now()).await.unwrap();
    let usage = world.usage(&demo).await.unwrap();
    assert_eq!((usage.active_series, usage.samples_per_sec), (7, 1));
}
