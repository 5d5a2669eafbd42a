use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

/// The longest URL that is taken.
pub const MAX_URL_LEN: usize = 2048;

/// A URL that a request may be sent to, as far as its text tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
    host: Host<String>,
    port: u16,
}

/// Why a URL is no [`Target`]; the text says what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    /// Longer than [`MAX_URL_LEN`].
    #[error("the URL is longer than {MAX_URL_LEN} bytes")]
    TooLong,
    /// Spaces or control characters, which parsers read differently.
    #[error("the URL contains a space or control character")]
    Character,
    /// Not a URL.
    #[error("not a URL: {0}")]
    Syntax(url::ParseError),
    /// Neither http nor https.
    #[error("the scheme must be http or https")]
    Scheme,
    /// `user:password@`.
    #[error("the URL must not contain a user or password")]
    UserInfo,
}

impl Target {
    /// Parses a URL. Hosts written as decimal, octal or hexadecimal numbers become the addresses
    /// they mean, as browsers read them (WHATWG URL).
    pub fn parse(text: &str) -> Result<Self, InvalidTarget> {
        if text.len() > MAX_URL_LEN {
            return Err(InvalidTarget::TooLong);
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(InvalidTarget::Character);
        }
        let url = Url::parse(text).map_err(InvalidTarget::Syntax)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidTarget::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidTarget::UserInfo);
        }
        let empty_host = || InvalidTarget::Syntax(url::ParseError::EmptyHost);
        Ok(Self {
            host: url.host().ok_or_else(empty_host)?.to_owned(),
            port: url.port_or_known_default().ok_or_else(empty_host)?,
            url,
        })
    }

    /// The URL in normal form.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The port, that of the scheme where none is written.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The host as text, an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => ip.to_string(),
        }
    }

    /// The socket, where the host is an address and nothing is left to resolve.
    #[must_use]
    pub fn literal(&self) -> Option<SocketAddr> {
        let ip = match self.host {
            Host::Domain(_) => return None,
            Host::Ipv4(ip) => IpAddr::V4(ip),
            Host::Ipv6(ip) => IpAddr::V6(ip),
        };
        Some(SocketAddr::new(ip, self.port))
    }
}
