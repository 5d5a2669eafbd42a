//! Was it taken? Posts one flush, and says whether to send it again.

use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use ureq::Agent;

use crate::flush::Flush;

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
    },
}

/// The token, never shown by anything.
pub enum Token {
    /// As given.
    Text(String),
    /// Read for every flush, so that a rotated token acts at once.
    File(PathBuf),
}

impl Token {
    fn bearer(&self) -> Result<String, String> {
        let token = match self {
            Self::Text(text) => text.clone(),
            Self::File(path) => std::fs::read_to_string(path)
                .map_err(|error| format!("token file {}: {error}", path.display()))?,
        };
        let token = token.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the token is empty or has characters a token never has".to_owned());
        }
        Ok(format!("Bearer {token}"))
    }
}

/// Where flushes go.
pub struct Destination {
    agent: Agent,
    write_url: String,
    token: Token,
    host: String,
}

/// How much of an error's text is worth a log line.
const REASON_BYTES: u64 = 600;

impl Destination {
    /// `url` is the service's address without a path.
    #[must_use]
    pub fn new(url: &str, token: Token, host: &str) -> Self {
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
            .user_agent(concat!("toban-agent/", env!("CARGO_PKG_VERSION")));
        Self {
            agent: config.build().new_agent(),
            write_url: format!("{}/api/v1/write", url.trim_end_matches('/')),
            token,
            host: host.to_owned(),
        }
    }

    /// Posts one flush.
    pub fn post(&self, flush: &Flush) -> Verdict {
        let again = |reason: String| Verdict::Again { reason, wait: None };
        let bearer = match self.token.bearer() {
            Ok(bearer) => bearer,
            Err(reason) => return again(reason),
        };
        let answer = self
            .agent
            .post(&self.write_url)
            .header("authorization", bearer)
            .header("content-type", "application/x-protobuf")
            .header("content-encoding", "snappy")
            .header("x-prometheus-remote-write-version", "0.1.0")
            .header("x-toban-host", &self.host)
            .header("x-toban-flush", "complete")
            .send(flush.body.as_slice());
        match answer {
            Ok(response) => {
                let status = response.status().as_u16();
                let wait = response
                    .headers()
                    .get("retry-after")
                    .and_then(|value| value.to_str().ok()?.trim().parse().ok())
                    .map(Duration::from_secs);
                // Read to the end where it is short, so that the connection serves the next flush.
                let mut text = Vec::new();
                let _ = response
                    .into_body()
                    .into_reader()
                    .take(REASON_BYTES)
                    .read_to_end(&mut text);
                verdict(status, wait, &String::from_utf8_lossy(&text))
            }
            Err(error) => again(error.to_string()),
        }
    }
}

/// What an answer means for the flush it answers.
#[must_use]
pub fn verdict(status: u16, wait: Option<Duration>, text: &str) -> Verdict {
    let reason = format!("{status} {}", printable(text))
        .trim_end()
        .to_owned();
    match status {
        200..=299 => Verdict::Taken,
        429 | 500..=599 => Verdict::Again { reason, wait },
        _ => Verdict::Refused { reason },
    }
}

/// One line, whatever the answer holds.
fn printable(text: &str) -> String {
    let blank_controls = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(blank_controls).collect()
}

/// How long to wait before the next attempt: doubling, a minute at most, and never all hosts at once.
pub struct Backoff {
    attempt: u32,
    first: Duration,
    most: Duration,
}

impl Backoff {
    /// Starts at `first` and doubles up to `most`.
    #[must_use]
    pub fn new(first: Duration, most: Duration) -> Self {
        Self {
            attempt: 0,
            first,
            most,
        }
    }

    /// The next wait: between half of the step and all of it, chosen by `random`; never shorter than
    /// the service `asked` for (as far as `most` goes).
    pub fn next(&mut self, asked: Option<Duration>, random: u64) -> Duration {
        let step = self
            .first
            .saturating_mul(1 << self.attempt.min(20))
            .min(self.most);
        self.attempt = self.attempt.saturating_add(1);
        let share = f64::from(u32::try_from(random >> 32).unwrap_or(0)) / f64::from(u32::MAX);
        step.mul_f64(0.5 + share / 2.0)
            .max(asked.unwrap_or_default().min(self.most))
    }

    /// After a flush was taken.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_the_next_time_is_sent_again() {
        for status in [200, 204] {
            assert_eq!(verdict(status, None, ""), Verdict::Taken);
        }
        for status in [429, 500, 502, 503, 504] {
            assert!(
                matches!(verdict(status, None, ""), Verdict::Again { .. }),
                "{status}"
            );
        }
        for status in [301, 400, 401, 403, 404, 408, 413, 415] {
            assert!(
                matches!(verdict(status, None, ""), Verdict::Refused { .. }),
                "{status}"
            );
        }
    }

    #[test]
    fn an_answer_can_not_forge_a_log_line() {
        let Verdict::Refused { reason } = verdict(400, None, "a\nb\u{1b}[31m") else {
            panic!("400 is refused");
        };
        assert_eq!(reason, "400 a b [31m");
    }

    #[test]
    fn waits_double_to_a_minute_and_never_exceed_it() {
        let secs = Duration::from_secs;
        let mut backoff = Backoff::new(secs(1), secs(60));
        let most: Vec<_> = (0..8).map(|_| backoff.next(None, u64::MAX)).collect();
        assert_eq!(most, [1, 2, 4, 8, 16, 32, 60, 60].map(secs));
        backoff.reset();
        assert_eq!(backoff.next(None, 0), secs(1) / 2);
        assert_eq!(backoff.next(Some(secs(9)), 0), secs(9));
        assert_eq!(backoff.next(Some(secs(9999)), 0), secs(60));
        (0..100).for_each(|_| assert!(backoff.next(None, u64::MAX) <= secs(60)));
    }
}
