//! Was it taken? Posts one flush, and says whether to send it again. Fetches what the service has for agents.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use ureq::Agent;
use ureq::http::HeaderMap;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::encoding::Protocol;
use crate::flush::Flush;
use crate::token::Token;

/// What the service said to one flush.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Stored.
    Taken,
    /// Come back later with the same body.
    Again {
        /// Why, for the log.
        reason: String,
        /// How long the service asks to wait.
        wait: Option<Duration>,
    },
    /// Sending the same body again would get the same answer.
    Refused {
        /// Why, for the log.
        reason: String,
        /// How many of its samples were stored nevertheless, as far as the service says.
        written: usize,
    },
}

/// Whose signature on the service's certificate counts.
#[derive(Debug, Clone, Default)]
pub enum Authorities {
    /// Mozilla's list, as compiled in.
    #[default]
    Mozilla,
    /// These and no others.
    Own(Vec<Certificate<'static>>),
}

impl Authorities {
    /// The certificates in a PEM file.
    pub fn of_file(path: &Path) -> Result<Self, String> {
        let said = |problem: String| format!("{}: {problem}", path.display());
        let pem = std::fs::read(path).map_err(|error| said(error.to_string()))?;
        let certificate = |item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
            Ok(_) => None,
            Err(error) => Some(Err(said(format!("not PEM: {error}")))),
        };
        let certificates: Vec<_> = parse_pem(&pem)
            .filter_map(certificate)
            .collect::<Result<_, _>>()?;
        if certificates.is_empty() {
            return Err(said("no certificate in it".to_owned()));
        }
        Ok(Self::Own(certificates))
    }
}

/// Where flushes go.
pub struct Destination {
    agent: Agent,
    url: String,
    token: Token,
    host: String,
}

/// What the service has, as far as it differs from what the agent has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// 200.
    New {
        /// What to say the next time.
        etag: Option<String>,
        /// The content.
        body: Vec<u8>,
        /// For how long it need not be asked for again.
        max_age: Option<Duration>,
    },
    /// 304.
    Same {
        /// For how long it need not be asked for again.
        max_age: Option<Duration>,
    },
    /// The service has no such thing, or not for this token.
    Absent,
    /// No answer, or one that says nothing.
    Unknown,
}

/// How much of an error's text is worth a log line.
const REASON_BYTES: u64 = 600;

/// More than any list of thresholds; what is longer is cut, and not a list any more.
const FETCHED_BYTES: u64 = 512 * 1024;

impl Destination {
    /// `url` is the service's address without a path.
    #[must_use]
    pub fn new(url: &str, token: Token, host: &str, authorities: &Authorities) -> Self {
        let roots = match authorities {
            Authorities::Mozilla => RootCerts::WebPki,
            Authorities::Own(certificates) => RootCerts::new_with_certs(certificates),
        };
        let config = Agent::config_builder()
            .timeout_connect(Some(Duration::from_secs(5)))
            .timeout_global(Some(Duration::from_secs(20)))
            // A redirected token is a token in other hands.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .proxy(None)
            .max_idle_connections(1)
            .max_idle_connections_per_host(1)
            .input_buffer_size(8 * 1024)
            .output_buffer_size(8 * 1024)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .user_agent(concat!("toban-agent/", env!("CARGO_PKG_VERSION")));
        Self {
            agent: config.build().new_agent(),
            url: url.trim_end_matches('/').to_owned(),
            token,
            host: host.to_owned(),
        }
    }

    /// Gets `path`, unless it is still what `etag` names.
    pub fn fetch(&self, path: &str, etag: Option<&str>) -> Fetched {
        let Ok(token) = self.token.read() else {
            return Fetched::Unknown;
        };
        let mut request = self
            .agent
            .get(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {token}"))
            .header("x-toban-host", &self.host);
        if let Some(etag) = etag {
            request = request.header("if-none-match", etag);
        }
        let Ok(response) = request.call() else {
            return Fetched::Unknown;
        };
        let status = response.status().as_u16();
        let etag = text_of(response.headers(), "etag").map(str::to_owned);
        let max_age = text_of(response.headers(), "cache-control").and_then(max_age);
        let mut body = Vec::new();
        let read = response
            .into_body()
            .into_reader()
            .take(FETCHED_BYTES)
            .read_to_end(&mut body);
        match (status, read) {
            (200, Ok(_)) => Fetched::New {
                etag,
                body,
                max_age,
            },
            (304, _) => Fetched::Same { max_age },
            (401 | 403 | 404 | 405 | 410, _) => Fetched::Absent,
            _ => Fetched::Unknown,
        }
    }

    /// Posts one flush.
    pub fn post(&self, flush: &Flush) -> Verdict {
        let again = |reason: String| Verdict::Again { reason, wait: None };
        let token = match self.token.read() {
            Ok(token) => token,
            Err(reason) => return again(reason),
        };
        let (content_type, version) = match flush.protocol {
            Protocol::V1 => ("application/x-protobuf", "0.1.0"),
            Protocol::V2 => (
                "application/x-protobuf;proto=io.prometheus.write.v2.Request",
                "2.0.0",
            ),
        };
        let answer = self
            .agent
            .post(format!("{}/api/v1/write", self.url))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", content_type)
            .header("content-encoding", "snappy")
            .header("x-prometheus-remote-write-version", version)
            .header("x-toban-host", &self.host)
            .header("x-toban-flush", "complete")
            .send(flush.body.as_slice());
        match answer {
            Ok(response) => {
                let status = response.status().as_u16();
                let wait = retry_after(response.headers());
                let written = text_of(response.headers(), WRITTEN);
                let written = written.and_then(|text| text.trim().parse().ok());
                // Read to the end where it is short, so that the connection serves the next flush.
                let mut text = Vec::new();
                let _ = response
                    .into_body()
                    .into_reader()
                    .take(REASON_BYTES)
                    .read_to_end(&mut text);
                let text = String::from_utf8_lossy(&text).replace(&token, "[token]");
                verdict(status, wait, written.unwrap_or(0), &text)
            }
            Err(error) => again(error.to_string()),
        }
    }
}

/// Remote write 2.0: how many samples were stored, also of a body that was refused.
const WRITTEN: &str = "x-prometheus-remote-write-samples-written";

fn text_of<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date, which is read against the service's own
/// `Date` because the clock here may be wrong.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = text_of(headers, "retry-after")?.trim();
    if let Ok(secs) = text.parse() {
        return Some(Duration::from_secs(secs));
    }
    let then = httpdate::parse_http_date(text).ok()?;
    let now = httpdate::parse_http_date(text_of(headers, "date")?).ok()?;
    then.duration_since(now).ok()
}

/// `max-age` of a `Cache-Control`.
fn max_age(header: &str) -> Option<Duration> {
    let mut directives = header.split(',').map(str::trim);
    let secs = directives.find_map(|one| one.strip_prefix("max-age="))?;
    secs.parse().ok().map(Duration::from_secs)
}

/// What an answer means for the flush it answers.
#[must_use]
pub fn verdict(status: u16, wait: Option<Duration>, written: usize, text: &str) -> Verdict {
    let reason = format!("{status} {}", printable(text))
        .trim_end()
        .to_owned();
    match status {
        200..=299 => Verdict::Taken,
        // 408 and 425 speak of the moment, not of the body.
        408 | 425 | 429 | 500..=599 => Verdict::Again { reason, wait },
        _ => Verdict::Refused { reason, written },
    }
}

/// One line, whatever the answer holds.
fn printable(text: &str) -> String {
    let blank_controls = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(blank_controls).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_the_next_time_is_sent_again() {
        for status in [200, 204] {
            assert_eq!(verdict(status, None, 0, ""), Verdict::Taken);
        }
        for status in [408, 425, 429, 500, 502, 503, 504] {
            assert!(
                matches!(verdict(status, None, 0, ""), Verdict::Again { .. }),
                "{status}"
            );
        }
        for status in [301, 400, 401, 403, 404, 413, 415, 600] {
            assert!(
                matches!(verdict(status, None, 0, ""), Verdict::Refused { .. }),
                "{status}"
            );
        }
    }

    #[test]
    fn an_answer_can_not_forge_a_log_line() {
        let Verdict::Refused { reason, .. } = verdict(400, None, 0, "a\nb\u{1b}[31m") else {
            panic!("400 is refused");
        };
        assert_eq!(reason, "400 a b [31m");
    }

    #[test]
    fn a_wait_is_seconds_or_a_date_against_the_services_own() {
        let asked = |retry_after: &str, date: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", retry_after.parse().unwrap());
            if let Some(date) = date {
                headers.insert("date", date.parse().unwrap());
            }
            super::retry_after(&headers).map(|wait| wait.as_secs())
        };
        let date = Some("Fri, 20 Nov 2026 09:00:00 GMT");
        assert_eq!(asked(" 7 ", None), Some(7));
        assert_eq!(asked("Fri, 20 Nov 2026 09:00:30 GMT", date), Some(30));
        assert_eq!(asked("Fri, 20 Nov 2026 08:00:00 GMT", date), None);
        assert_eq!(asked("Fri, 20 Nov 2026 09:00:30 GMT", None), None);
        for nonsense in ["-1", "soon", "", "1e9"] {
            assert_eq!(asked(nonsense, date), None, "{nonsense}");
        }
    }

    #[test]
    fn only_max_age_says_how_long_an_answer_stays_fresh() {
        let secs = |header| max_age(header).map(|age| age.as_secs());
        assert_eq!(secs("private, max-age=900"), Some(900));
        assert_eq!(secs("no-cache"), None);
        assert_eq!(secs("max-age=-1"), None);
    }
}
