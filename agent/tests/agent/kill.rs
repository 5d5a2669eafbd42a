//! kill -9 at any point: what was on disk arrives, whole, once and in order.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use crate::body::series_of;
use crate::directory::{Directory, flush_files};
use crate::program::{agent, stopped, wait_for};
use crate::service::{Answer, Service};

fn start(service: &Service, state: &Path, flush: &str) -> Child {
    let state = state.to_str().unwrap();
    agent(
        service,
        &[
            "--interval",
            "100ms",
            "--flush",
            flush,
            "--state-directory",
            state,
        ],
    )
    .spawn()
    .unwrap()
}

fn time_of(body: &[u8]) -> i64 {
    let series = series_of(body);
    let up = series
        .iter()
        .find(|(labels, _)| labels.metric_name() == "up")
        .unwrap();
    up.1[0].time_ms
}

fn spooled(state: &Path) -> usize {
    flush_files(&state.join("default/spool")).len()
}

/// Of an agent that is not running: it removes what it has sent.
fn spooled_bodies(state: &Path) -> Vec<Vec<u8>> {
    let body = |path| std::fs::read(path).unwrap()[28..].to_vec();
    flush_files(&state.join("default/spool"))
        .into_iter()
        .map(body)
        .collect()
}

/// Different moments without a clock of chance: a failure can be repeated.
fn moments(count: u64) -> impl Iterator<Item = Duration> {
    (0..count).map(|n| Duration::from_millis(120 + (n * 7919) % 610))
}

#[test]
fn killed_while_the_service_is_down_nothing_on_disk_is_lost() {
    let directory = Directory::new();
    let service = Service::start(vec![Answer::status(503)]);
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for moment in moments(12) {
        let mut process = start(&service, directory.path(), "100ms");
        std::thread::sleep(moment);
        process.kill().unwrap();
        process.wait().unwrap();
        let now = spooled_bodies(directory.path());
        assert_eq!(
            now[..kept.len()],
            kept[..],
            "what was there is still there, unchanged"
        );
        kept = now;
    }
    assert!(kept.len() > 12, "{} flushes", kept.len());

    service.answer(vec![Answer::status(204)]);
    let before = service.requests().len();
    let process = start(&service, directory.path(), "100ms");
    wait_for("the backlog", || spooled(directory.path()) == 0);
    stopped(process);
    let arrived: Vec<Vec<u8>> = service.requests()[before..]
        .iter()
        .map(|r| r.body.clone())
        .collect();
    assert_eq!(
        arrived[..kept.len()],
        kept[..],
        "all of it, in order, before anything newer"
    );
    let times: Vec<i64> = arrived.iter().map(|body| time_of(body)).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
}

#[test]
fn killed_while_it_drains_a_flush_comes_again_the_same_or_not_at_all() {
    let directory = Directory::new();
    let service = Service::start(vec![Answer::status(503)]);
    let process = start(&service, directory.path(), "100ms");
    wait_for("a backlog", || spooled(directory.path()) >= 25);
    stopped(process);
    let kept = spooled_bodies(directory.path());
    let before = service.requests().len();
    service.answer(vec![Answer::status(204)]);
    for moment in moments(8) {
        let mut process = start(&service, directory.path(), "60s");
        std::thread::sleep(moment);
        process.kill().unwrap();
        process.wait().unwrap();
    }
    let process = start(&service, directory.path(), "60s");
    wait_for("the rest", || spooled(directory.path()) == 0);
    stopped(process);

    let mut by_time: BTreeMap<i64, Vec<Vec<u8>>> = BTreeMap::new();
    for request in &service.requests()[before..] {
        by_time
            .entry(time_of(&request.body))
            .or_default()
            .push(request.body.clone());
    }
    for bodies in by_time.values() {
        assert!(
            bodies.iter().all(|body| *body == bodies[0]),
            "a repeat says the same"
        );
    }
    for body in &kept {
        assert!(
            by_time.contains_key(&time_of(body)),
            "everything that was kept arrived"
        );
    }
}

#[test]
fn stopping_keeps_what_the_service_would_not_take_or_never_answered() {
    for answer in [Answer::status(503), Answer::Silence] {
        let directory = Directory::new();
        let service = Service::start(vec![answer]);
        let process = start(&service, directory.path(), "100ms");
        wait_for("an attempt", || !service.requests().is_empty());
        stopped(process);
        let kept = spooled_bodies(directory.path());
        assert_eq!(kept[0], service.requests()[0].body);
        assert!(kept.len() >= 2, "the flush that was out, and the last one");
    }
}

#[test]
fn two_agents_do_not_share_a_directory() {
    let directory = Directory::new();
    let service = Service::start(vec![Answer::status(204)]);
    let first = start(&service, directory.path(), "100ms");
    wait_for("the first", || !service.requests().is_empty());
    let second = start(&service, directory.path(), "100ms")
        .wait_with_output()
        .unwrap();
    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains("in use by another agent"));
    stopped(first);
}

/// The agent itself must say that its disk can't be used.
#[test]
fn a_state_directory_that_can_not_be_used_does_not_keep_it_from_reporting() {
    let directory = Directory::new();
    let file = directory.file("not-a-directory", "");
    let service = Service::start(vec![Answer::status(204)]);
    let process = start(&service, &file, "100ms");
    wait_for("a flush", || service.requests().len() > 2);
    let output = stopped(process);
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing will survive"));
    assert!(
        Command::new("test")
            .arg("-f")
            .arg(&file)
            .status()
            .unwrap()
            .success()
    );
}
