//! What became of what was sent: stored series, ledger, hosts.

use http_access::{Answer, HttpError};
use ids::{SenderId, TokenId};
use ingest_ledger::Summary;
use jiff::Timestamp;
use samples_table::{LoadLimits, Wanted};
use series::Series;

use super::World;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What the token of [`World::post`] is called as a sender.
pub fn token() -> SenderId {
    SenderId::of_token(&TokenId::new("abcdefgh").unwrap())
}

/// The token's ledger of the days around `now`.
pub async fn ledger(world: &World, now: Timestamp) -> Summary {
    let now_ms = now.as_millisecond();
    let window = (now_ms - 2 * DAY_MS, now_ms + DAY_MS);
    let samples = world.samples();
    let summary = samples.ledger(&world.tenant, &token(), window).await;
    let summary = summary.unwrap();
    assert!(summary.is_complete);
    summary
}

/// Points taken, points refused, bodies refused.
pub async fn sums(world: &World, now: Timestamp) -> (u64, u64, u64) {
    let summary = ledger(world, now).await;
    (
        summary.taken_points,
        summary.refused_points,
        summary.refused_bodies,
    )
}

/// The names of the hosts in the directory.
pub async fn hosts(world: &World) -> Vec<String> {
    let hosts = world.state().hosts(&world.tenant).await.unwrap();
    hosts
        .iter()
        .map(|host| host.host.as_str().to_owned())
        .collect()
}

/// All series, by their labels.
pub async fn series(world: &World) -> Vec<Series> {
    let wanted = Wanted {
        tenant: &world.tenant,
        senders: &[token()],
        from_ms: 0,
        to_ms: i64::MAX,
        keep: &|_| true,
    };
    let limits = LoadLimits {
        max_samples: 100_000,
    };
    let loaded = world.samples().load(&wanted, limits).await.unwrap();
    let mut series = loaded.series;
    series.sort_by_key(|one| format!("{:?}", one.labels));
    series
}

/// The status, whether it is an answer or a refusal.
pub fn status(result: &Result<Answer, HttpError>) -> u16 {
    match result {
        Ok(answer) => answer.status,
        Err(error) => error.status(),
    }
}

/// What a refused sender reads.
pub fn detail(result: Result<Answer, HttpError>) -> String {
    match result {
        Err(HttpError::Refused(problem)) => problem.detail,
        other => panic!("{other:?} is no refusal"),
    }
}
