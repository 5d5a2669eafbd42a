use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// Networks that a tenant opened for its own receivers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AllowList(pub Vec<AllowEntry>);

impl AllowList {
    /// Whether one entry covers this address and port.
    #[must_use]
    pub fn permits(&self, address: SocketAddr) -> bool {
        self.0.iter().any(|entry| entry.covers(address))
    }
}

/// One network, with or without a port: `10.1.0.0/16`, `127.0.0.1:9093`, `[fd00::/8]:443`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AllowEntry {
    /// The network; a single address is its /32 or /128.
    pub network: IpNet,
    /// Only this port, where there is one.
    pub port: Option<u16>,
}

impl AllowEntry {
    fn covers(&self, address: SocketAddr) -> bool {
        self.network.contains(&address.ip().to_canonical())
            && self.port.is_none_or(|port| port == address.port())
    }
}

/// A text that is no entry of an allow-list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network: write 10.1.0.0/16, 127.0.0.1:9093 or [fd00::/8]:443")]
pub struct InvalidAllowEntry(String);

impl FromStr for AllowEntry {
    type Err = InvalidAllowEntry;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidAllowEntry(text.chars().take(80).collect());
        let (network, port) = split_port(text).ok_or_else(invalid)?;
        let network = match network.parse::<IpAddr>() {
            Ok(ip) => IpNet::from(ip),
            Err(_) => network.parse::<IpNet>().map_err(|_| invalid())?,
        };
        Ok(Self {
            network: canonical(network),
            port,
        })
    }
}

/// IPv4-mapped networks become IPv4 ones, as addresses do before they are judged.
fn canonical(network: IpNet) -> IpNet {
    let ipv4 = match network.addr().to_canonical() {
        IpAddr::V4(v4) if network.addr().is_ipv6() && network.prefix_len() >= 96 => {
            ipnet::Ipv4Net::new(v4, network.prefix_len() - 96).ok()
        }
        _ => None,
    };
    ipv4.map_or(network, IpNet::V4).trunc()
}

/// The network and its port; `None` where the port is no port.
fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port != 0);
    if let Some(rest) = text.strip_prefix('[') {
        return match rest.split_once(']')? {
            (network, "") => Some((network, None)),
            (network, after) => Some((network, Some(port(after.strip_prefix(':')?)?))),
        };
    }
    match text.split_once(':') {
        // More than one colon: an IPv6 network without port.
        Some((network, after)) if !after.contains(':') => Some((network, Some(port(after)?))),
        _ => Some((text, None)),
    }
}

impl fmt::Display for AllowEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.network, self.port) {
            (network, None) => write!(f, "{network}"),
            (IpNet::V4(network), Some(port)) => write!(f, "{network}:{port}"),
            (IpNet::V6(network), Some(port)) => write!(f, "[{network}]:{port}"),
        }
    }
}

impl TryFrom<String> for AllowEntry {
    type Error = InvalidAllowEntry;
    fn try_from(text: String) -> Result<Self, InvalidAllowEntry> {
        text.parse()
    }
}

impl From<AllowEntry> for String {
    fn from(entry: AllowEntry) -> String {
        entry.to_string()
    }
}
