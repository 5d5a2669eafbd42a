//! The exporter of the crate `opentelemetry-otlp`, in protobuf, in this process.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{MetricExporter, Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use toban_tests::Tenant;
use toban_tests::beats::SERIES;

use crate::{Outcome, Sender};

pub struct OtlpCrate {
    tenant: Tenant,
    provider: SdkMeterProvider,
    next: Arc<AtomicU64>,
    given_up: Arc<Mutex<BTreeSet<u64>>>,
}

/// The crate leaves sending to a client; this one notes which exports were refused.
#[derive(Debug)]
struct Http {
    agent: ureq::Agent,
    next: Arc<AtomicU64>,
    given_up: Arc<Mutex<BTreeSet<u64>>>,
}

#[async_trait::async_trait]
impl HttpClient for Http {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        // One export at a time: what was looked at last is what is being sent.
        let beat = self.next.load(Ordering::SeqCst) - 1;
        let (parts, body) = request.into_parts();
        let sent = self
            .agent
            .run(Request::from_parts(parts, body.to_vec()))
            .map_err(Box::new);
        let is_taken = sent.as_ref().is_ok_and(|answer| answer.status() == 200);
        if let Ok(mut given_up) = self.given_up.lock() {
            if is_taken {
                given_up.remove(&beat);
            } else {
                given_up.insert(beat);
            }
        }
        let (parts, mut body) = sent?.into_parts();
        Ok(Response::from_parts(parts, body.read_to_vec()?.into()))
    }
}

impl OtlpCrate {
    #[allow(clippy::expect_used, reason = "a broken set-up must fail the test")]
    pub fn start(tenant: Tenant) -> Self {
        let next = Arc::new(AtomicU64::new(0));
        let given_up = Arc::new(Mutex::new(BTreeSet::new()));
        let client = Http {
            agent: ureq::Agent::config_builder()
                .http_status_as_error(false)
                .timeout_global(Some(Duration::from_secs(30)))
                .build()
                .into(),
            next: Arc::clone(&next),
            given_up: Arc::clone(&given_up),
        };
        let bearer = format!("Bearer {}", tenant.token("ingest"));
        let exporter = MetricExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/metrics", tenant.api_url()))
            .with_headers([("authorization".to_owned(), bearer)].into())
            .build()
            .expect("the exporter takes its configuration");
        let reader = PeriodicReader::builder(exporter)
            .with_interval(Duration::from_secs(1))
            .build();
        let resource = Resource::builder()
            .with_service_name("beats")
            .with_attribute(KeyValue::new("host.name", "crate-host"))
            .build();
        let provider = SdkMeterProvider::builder()
            .with_reader(reader)
            .with_resource(resource)
            .build();
        let looked = Arc::clone(&next);
        provider
            .meter("beats")
            .u64_observable_gauge("beat")
            .with_callback(move |observer| {
                let beat = looked.fetch_add(1, Ordering::SeqCst);
                for n in 0..SERIES {
                    observer.observe(beat, &[KeyValue::new("n", n.to_string())]);
                }
            })
            .build();
        Self {
            tenant,
            provider,
            next,
            given_up,
        }
    }
}

impl Sender for OtlpCrate {
    fn name(&self) -> &'static str {
        "otlp-crate"
    }

    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn end(&mut self) -> Outcome {
        let _ = self.provider.shutdown();
        Outcome {
            last: self.next.load(Ordering::SeqCst) - 1,
            given_up: self
                .given_up
                .lock()
                .map(|set| set.clone())
                .unwrap_or_default(),
        }
    }
}
