//! The deployed stack, and a host that reports to it.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use toban_agent::encoding::Protocol;
use toban_agent::flush::Gathering;
use toban_agent::sending::{Authorities, Destination, Verdict};
use toban_agent::snapshot::Recorder;
use toban_agent::token::Token;
use ureq::Agent;

use crate::browser::skipped;

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub struct Stack {
    pub url: String,
    described: Value,
    pub http: Agent,
}

impl Stack {
    /// None, said loudly, where `TOBAN_TEST_STACK` names none.
    pub fn find() -> Option<Self> {
        let Some(file) = std::env::var_os("TOBAN_TEST_STACK") else {
            skipped("TOBAN_TEST_STACK names no stack");
            return None;
        };
        let described: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None);
        Some(Self {
            url: described["api_url"].as_str().unwrap().to_owned(),
            described,
            http: config
                .timeout_global(Some(Duration::from_secs(30)))
                .build()
                .new_agent(),
        })
    }

    pub fn token(&self, role: &str) -> &str {
        self.described["tokens"][role].as_str().unwrap()
    }

    pub fn put_rule(&self, name: &str, yaml: &str) {
        let request = self.http.put(format!("{}/api/v1/rules/{name}", self.url));
        let request = request.header(
            "authorization",
            format!("Bearer {}", self.token("operator")),
        );
        let mut answer = request
            .header("content-type", "application/yaml")
            .send(yaml)
            .unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        assert!(answer.status().is_success(), "{} {text}", answer.status());
    }

    pub fn delete_rule(&self, name: &str) {
        let request = self
            .http
            .delete(format!("{}/api/v1/rules/{name}", self.url));
        let request = request.header(
            "authorization",
            format!("Bearer {}", self.token("operator")),
        );
        let _ = request.call();
    }

    /// Two looks at a host, half a minute apart: half of its CPU is busy, a quarter of its memory used,
    /// and its one disk is nearly full; `page_test_heat` is `heat`.
    pub fn report(&self, host: &str, heat: f64) {
        let now_ms = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_millis();
        let now_ms = i64::try_from(now_ms).unwrap();
        let mut gathering = Gathering::default();
        for (ago_ms, cpu_secs) in [(30_000, 1_000.0), (0, 1_015.0)] {
            let mut recorder =
                Recorder::new(now_ms - ago_ms, &[("instance", host), ("job", "page-test")]);
            for mode in ["idle", "user"] {
                recorder.record(
                    "node_cpu_seconds_total",
                    &[("cpu", "0"), ("mode", mode)],
                    cpu_secs,
                );
            }
            recorder.record("node_memory_MemTotal_bytes", &[], 4e9);
            recorder.record("node_memory_MemAvailable_bytes", &[], 3e9);
            let disk = [
                ("device", "/dev/x"),
                ("fstype", "ext4"),
                ("mountpoint", "/"),
            ];
            recorder.record("node_filesystem_size_bytes", &disk, 100.0);
            recorder.record("node_filesystem_avail_bytes", &disk, 4.0);
            recorder.record("page_test_heat", &[], heat);
            gathering.add(&recorder.finish());
        }
        let flush = gathering.take(Protocol::V1).unwrap().unwrap();
        let token = Token::Text(self.token("ingest").to_owned());
        assert_eq!(
            Destination::new(&self.url, token, host, &Authorities::Mozilla).post(&flush),
            Verdict::Taken
        );
    }

    /// The host leaves on purpose, so that its silence is nobody's alert.
    pub fn retire(&self, host: &str) {
        let request = self
            .http
            .delete(format!("{}/api/v1/hosts/{}", self.url, escaped(host)));
        let request = request.header(
            "authorization",
            format!("Bearer {}", self.token("operator")),
        );
        let _ = request.call();
    }
}

fn escaped(name: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    name.bytes().map(byte).collect()
}
