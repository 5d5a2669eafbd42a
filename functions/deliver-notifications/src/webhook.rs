//! One POST to an address that a tenant chose.
//!
//! The name is resolved here, each address is judged, and the connection goes to a judged address:
//! nothing resolves the name a second time. No proxy, no redirect; the answer's body is read up to a
//! bound and forgotten, because it could tell a tenant what an internal service says.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use address_guard::{AllowList, Target, Verdict, judge};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::outcome::{Outcome, retry_after};

const AGENT: &str = concat!("Toban/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Of an answer's body so much is read, so that the receiver may finish it.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Sends webhooks.
#[derive(Debug, Clone)]
pub struct WebhookClient {
    tls: Arc<ClientConfig>,
    forbidden: Vec<SocketAddr>,
    timeout: Duration,
}

/// What is sent.
pub struct Post<'a> {
    /// Where to.
    pub url: &'a str,
    /// JSON.
    pub body: Vec<u8>,
    /// The same whenever the same is sent.
    pub idempotency_key: &'a str,
    /// What the tenant opened.
    pub allow: &'a AllowList,
    /// Further headers; they may be secret.
    pub headers: Vec<(HeaderName, String)>,
    /// Shorter than the client's own time, where the receiver has one.
    pub timeout: Option<Duration>,
    /// A status that passes later with this receiver, though it says otherwise with others.
    pub also_passing: Option<u16>,
}

impl<'a> Post<'a> {
    /// JSON to an address.
    #[must_use]
    pub const fn new(
        url: &'a str,
        body: Vec<u8>,
        idempotency_key: &'a str,
        allow: &'a AllowList,
    ) -> Self {
        Self {
            url,
            body,
            idempotency_key,
            allow,
            headers: Vec::new(),
            timeout: None,
            also_passing: None,
        }
    }
}

/// TLS that trusts the certificates of this machine.
pub fn system_tls() -> anyhow::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

impl WebhookClient {
    /// `forbidden` are sockets of this installation that no allow-list opens.
    #[must_use]
    pub fn new(tls: ClientConfig, forbidden: Vec<SocketAddr>, timeout: Duration) -> Self {
        Self {
            tls: Arc::new(tls),
            forbidden,
            timeout,
        }
    }

    /// Sends it and says how that ended, within the client's time.
    pub async fn send(&self, post: Post<'_>, clock: fn() -> Timestamp) -> Outcome {
        let own = post.timeout.filter(|own| !own.is_zero());
        let limit = own.map_or(self.timeout, |own| own.min(self.timeout));
        match timeout(limit, self.attempt(post, clock)).await {
            Ok(Ok(outcome) | Err(outcome)) => outcome,
            Err(_) => Outcome::unreachable(format!("no answer within {} ms", limit.as_millis())),
        }
    }

    async fn attempt(&self, post: Post<'_>, clock: fn() -> Timestamp) -> Result<Outcome, Outcome> {
        let target =
            Target::parse(post.url).map_err(|error| Outcome::refused(error.to_string()))?;
        let tcp = connect(&self.judged(&target, post.allow).await?).await?;
        let also_passing = post.also_passing;
        let request = request(&target, post)?;
        let answer = if target.is_https() {
            let name = ServerName::try_from(target.host())
                .map_err(|_| Outcome::refused("the host is no name for a certificate"))?;
            let tls = TlsConnector::from(self.tls.clone())
                .connect(name, tcp)
                .await
                .map_err(|error| Outcome::unreachable(format!("no TLS connection: {error}")))?;
            exchange(tls, request).await?
        } else {
            exchange(tcp, request).await?
        };
        let asked = answer
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok());
        let not_before = asked.and_then(|value| retry_after(value, clock()));
        let status = answer.status().as_u16();
        Ok(if also_passing == Some(status) {
            Outcome::passing(status, not_before)
        } else {
            Outcome::of_status(status, not_before)
        })
    }

    /// The addresses of the target that may be connected to; at least one.
    async fn judged(&self, target: &Target, allow: &AllowList) -> Result<Vec<SocketAddr>, Outcome> {
        let host = target.host();
        let found: Vec<SocketAddr> = match target.literal() {
            Some(address) => vec![address],
            None => tokio::net::lookup_host((host.as_str(), target.port()))
                .await
                .map_err(|error| Outcome::unreachable(format!("{host} has no address: {error}")))?
                .collect(),
        };
        let mut refused = None;
        let mut allowed = Vec::new();
        for address in found {
            match judge(address, allow, &self.forbidden) {
                Verdict::Allowed => allowed.push(address),
                Verdict::Refused { address, reason } => {
                    refused.get_or_insert_with(|| format!("{address} is refused: {reason}"));
                }
            }
        }
        match (allowed.is_empty(), refused) {
            (false, _) => Ok(allowed),
            (true, Some(refused)) => Err(Outcome::refused(refused)),
            (true, None) => Err(Outcome::unreachable(format!("{host} has no address"))),
        }
    }
}

/// The first address that takes a connection.
async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Outcome> {
    let mut last = Outcome::unreachable("no address");
    for address in addresses {
        match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => return Ok(tcp),
            Ok(Err(error)) => {
                last = Outcome::unreachable(format!("no connection to {address}: {error}"));
            }
            Err(_) => last = Outcome::unreachable(format!("no connection to {address} in time")),
        }
    }
    Err(last)
}

fn request(target: &Target, post: Post<'_>) -> Result<Request<Full<Bytes>>, Outcome> {
    let url = target.url();
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let host = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    let mut request = Request::post(path)
        .header(HOST, host)
        .header(USER_AGENT, HeaderValue::from_static(AGENT))
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header("idempotency-key", post.idempotency_key);
    for (name, value) in post.headers {
        let mut value = HeaderValue::try_from(value).map_err(|_| {
            Outcome::refused(format!(
                "the header {name} can't be made of what is configured"
            ))
        })?;
        value.set_sensitive(true);
        request = request.header(name, value);
    }
    request
        .body(Full::new(Bytes::from(post.body)))
        .map_err(|error| Outcome::refused(format!("no request can be made of the URL: {error}")))
}

/// One request, one answer, on a connection of its own.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Response<()>, Outcome> {
    let failed = |error: hyper::Error| Outcome::unreachable(format!("no answer: {error}"));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(failed)?;
    let exchange = async {
        let (head, body) = sender
            .send_request(request)
            .await
            .map_err(failed)?
            .into_parts();
        read_bounded(body).await;
        Ok(Response::from_parts(head, ()))
    };
    tokio::pin!(connection);
    tokio::pin!(exchange);
    tokio::select! {
        answer = &mut exchange => answer,
        _ = &mut connection => exchange.await,
    }
}

/// Reads some of the body; how it ends does not change what the status said.
async fn read_bounded(mut body: Incoming) {
    let mut read_bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read_bytes += frame.data_ref().map_or(0, Bytes::len);
        if read_bytes > MAX_ANSWER_BYTES {
            return;
        }
    }
}
