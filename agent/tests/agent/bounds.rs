//! What happens when there is no room any more: the oldest goes, and that is counted, said and reported.

use std::time::Duration;

use toban_agent::queue::Counts;
use toban_agent::spool::Spool;

use crate::body::series_of;
use crate::delivery::{deliver, outlet};
use crate::directory::{Directory, flush_files};
use crate::program::{agent, stopped, text, wait_for};
use crate::service::{Answer, Service};

#[test]
fn what_memory_can_not_hold_is_counted_and_said() {
    let service = Service::start(vec![Answer::status(204)]);
    let outlet = outlet(&service, 150, None);
    let log = deliver(&outlet, &[1, 2, 3, 4, 5], 5);
    let expected = Counts {
        taken: 1,
        dropped: 4,
        ..Counts::default()
    };
    assert_eq!(outlet.queue.counts(), expected);
    assert_eq!(service.requests()[0].body[0], 5, "the newest stays");
    assert_eq!(
        log,
        ["test: no room: the 4 oldest flushes are lost, 4 in all"]
    );
}

#[test]
fn what_the_disk_may_not_hold_is_counted_and_said() {
    let directory = Directory::new();
    let service = Service::start(vec![Answer::status(503), Answer::status(204)]);
    let spool = Spool::open(directory.path(), 2 * (28 + 100)).unwrap();
    let outlet = outlet(&service, 10_000, Some(spool));
    let log = deliver(&outlet, &[1, 2, 3, 4, 5], 5);
    let expected = Counts {
        taken: 2,
        dropped: 3,
        retries: 1,
        ..Counts::default()
    };
    assert_eq!(outlet.queue.counts(), expected);
    let marks: Vec<u8> = service.requests().iter().map(|one| one.body[0]).collect();
    assert_eq!(marks, [1, 4, 5]);
    let said = "no room: the 3 oldest flushes are lost, 3 in all";
    assert!(log.iter().any(|line| line.contains(said)), "{log:?}");
}

/// The program: bytes on disk never exceed the bound, and what was dropped is what did not arrive.
#[test]
fn the_agent_reports_how_many_flushes_it_had_to_drop() {
    const LIMIT: u64 = 40_000;
    let directory = Directory::new();
    let service = Service::start(vec![Answer::status(503)]);
    let arguments = [
        "--interval",
        "100ms",
        "--flush",
        "100ms",
        "--spool-bytes",
        "40000",
        "--state-directory",
        directory.path().to_str().unwrap(),
    ];
    let process = agent(&service, &arguments).spawn().unwrap();
    let spool = directory.path().join("default/spool");
    let bytes = || -> u64 {
        let size = |path: &std::path::PathBuf| std::fs::metadata(path).map_or(0, |data| data.len());
        flush_files(&spool).iter().map(size).sum()
    };
    let mut oldest = None;
    wait_for("the bound, and then some", || {
        assert!(bytes() <= LIMIT, "{} bytes", bytes());
        let first = flush_files(&spool).into_iter().next();
        oldest = oldest.clone().or_else(|| first.clone());
        first.is_some() && first != oldest
    });
    std::thread::sleep(Duration::from_secs(1));
    assert!(bytes() <= LIMIT && bytes() > LIMIT / 2, "{} bytes", bytes());
    let before = service.requests().len();
    service.answer(vec![Answer::status(204)]);
    wait_for("the backlog", || flush_files(&spool).is_empty());
    let drained = service.requests().len();
    wait_for("newer flushes", || service.requests().len() > drained + 3);
    let log = text(&stopped(process).stderr);

    let requests = service.requests();
    let last = series_of(&requests[requests.len() - 1].body);
    let dropped = last
        .iter()
        .find(|(labels, _)| labels.metric_name() == "toban_agent_flushes_dropped_total")
        .unwrap();
    let dropped = dropped.1[0].value;
    assert!(dropped > 0.0);
    let said = format!("oldest flushes are lost, {dropped} in all");
    assert!(log.contains(&said), "{dropped} {log}");
    // Looks are on a grid of 100 ms: those that did not arrive are the gap in it.
    let times: Vec<i64> = std::iter::once(&requests[0])
        .chain(&requests[before..])
        .map(|one| series_of(&one.body))
        .map(|one| {
            let up = one.iter().find(|(labels, _)| labels.metric_name() == "up");
            up.unwrap().1[0].time_ms
        })
        .collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    let gap = times[1] - times[0];
    assert!(gap as f64 > dropped * 90.0, "{gap} ms, {dropped} dropped");
    assert!(
        times[1..].windows(2).all(|pair| pair[1] - pair[0] < 600),
        "one gap only: {times:?}"
    );
}
