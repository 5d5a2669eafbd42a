//! May we send to this address? The SSRF guard. Pure.
//!
//! Three questions, in this order: is the address a [`Target`] at all (scheme, userinfo, port), is
//! what its name resolved to in the public internet ([`Scope`]), and if not, does the tenant's
//! [`AllowList`] say so. The caller resolves the name itself and connects to the very address that
//! was judged, because a name can resolve differently the next time.

mod allow_list;
mod entered;
mod scope;
mod target;

use std::net::{IpAddr, SocketAddr};

pub use allow_list::{AllowEntry, AllowList, InvalidAllowEntry};
pub use entered::{check_topic, check_url};
pub use scope::Scope;
pub use target::{InvalidTarget, MAX_URL_LEN, Target};

/// What the guard says about one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Connect to it.
    Allowed,
    /// Don't.
    Refused {
        /// The address, an IPv4-mapped one in its IPv4 form.
        address: SocketAddr,
        /// Why.
        reason: Reason,
    },
}

/// Why an address was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Hands out credentials or steers this installation; no allow-list opens it.
    #[error("metadata and control addresses are never allowed")]
    Never,
    /// Port 0 can't be connected to.
    #[error("port 0 is no port")]
    PortZero,
    /// Not in the public internet, and not in the tenant's allow-list.
    #[error("{0} address, and not in the tenant's allow-list")]
    NotPublic(Scope),
}

/// Judges one resolved address. `forbidden` are sockets of the installation itself, such as the
/// runtime's own control port; like the metadata addresses they can't be allowed.
#[must_use]
pub fn judge(address: SocketAddr, allow: &AllowList, forbidden: &[SocketAddr]) -> Verdict {
    let ip = address.ip().to_canonical();
    let canonical = SocketAddr::new(ip, address.port());
    match refusal(canonical, allow, forbidden) {
        None => Verdict::Allowed,
        Some(reason) => Verdict::Refused {
            address: canonical,
            reason,
        },
    }
}

fn refusal(address: SocketAddr, allow: &AllowList, forbidden: &[SocketAddr]) -> Option<Reason> {
    let ip = address.ip();
    let same_socket = |other: &SocketAddr| {
        other.port() == address.port() && reaches(ip, other.ip().to_canonical())
    };
    if address.port() == 0 {
        return Some(Reason::PortZero);
    }
    if scope::is_metadata(ip) || forbidden.iter().any(same_socket) {
        return Some(Reason::Never);
    }
    match Scope::of(ip) {
        Scope::Public => None,
        _ if allow.permits(address) => None,
        scope => Some(Reason::NotPublic(scope)),
    }
}

/// Whether a connection to `ip` can end at `other`: 0.0.0.0 and `::` reach the host itself, an
/// embedded IPv4 address is reached through its translator.
fn reaches(ip: IpAddr, other: IpAddr) -> bool {
    let this_host = ip.is_unspecified() || ip.is_loopback();
    let other_is_this_host = other.is_unspecified() || other.is_loopback();
    ip == other
        || (this_host && other_is_this_host)
        || scope::embedded_ipv4(ip).is_some_and(|v4| reaches(IpAddr::V4(v4), other))
}

#[cfg(test)]
mod tests;
