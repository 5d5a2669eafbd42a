//! An unmodified Prometheus, as agent or with a store of its own, and what it says of itself.

use std::time::Duration;

use serde_json::{Value, json};

use crate::process::{Folder, Process, free_address};
use crate::stack::encoded;
use crate::{Client, Response, Tenant, http, wait_for};

/// How often a scraper looks, and how often it sends.
const INTERVAL: &str = "1s";

/// An unmodified Prometheus.
#[derive(Debug)]
pub struct Prometheus {
    process: Process,
    folder: Folder,
    url: String,
    config: Value,
}

/// What Prometheus says of its remote write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Samples that the receiver took, those again that were taken after a refusal not counted twice.
    pub samples: u64,
    /// Samples given up after a refusal.
    pub failed: u64,
    /// Samples not sent at all.
    pub dropped: u64,
    /// Samples sent again after a 5xx.
    pub retried: u64,
    /// Samples that still wait.
    pub pending: u64,
    /// Samples that were scraped, and stale markers.
    pub scraped: u64,
    /// Descriptions of metrics that were refused.
    pub failed_metadata: u64,
}

/// How a Prometheus says who it is.
#[derive(Debug, Clone, Copy)]
pub enum Credentials {
    /// The token alone.
    Bearer,
    /// The tenant's name and the token.
    Basic,
}

/// The `remote_write` section for a tenant.
#[must_use]
pub fn remote_write_to(tenant: &Tenant, credentials: Credentials) -> Value {
    let token = tenant.token("ingest");
    let mut section = json!({
        "url": format!("{}/api/v1/write", tenant.api_url()),
        "queue_config": {"batch_send_deadline": "1s", "max_backoff": "1s"},
        "metadata_config": {"send_interval": "5s"},
    });
    match credentials {
        Credentials::Bearer => section["authorization"] = json!({"credentials": token}),
        Credentials::Basic => {
            section["basic_auth"] = json!({"username": tenant.name, "password": token});
        }
    }
    section
}

/// A configuration that scrapes `target` as the job `node` and sends what it found.
#[must_use]
pub fn scraping(target: &str, remote_write: &Value) -> Value {
    json!({
        "global": {"scrape_interval": INTERVAL, "scrape_timeout": INTERVAL, "evaluation_interval": INTERVAL},
        "scrape_configs": [{"job_name": "node", "static_configs": [{"targets": [target]}]}],
        "remote_write": [remote_write],
    })
}

impl Prometheus {
    /// One that scrapes and sends, and keeps nothing.
    #[must_use]
    pub fn agent(client: &Client, config: Value) -> Self {
        let mode = ["--enable-feature=agent", "--storage.agent.path={data}"];
        Self::start(client, config, &mode)
    }

    /// One with a store of its own.
    #[must_use]
    pub fn server(client: &Client, config: Value) -> Self {
        // One block for all samples: then no order of arrival is refused.
        let mode = [
            "--storage.tsdb.path={data}",
            "--storage.tsdb.min-block-duration=30d",
            "--storage.tsdb.max-block-duration=30d",
            "--web.enable-remote-write-receiver",
        ];
        Self::start(client, config, &mode)
    }

    fn start(client: &Client, config: Value, mode: &[&str]) -> Self {
        let folder = Folder::new("prometheus");
        let address = free_address();
        let data = folder.join("data").display().to_string();
        let file = folder.join("prometheus.yml").display().to_string();
        let mut arguments: Vec<String> = mode
            .iter()
            .map(|text| text.replace("{data}", &data))
            .collect();
        arguments.extend([
            format!("--config.file={file}"),
            format!("--web.listen-address={address}"),
            "--web.enable-lifecycle".to_owned(),
        ]);
        write_config(&folder, &config);
        let mut process = Process::start(&client.path, &arguments, &folder.join("log"));
        let url = format!("http://{address}");
        wait_for("Prometheus being ready", 60, || {
            process.must_live();
            let answer = http::send("GET", &format!("{url}/-/ready"), &[], b"").ok()?;
            (answer.status == 200).then_some(())
        });
        Self {
            process,
            folder,
            url,
            config,
        }
    }

    /// Changes its configuration while it runs.
    ///
    /// # Panics
    /// When it does not take it.
    pub fn reconfigure(&mut self, change: impl FnOnce(&mut Value)) {
        change(&mut self.config);
        write_config(&self.folder, &self.config);
        let answer = self.send("POST", "/-/reload", b"");
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// Scrapes no more; every series becomes stale.
    pub fn stop_scraping(&mut self) {
        self.reconfigure(|config| config["global"]["scrape_interval"] = json!("1d"));
    }

    /// Waits until everything scraped was sent, given up or dropped; says what became of it.
    ///
    /// # Panics
    /// When samples still wait after `secs`.
    #[must_use]
    pub fn settled(&self, secs: u64) -> Sent {
        let mut before = self.sent();
        let told = wait_for("everything being sent", secs, || {
            std::thread::sleep(Duration::from_secs(2));
            let now = self.sent();
            let is_settled = now == before && now.pending == 0 && now.scraped > 0;
            before = now;
            is_settled.then_some(now)
        });
        eprintln!("{told:?}");
        told
    }

    /// What it says of its remote write.
    #[must_use]
    pub fn sent(&self) -> Sent {
        let text = self.send("GET", "/metrics", b"").text();
        let metric = |name: &str| metric(&text, &format!("prometheus_remote_storage_{name}"));
        let retried = metric("samples_retried_total");
        Sent {
            // Prometheus counts each attempt.
            samples: metric("samples_total").saturating_sub(retried),
            failed: metric("samples_failed_total"),
            dropped: metric("samples_dropped_total"),
            retried,
            pending: metric("samples_pending"),
            scraped: metric("samples_in_total"),
            failed_metadata: metric("metadata_failed_total"),
        }
    }

    /// Has it store these series by remote write.
    ///
    /// # Panics
    /// When it does not take them.
    #[allow(clippy::expect_used, reason = "a client that died must fail the test")]
    pub fn write(&self, series: &[series::Series]) {
        let body = remote_write::encode(series);
        let headers = [
            ("content-type", "application/x-protobuf"),
            ("content-encoding", "snappy"),
        ];
        let url = format!("{}/api/v1/write", self.url);
        let answer = http::send("POST", &url, &headers, &body).expect("Prometheus answers");
        assert_eq!(answer.status, 204, "{}", answer.text());
    }

    /// A GET.
    #[must_use]
    pub fn get(&self, path: &str) -> Response {
        self.send("GET", path, b"")
    }

    /// A request to it.
    ///
    /// # Panics
    /// When it does not answer.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a client that died must fail the test")]
    pub fn send(&self, method: &str, path: &str, body: &[u8]) -> Response {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        http::send(method, &format!("{}{path}", self.url), &headers, body)
            .expect("Prometheus answers")
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks it to end and waits until it did.
    pub fn stop(&mut self) {
        self.process.stop();
    }
}

/// The path of an instant query.
#[must_use]
pub fn instant(expression: &str, at_ms: i64) -> String {
    let query = encoded(expression);
    format!("/api/v1/query?query={query}&time={}", secs(at_ms))
}

/// The path of a range query.
#[must_use]
pub fn range(expression: &str, start_ms: i64, end_ms: i64, step_ms: i64) -> String {
    let (query, start, end) = (encoded(expression), secs(start_ms), secs(end_ms));
    let step = secs(step_ms);
    format!("/api/v1/query_range?query={query}&start={start}&end={end}&step={step}")
}

fn secs(ms: i64) -> String {
    format!("{}.{:03}", ms.div_euclid(1000), ms.rem_euclid(1000))
}

/// The sum of a metric over its labels; zero where it is not there.
fn metric(text: &str, name: &str) -> u64 {
    let of_this = |line: &&str| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with([' ', '{']))
    };
    let values = text.lines().filter(of_this).filter_map(|line| {
        let number: f64 = line.rsplit(' ').next()?.parse().ok()?;
        Some(number)
    });
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count"
    )]
    let sum = values.sum::<f64>() as u64;
    sum
}

#[allow(clippy::expect_used, reason = "a broken set-up must fail the test")]
fn write_config(folder: &Folder, config: &Value) {
    // JSON is YAML.
    std::fs::write(folder.join("prometheus.yml"), config.to_string())
        .expect("a configuration can be written");
}
