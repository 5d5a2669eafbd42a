//! A disk that is full, a real one: a small tmpfs in a mount namespace of its own.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::body::series_of;
use crate::directory::Directory;
use crate::program::{stopped, text, wait_for};
use crate::service::{Answer, Service};

fn may_mount() -> bool {
    let tried = Command::new("unshare")
        .args(["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
        .output();
    let may = tried.is_ok_and(|output| output.status.success());
    if !may {
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: a full disk. No mount may be made here."
        );
    }
    may
}

/// Sixteen pages: a few flushes and their names.
fn on_a_small_disk(service: &Service, state: &str) -> Child {
    let script = "mount -t tmpfs -o size=64k tmpfs \"$0\" && exec \"$@\"";
    Command::new("unshare")
        .args([
            "--mount",
            "sh",
            "-c",
            script,
            state,
            env!("CARGO_BIN_EXE_toban-agent"),
        ])
        .args([
            "--interval",
            "100ms",
            "--flush",
            "100ms",
            "--state-directory",
            state,
        ])
        .env("TOBAN_URL", service.url())
        .env("TOBAN_TOKEN", "tbn_demo_agent001_s3cret")
        .env("TOBAN_HOST", "web-1")
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_full_disk_loses_nothing_that_memory_holds_and_is_said() {
    if !may_mount() {
        return;
    }
    let directory = Directory::new();
    let state = directory.path().to_str().unwrap();
    let service = Service::start(vec![Answer::status(503)]);
    let process = on_a_small_disk(&service, state);
    wait_for("an attempt", || !service.requests().is_empty());
    std::thread::sleep(Duration::from_secs(4));
    service.answer(vec![Answer::status(204)]);
    let before = service.requests().len();
    wait_for("everything", || service.requests().len() - before >= 45);
    let log = text(&stopped(process).stderr);
    assert_eq!(log.matches("the disk takes nothing").count(), 1, "{log}");

    let value = |series: &[(series::Labels, Vec<series::Sample>)], name: &str| {
        let found = series
            .iter()
            .find(|(labels, _)| labels.metric_name() == name);
        found.unwrap().1[0].value
    };
    let requests = service.requests();
    let flushes: Vec<_> = requests[before..]
        .iter()
        .map(|r| series_of(&r.body))
        .collect();
    let last = flushes.last().unwrap();
    assert!(value(last, "toban_agent_spool_errors_total") > 0.0);
    assert_eq!(value(last, "toban_agent_flushes_dropped_total"), 0.0);
    let times: Vec<i64> = flushes
        .iter()
        .map(|one| one.iter().find(|(l, _)| l.metric_name() == "up").unwrap().1[0].time_ms)
        .collect();
    for pair in times.windows(2) {
        assert!(
            (50..500).contains(&(pair[1] - pair[0])),
            "a gap or a step back: {times:?}"
        );
    }
}
