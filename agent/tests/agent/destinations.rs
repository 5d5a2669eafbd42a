//! Several destinations: each gets its share, and none waits for another.

use std::process::Command;
use std::time::Duration;

use crate::body::series_of;
use crate::directory::{Directory, flush_files};
use crate::program::{stopped, text, wait_for};
use crate::service::{Answer, Service};

fn entry(name: &str, service: &Service, token: &str, more: &str) -> String {
    let url = service.url();
    format!("[[destination]]\nname = '{name}'\nurl = '{url}'\ntoken_file = '{token}'\n{more}\n")
}

fn program(config: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_toban-agent"));
    command
        .env_clear()
        .args(["--config", config])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    command
}

#[test]
fn one_that_is_down_or_silent_delays_no_other() {
    let directory = Directory::new();
    let token = directory.file("token", "tbn_demo_agent001_s3cret");
    let token = token.to_str().unwrap();
    let [well, down, silent] = [Answer::status(204), Answer::status(503), Answer::Silence]
        .map(|answer| Service::start(vec![answer]));
    let state = directory.path().join("state");
    let config = format!(
        "host = 'web-1'\ninterval = '100ms'\nflush = '200ms'\nstate_directory = {state:?}\n"
    ) + &entry("silent", &silent, token, "")
        + &entry("down", &down, token, "")
        + &entry("well", &well, token, "");
    let config = directory.file("agent.toml", &config);
    let process = program(config.to_str().unwrap()).spawn().unwrap();
    wait_for("fifteen flushes", || well.requests().len() >= 15);
    let at: Vec<_> = well.requests().iter().map(|request| request.at).collect();
    assert!(!down.requests().is_empty() && silent.requests().len() == 1);
    stopped(process);
    let mut gaps: Vec<Duration> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort();
    assert!(
        gaps[gaps.len() / 2] < Duration::from_millis(300),
        "{gaps:?}"
    );
    assert!(gaps[gaps.len() - 1] < Duration::from_secs(2), "{gaps:?}");
    for (name, is_kept) in [("well", false), ("down", true), ("silent", true)] {
        let files = flush_files(&state.join(name).join("spool"));
        assert_eq!(!files.is_empty(), is_kept, "{name}");
    }
}

#[test]
fn each_gets_its_own_metrics_at_its_own_interval() {
    let directory = Directory::new();
    let token = directory.file("token", "tbn_demo_agent001_s3cret");
    let token = token.to_str().unwrap();
    let [all, loads] = [(); 2].map(|()| Service::start(vec![Answer::status(204)]));
    let keep = "keep = [{ __name__ = 'node_load.*' }, { __name__ = 'up' }]\ndrop = [{ __name__ = 'node_load5' }]\n\
        interval = '400ms'\nflush = '1200ms'";
    let config = "interval = '200ms'\nflush = '1200ms'\n".to_owned()
        + &entry("all", &all, token, "")
        + &entry("loads", &loads, token, keep);
    let config = directory.file("agent.toml", &config);
    let process = program(config.to_str().unwrap()).spawn().unwrap();
    wait_for("three flushes", || {
        loads.requests().len() >= 3 && all.requests().len() >= 3
    });
    stopped(process);
    let [all, loads] = [&all, &loads].map(|service| series_of(&service.requests()[1].body));
    let names: Vec<&str> = loads
        .iter()
        .map(|(labels, _)| labels.metric_name())
        .collect();
    assert_eq!(names, ["node_load1", "node_load15", "up"]);
    assert!(
        loads.iter().all(|(_, samples)| samples.len() == 3),
        "{}",
        loads[0].1.len()
    );
    assert!(all.len() > 60 && all.iter().any(|(_, samples)| samples.len() == 6));
}

#[test]
fn once_tells_which_destination_refused() {
    let directory = Directory::new();
    let token = directory.file("token", "tbn_demo_agent001_s3cret");
    let token = token.to_str().unwrap();
    let well = Service::start(vec![Answer::status(204)]);
    let other = Service::start(vec![Answer::with_body(401, "revoked")]);
    let config = entry("well", &well, token, "") + &entry("other", &other, token, "");
    let config = directory.file("agent.toml", &config);
    let output = program(config.to_str().unwrap())
        .arg("once")
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("other: 401 revoked"));
    assert_eq!((well.requests().len(), other.requests().len()), (1, 1));
}

#[test]
fn a_word_that_is_not_known_is_named_with_its_line() {
    let directory = Directory::new();
    let config = directory.file("agent.toml", "interval = '15s'\nflsh = '15s'\n");
    let output = program(config.to_str().unwrap()).output().unwrap();
    let log = text(&output.stderr);
    assert!(
        !output.status.success() && log.contains("line 2") && log.contains("flsh"),
        "{log}"
    );
}

#[test]
fn a_destination_may_be_written_to_in_the_second_version() {
    let directory = Directory::new();
    let token = directory.file("token", "tbn_demo_agent001_s3cret");
    let service = Service::start(vec![Answer::status(204)]);
    let config = "host = 'web-1'\n".to_owned()
        + &entry("new", &service, token.to_str().unwrap(), "protocol = '2.0'");
    let config = directory.file("agent.toml", &config);
    let output = program(config.to_str().unwrap())
        .arg("once")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let request = &service.requests()[0];
    assert_eq!(
        request.headers["content-type"],
        "application/x-protobuf;proto=io.prometheus.write.v2.Request"
    );
    assert_eq!(
        request.headers["x-prometheus-remote-write-version"],
        "2.0.0"
    );
    let bytes = snap::raw::Decoder::new()
        .decompress_vec(&request.body)
        .unwrap();
    let up = crate::body::symbols_and_labels(&bytes);
    let expected = ["__name__", "up", "instance", "web-1", "job", "toban-agent"];
    assert!(up.iter().any(|labels| *labels == expected), "{up:?}");
}
