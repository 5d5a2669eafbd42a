//! The program as people run it: start, stop, once, retire.

use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::body::series_of;
use crate::service::{Answer, Service};

const TOKEN: &str = "tbn_demo_agent001_s3cret";

pub fn agent(service: &Service, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_toban-agent"));
    command
        .args(arguments)
        .env_clear()
        .env("TOBAN_URL", service.url())
        .env("TOBAN_TOKEN", TOKEN)
        .env("TOBAN_HOST", "web-1")
        .stderr(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

pub fn wait_for(what: &str, mut reached: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(15);
    while !reached() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub fn stopped(process: Child) -> Output {
    let id = process.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    process.wait_with_output().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn it_reports_on_time_and_stopping_sends_what_was_gathered() {
    let service = Service::start(vec![Answer::status(204)]);
    let started = Instant::now();
    let process = agent(&service, &["--interval", "200ms", "--flush", "1s"])
        .spawn()
        .unwrap();
    wait_for("the third flush", || service.requests().len() >= 3);
    let elapsed = started.elapsed();
    let output = stopped(process);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(elapsed >= Duration::from_millis(1900), "{elapsed:?}");

    let flushes: Vec<_> = service
        .requests()
        .iter()
        .map(|r| series_of(&r.body))
        .collect();
    assert_eq!(
        flushes[0][0].1.len(),
        1,
        "a host shows up when its agent starts"
    );
    assert_eq!(
        flushes[1].iter().map(|(_, samples)| samples.len()).max(),
        Some(5)
    );
    let last = flushes.last().unwrap();
    assert!(flushes.len() >= 4, "the last flush was sent on stopping");
    let up = last
        .iter()
        .find(|(labels, _)| labels.metric_name() == "up")
        .unwrap();
    assert!(
        up.1.iter().all(|sample| !sample.is_stale()),
        "stopping is no retirement"
    );
    for (labels, _) in flushes.iter().flatten() {
        assert_eq!(
            (labels.value("instance"), labels.value("job")),
            ("web-1", "toban-agent")
        );
    }

    let mut times: Vec<i64> = Vec::new();
    for flush in &flushes {
        let up = flush
            .iter()
            .find(|(labels, _)| labels.metric_name() == "up")
            .unwrap();
        times.extend(up.1.iter().map(|sample| sample.time_ms));
    }
    assert!(
        times.windows(2).all(|pair| pair[0] < pair[1]),
        "each sample once: {times:?}"
    );
}

#[test]
fn a_service_that_is_down_holds_nobody_up() {
    let service = Service::start(vec![Answer::status(503)]);
    let process = agent(&service, &["--interval", "200ms", "--flush", "200ms"])
        .spawn()
        .unwrap();
    wait_for("an attempt", || !service.requests().is_empty());
    let before = Instant::now();
    let output = stopped(process);
    assert!(
        before.elapsed() < Duration::from_secs(3),
        "{:?}",
        before.elapsed()
    );
    let log = text(&output.stderr);
    assert!(
        log.contains("not taken") && !log.contains("s3cret"),
        "{log}"
    );
}

#[test]
fn retiring_sends_stale_markers_only_and_for_every_series() {
    let service = Service::start(vec![Answer::status(204)]);
    assert!(
        agent(&service, &["once"])
            .output()
            .unwrap()
            .status
            .success()
    );
    let output = agent(&service, &["retire"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let requests = service.requests();
    let (report, farewell) = (series_of(&requests[0].body), series_of(&requests[1].body));
    assert!(
        farewell
            .iter()
            .flat_map(|(_, samples)| samples)
            .all(series::Sample::is_stale)
    );
    // Another test's mount or device may come and go between the two.
    let names = |series: &[(series::Labels, _)]| -> std::collections::BTreeSet<String> {
        series
            .iter()
            .map(|(labels, _)| labels.metric_name().to_owned())
            .collect()
    };
    assert_eq!(names(&report), names(&farewell));
    assert_eq!(requests[1].headers["x-toban-flush"], "complete");
}

#[test]
fn once_says_what_the_service_said() {
    let service = Service::start(vec![Answer::with_body(401, "this token was revoked")]);
    let output = agent(&service, &["once"]).output().unwrap();
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("401 this token was revoked"));
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn what_would_be_sent_is_shown_without_a_service() {
    let command = Command::new(env!("CARGO_BIN_EXE_toban-agent"))
        .args(["once", "--print"])
        .env_clear()
        .output()
        .unwrap();
    assert!(command.status.success(), "{}", text(&command.stderr));
    let shown = text(&command.stdout);
    for name in [
        "node_cpu_seconds_total{",
        "node_memory_MemAvailable_bytes{",
        "node_load1{",
        "up{",
    ] {
        assert!(shown.contains(name), "{name}\n{shown}");
    }
}

#[test]
fn without_address_or_token_it_says_what_is_missing() {
    let run = |variables: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_toban-agent"));
        let output = command
            .env_clear()
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        assert!(!output.status.success());
        text(&output.stderr)
    };
    assert!(run(&[]).contains("TOBAN_URL"));
    assert!(run(&[("TOBAN_URL", "https://toban.example")]).contains("TOBAN_TOKEN"));
    let named = [
        ("TOBAN_HOST", "a#b"),
        ("TOBAN_URL", "https://t.example"),
        ("TOBAN_TOKEN", TOKEN),
    ];
    assert!(run(&named).contains("'#'"));
}

#[test]
fn a_token_that_every_user_can_read_is_warned_about() {
    let directory = crate::directory::Directory::new();
    let token = directory.file("token", TOKEN);
    let service = Service::start(vec![Answer::status(204)]);
    for (mode, warned) in [(0o644, true), (0o602, true), (0o640, false), (0o600, false)] {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&token, mode.clone()).unwrap();
        let arguments = ["--token-file", token.to_str().unwrap(), "once"];
        let output = agent(&service, &arguments).output().unwrap();
        assert!(output.status.success());
        let log = text(&output.stderr);
        assert_eq!(
            log.contains("every user of this host"),
            warned,
            "{mode:?} {log}"
        );
        assert!(!log.contains(TOKEN));
    }
}
