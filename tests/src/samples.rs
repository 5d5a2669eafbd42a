use series::{Labels, Sample, Series};

use crate::{Response, Tenant};

/// One series; `labels` with `__name__`.
///
/// # Panics
/// When a label is given twice.
#[must_use]
#[allow(clippy::expect_used, reason = "a wrong test must fail")]
pub fn series(labels: &[(&str, &str)], samples: &[(i64, f64)]) -> Series {
    let labels = labels.iter().map(|(name, value)| (*name, *value));
    Series {
        labels: Labels::new(labels).expect("label names are unique"),
        samples: samples
            .iter()
            .map(|(time_ms, value)| Sample {
                time_ms: *time_ms,
                value: *value,
            })
            .collect(),
    }
}

/// One sample of `name` of an instance.
#[must_use]
pub fn gauge(name: &str, instance: &str, time_ms: i64, value: f64) -> Series {
    series(
        &[("__name__", name), ("instance", instance)],
        &[(time_ms, value)],
    )
}

/// A remote-write request to be.
#[derive(Debug, Clone, Default)]
pub struct Flush<'a> {
    /// What it says.
    pub series: Vec<Series>,
    /// The host of which it says everything.
    pub complete_host: Option<&'a str>,
}

impl<'a> Flush<'a> {
    /// From any sender.
    #[must_use]
    pub fn mixed(series: Vec<Series>) -> Self {
        Self {
            series,
            complete_host: None,
        }
    }

    /// Everything of one host, as the agent sends it.
    #[must_use]
    pub fn complete(host: &'a str, series: Vec<Series>) -> Self {
        Self {
            series,
            complete_host: Some(host),
        }
    }

    /// Sends it with the tenant's ingest token.
    #[must_use]
    pub fn send(&self, tenant: &Tenant) -> Response {
        self.send_body(tenant, &remote_write::encode(&self.series))
    }

    /// Sends it as remote write 2.0 with the tenant's ingest token.
    #[must_use]
    pub fn send_v2(&self, tenant: &Tenant) -> Response {
        let headers = [
            (
                "content-type",
                "application/x-protobuf;proto=io.prometheus.write.v2.Request",
            ),
            ("content-encoding", "snappy"),
            ("x-prometheus-remote-write-version", "2.0.0"),
        ];
        let body = remote_write::encode_v2(&self.series);
        tenant.send("ingest", "POST", "/api/v1/write", &headers, &body)
    }

    /// Sends these bytes in its place.
    #[must_use]
    pub fn send_body(&self, tenant: &Tenant, body: &[u8]) -> Response {
        let mut headers = vec![
            ("content-type", "application/x-protobuf"),
            ("content-encoding", "snappy"),
            ("x-prometheus-remote-write-version", "0.1.0"),
        ];
        if let Some(host) = self.complete_host {
            headers.extend([("x-toban-host", host), ("x-toban-flush", "complete")]);
        }
        tenant.send("ingest", "POST", "/api/v1/write", &headers, body)
    }

    /// Sends it and insists.
    ///
    /// # Panics
    /// When it is not taken.
    pub fn taken_by(&self, tenant: &Tenant) {
        let answer = self.send(tenant);
        assert_eq!(answer.status, 204, "{}", answer.text());
    }
}
