//! Whose flush is it, and is it a whole host?

use std::collections::BTreeSet;

use http::HeaderMap;
use ids::{HostId, SenderId, TenantId, TokenId};
use jiff::Timestamp;

use series::{MetadataView, SeriesView};

const HOST_HEADER: &str = "x-toban-host";
const FLUSH_HEADER: &str = "x-toban-flush";

/// What the headers declare of a flush.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Under whom its chunks are found.
    pub sender: SenderId,
    /// The one host it holds completely, where it does.
    pub host: Option<HostId>,
}

impl Declared {
    /// A flush belongs to its token unless it says otherwise.
    #[must_use]
    pub fn of_token(token: &TokenId) -> Self {
        Self {
            sender: SenderId::of_token(token),
            host: None,
        }
    }
}

/// Why a flush was refused; the text says what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlushError {
    /// The headers contradict each other.
    #[error("X-Toban-Flush: complete needs X-Toban-Host with the name of the host: {0}")]
    Host(String),
    /// A complete flush speaks of another host.
    #[error(
        "a complete flush of {host} holds a series of instance {instance:?}: send one host a body, or leave X-Toban-Flush out"
    )]
    OtherHost {
        /// The declared host.
        host: HostId,
        /// The label found.
        instance: String,
    },
}

/// Reads the headers; without them a flush belongs to its token.
pub fn declared(headers: &HeaderMap, token: &TokenId) -> Result<Declared, FlushError> {
    let bytes = |name| headers.get(name).map(http::HeaderValue::as_bytes);
    if bytes(FLUSH_HEADER) != Some(b"complete".as_slice()) {
        return Ok(Declared::of_token(token));
    }
    // Two names must not become one by what stands in for broken bytes.
    let host = std::str::from_utf8(bytes(HOST_HEADER).unwrap_or_default())
        .map_err(|error| FlushError::Host(error.to_string()))
        .and_then(|name| HostId::new(name).map_err(|error| FlushError::Host(error.to_string())))?;
    Ok(Declared {
        sender: SenderId::of_host(&host),
        host: Some(host),
    })
}

/// One accepted body.
#[derive(Debug, Clone, Copy)]
pub struct Flush<'a> {
    /// Whose.
    pub tenant: &'a TenantId,
    /// From whom.
    pub declared: &'a Declared,
    /// What it says.
    pub series: &'a [SeriesView<'a>],
    /// The hosts that it names, where its protocol has a place for them; else `instance` does.
    pub hosts: Option<&'a BTreeSet<String>>,
    /// What it says about metrics.
    pub families: &'a [MetadataView<'a>],
    /// How many points were taken of it, as they were sent.
    pub points: u64,
    /// When it arrived.
    pub arrived_at: Timestamp,
}

impl Flush<'_> {
    /// The time of its newest sample.
    #[must_use]
    pub fn newest_ms(&self) -> Option<i64> {
        self.series
            .iter()
            .flat_map(|series| series.samples)
            .map(|sample| sample.time_ms)
            .max()
    }

    /// Whether every series ends with a stale marker: whoever it speaks of left on purpose.
    #[must_use]
    pub fn is_farewell(&self) -> bool {
        self.series
            .iter()
            .all(|series| newest(series).is_some_and(|sample| sample.is_stale()))
    }

    /// Refuses a complete flush that speaks of another host.
    pub fn check_hosts(&self) -> Result<(), FlushError> {
        let Some(host) = &self.declared.host else {
            return Ok(());
        };
        for series in self.series {
            let instance = series.label("instance");
            let same = instance == host.as_str()
                || HostId::of_instance(instance).is_ok_and(|of_instance| of_instance == *host);
            if !instance.is_empty() && !same {
                return Err(FlushError::OtherHost {
                    host: host.clone(),
                    instance: instance.to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// A series' newest sample, whatever the order in which its samples came.
#[must_use]
pub fn newest(series: &SeriesView<'_>) -> Option<series::Sample> {
    series
        .samples
        .iter()
        .copied()
        .max_by_key(|sample| (sample.time_ms, sample.value.to_bits()))
}

#[cfg(test)]
mod tests {
    use series::{STALE_NAN_BITS, Sample, SeriesId};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap()))
            .collect()
    }

    fn token() -> TokenId {
        TokenId::new("abcdefgh").unwrap()
    }

    #[test]
    fn without_headers_a_flush_belongs_to_its_token() {
        let declared = declared(&headers(&[("x-toban-host", "web-1")]), &token()).unwrap();
        assert_eq!(declared.sender.as_str(), "token.abcdefgh");
        assert_eq!(declared.host, None);
    }

    #[test]
    fn a_complete_flush_belongs_to_its_host() {
        let both = headers(&[("x-toban-host", "web-1"), ("x-toban-flush", "complete")]);
        assert_eq!(
            declared(&both, &token()).unwrap().sender.as_str(),
            "host.web-1"
        );
        let no_host = headers(&[("x-toban-flush", "complete")]);
        assert!(matches!(
            declared(&no_host, &token()),
            Err(FlushError::Host(_))
        ));
    }

    #[test]
    fn a_complete_flush_may_not_speak_of_another_host() {
        let both = headers(&[("x-toban-host", "web-1"), ("x-toban-flush", "complete")]);
        let declared = declared(&both, &token()).unwrap();
        let tenant = TenantId::new("demo").unwrap();
        let check = |instance: &str| {
            let labels = [("__name__", "up"), ("instance", instance)];
            let series = [SeriesView {
                id: SeriesId::of(labels),
                labels: &labels,
                samples: &[],
            }];
            Flush {
                tenant: &tenant,
                declared: &declared,
                series: &series,
                hosts: None,
                families: &[],
                points: 0,
                arrived_at: Timestamp::UNIX_EPOCH,
            }
            .check_hosts()
        };
        assert_eq!(check("web-1"), Ok(()));
        assert_eq!(check("web-1:9100"), Ok(()));
        assert!(matches!(check("web-2"), Err(FlushError::OtherHost { .. })));
    }

    #[test]
    fn only_stale_markers_are_a_farewell() {
        let stale = Sample {
            time_ms: 2,
            value: f64::from_bits(STALE_NAN_BITS),
        };
        let live = Sample {
            time_ms: 1,
            value: 1.0,
        };
        let declared = declared(&headers(&[]), &token()).unwrap();
        let tenant = TenantId::new("demo").unwrap();
        let farewell = |samples: &[Sample]| {
            let labels = [("__name__", "up")];
            let series = [SeriesView {
                id: SeriesId::of(labels),
                labels: &labels,
                samples,
            }];
            Flush {
                tenant: &tenant,
                declared: &declared,
                series: &series,
                hosts: None,
                families: &[],
                points: 0,
                arrived_at: Timestamp::UNIX_EPOCH,
            }
            .is_farewell()
        };
        assert!(farewell(&[live, stale]));
        assert!(farewell(&[stale, live]), "order of arrival changes nothing");
        assert!(!farewell(&[live]));
    }
}
