//! A threshold that is crossed sends at once, and a service without thresholds changes nothing.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::body::series_of;
use crate::directory::Directory;
use crate::program::{stopped, text, wait_for};
use crate::service::{Answer, Service};

/// Met while a process of this name runs, which a test can begin and end.
fn list(name: &str) -> String {
    format!(
        r#"{{"thresholds":[{{"metric":"namedprocess_namegroup_num_procs","op":">","value":0,
        "matchers":[{{"name":"groupname","op":"=","value":"{name}"}}]}}],"left_out":0}}"#
    )
}

fn start(service: &Service, directory: &Directory, name: &str, more: &[&str]) -> Child {
    let config = directory.file("agent.toml", &format!("[[process]]\nname = '{name}'\n"));
    Command::new(env!("CARGO_BIN_EXE_toban-agent"))
        .env_clear()
        .env("TOBAN_URL", service.url())
        .env("TOBAN_TOKEN", "tbn_demo_agent001_s3cret")
        .args(["--interval", "100ms", "--config", config.to_str().unwrap()])
        .args(["--state-directory", directory.path().to_str().unwrap()])
        .args(more)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap()
}

/// A process called `name`.
fn probe(directory: &Directory, name: &str) -> Child {
    let program = directory.path().join(name);
    std::fs::copy("/bin/sleep", &program).unwrap();
    Command::new(program).arg("60").spawn().unwrap()
}

fn processes_in(body: &[u8]) -> Vec<f64> {
    let series = series_of(body);
    let found = series
        .iter()
        .find(|(labels, _)| labels.metric_name() == "namedprocess_namegroup_num_procs");
    found.unwrap().1.iter().map(|sample| sample.value).collect()
}

#[test]
fn a_crossing_is_sent_at_once_both_ways_and_standing_still_is_not() {
    let directory = Directory::new();
    let service = Service::start_with(
        vec![Answer::status(204)],
        Answer::with_etag("\"v1\"", &list("toban-probe-a")),
        None,
    );
    let process = start(&service, &directory, "toban-probe-a", &[]);
    wait_for("the thresholds", || !service.fetches().is_empty());
    std::thread::sleep(Duration::from_millis(500));
    let quiet = service.requests().len();
    let begun = Instant::now();
    let mut probe = probe(&directory, "toban-probe-a");
    wait_for("the first crossing", || {
        service.requests().len() == quiet + 1
    });
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(
        service.requests().len(),
        quiet + 1,
        "met all the time: nothing new"
    );
    probe.kill().unwrap();
    probe.wait().unwrap();
    wait_for("the way back", || service.requests().len() == quiet + 2);
    stopped(process);
    let requests = service.requests();
    let first = processes_in(&requests[quiet].body);
    assert_eq!(first.last(), Some(&1.0));
    assert!(
        first.len() > 2,
        "with all that was gathered before: {first:?}"
    );
    assert_eq!(processes_in(&requests[quiet + 1].body).last(), Some(&0.0));
}

#[test]
fn thresholds_are_asked_for_once_and_remembered_across_restarts() {
    let directory = Directory::new();
    let answer = Answer::with_etag("\"v1\"", &list("toban-probe-b"));
    let service = Service::start_with(vec![Answer::status(204)], answer, None);
    let process = start(&service, &directory, "toban-probe-b", &["--flush", "100ms"]);
    wait_for("some flushes", || service.requests().len() > 8);
    stopped(process);
    let fetches = service.fetches();
    assert_eq!(fetches.len(), 1, "not before five minutes are over");
    assert_eq!(fetches[0].line, "GET /api/v1/agent/thresholds HTTP/1.1");
    assert_eq!(
        fetches[0].headers["authorization"],
        "Bearer tbn_demo_agent001_s3cret"
    );

    let unchanged = Service::start_with(vec![Answer::status(204)], Answer::status(304), None);
    let process = start(&unchanged, &directory, "toban-probe-b", &[]);
    wait_for("the question", || !unchanged.fetches().is_empty());
    assert_eq!(unchanged.fetches()[0].headers["if-none-match"], "\"v1\"");
    std::thread::sleep(Duration::from_millis(300));
    let quiet = unchanged.requests().len();
    let mut probe = probe(&directory, "toban-probe-b");
    wait_for("the crossing", || unchanged.requests().len() == quiet + 1);
    probe.kill().unwrap();
    probe.wait().unwrap();
    stopped(process);
}

#[test]
fn a_service_without_thresholds_is_no_error_and_what_was_remembered_is_forgotten() {
    for code in [404, 403] {
        let directory = Directory::new();
        std::fs::create_dir_all(directory.path().join("default")).unwrap();
        let remembered = r#"{"etag":null,"answer":"{\"thresholds\":[]}"}"#;
        let file = directory.file("default/thresholds.json", remembered);
        let service = Service::start_with(vec![Answer::status(204)], Answer::status(code), None);
        let process = start(&service, &directory, "toban-probe-c", &["--flush", "100ms"]);
        wait_for("flushes", || service.requests().len() > 5);
        let output = stopped(process);
        assert!(output.status.success());
        assert_eq!(text(&output.stderr), "", "{code}");
        assert!(!file.exists());
    }
}

#[test]
fn a_minute_between_flushes_is_the_default_only_where_thresholds_are_known() {
    let directory = Directory::new();
    let of = |answer: Answer| {
        let service = Service::start_with(vec![Answer::status(204)], answer, None);
        let mut outlet = crate::delivery::outlet(&service, 10_000, None);
        let file = directory.path().join("thresholds.json");
        let feed = toban_agent::threshold_feed::ThresholdFeed::new(Some(file));
        feed.refresh(&outlet.destination, Instant::now());
        outlet.thresholds = Some(feed);
        outlet.flush_interval().as_secs()
    };
    assert_eq!(of(Answer::with_etag("\"1\"", "{\"thresholds\":[]}")), 60);
    assert_eq!(
        of(Answer::status(500)),
        60,
        "remembered, and the service may be down"
    );
    assert_eq!(of(Answer::status(404)), 15);
    assert_eq!(of(Answer::status(500)), 15);
    assert_eq!(of(Answer::with_body(200, "<html>")), 15);
}

#[test]
fn the_service_says_for_how_long_its_thresholds_need_not_be_asked_for() {
    let list = "{\"thresholds\":[]}";
    for (said, least, most) in [(900, 890, 910), (1, 59, 61), (1_000_000, 3_599, 3_601)] {
        let answer = Answer::with_max_age(said, list);
        let service = Service::start_with(vec![Answer::status(204)], answer, None);
        let outlet = crate::delivery::outlet(&service, 10_000, None);
        let feed = toban_agent::threshold_feed::ThresholdFeed::new(None);
        let start = Instant::now();
        for (secs, fetches) in [(0, 1), (least, 1), (most, 2)] {
            feed.refresh(&outlet.destination, start + Duration::from_secs(secs));
            assert_eq!(
                service.fetches().len(),
                fetches,
                "max-age={said} after {secs} s"
            );
        }
    }
}
