use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which part of the address space an address is in; everything but [`Scope::Public`] is refused
/// unless allowed.
///
/// From the IANA special-purpose registries for IPv4 and IPv6. Of IPv6 only 2000::/3 is handed out
/// as global unicast, so whatever is not known and not in there is [`Scope::Reserved`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The public internet.
    Public,
    /// 0.0.0.0/8 and `::`.
    Unspecified,
    /// 127.0.0.0/8 and `::1`.
    Loopback,
    /// RFC 1918, and unique local addresses, fc00::/7 and fec0::/10.
    Private,
    /// Carrier-grade NAT, 100.64.0.0/10.
    SharedNat,
    /// 169.254.0.0/16 and `fe80::/10`.
    LinkLocal,
    /// 224.0.0.0/4 and `ff00::/8`.
    Multicast,
    /// 255.255.255.255.
    Broadcast,
    /// Set aside for examples.
    Documentation,
    /// Set aside for benchmarks.
    Benchmarking,
    /// An IPv4 address inside an IPv6 one: compatible, NAT64, 6to4, Teredo.
    EmbeddedIpv4,
    /// Anything else that is not handed out.
    Reserved,
}

impl Scope {
    /// The scope of an address; an IPv4-mapped one has that of its IPv4 address.
    #[must_use]
    pub fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(v4) => of_v4(v4),
            IpAddr::V6(v6) => of_v6(v6),
        }
    }
}

fn of_v4(ip: Ipv4Addr) -> Scope {
    match ip.octets() {
        [0, ..] => Scope::Unspecified,
        [127, ..] => Scope::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Scope::Private,
        [100, 64..=127, ..] => Scope::SharedNat,
        [169, 254, ..] => Scope::LinkLocal,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Scope::Documentation,
        [198, 18..=19, ..] => Scope::Benchmarking,
        // Protocol assignments, and the withdrawn 6to4 relay.
        [192, 0, 0, _] | [192, 88, 99, _] => Scope::Reserved,
        [255, 255, 255, 255] => Scope::Broadcast,
        [224..=239, ..] => Scope::Multicast,
        [240..=255, ..] => Scope::Reserved,
        _ => Scope::Public,
    }
}

fn of_v6(ip: Ipv6Addr) -> Scope {
    if ip.is_unspecified() {
        return Scope::Unspecified;
    }
    if ip.is_loopback() {
        return Scope::Loopback;
    }
    if embedded_ipv4(IpAddr::V6(ip)).is_some() {
        return Scope::EmbeddedIpv4;
    }
    match ip.segments() {
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => Scope::Private,
        [0xfe80..=0xfebf, ..] => Scope::LinkLocal,
        [0xff00..=0xffff, ..] => Scope::Multicast,
        [0x2001, 0x0db8, ..] | [0x3fff, 0x0000..=0x0fff, ..] => Scope::Documentation,
        [0x2001, 0x0002, 0, ..] => Scope::Benchmarking,
        // 2001::/23: protocol assignments.
        [0x2001, 0x0000..=0x01ff, ..] => Scope::Reserved,
        [0x2000..=0x3fff, ..] => Scope::Public,
        _ => Scope::Reserved,
    }
}

/// The IPv4 address that a translator or tunnel would take out of this IPv6 one.
pub(crate) fn embedded_ipv4(ip: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = ip else { return None };
    let from = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match v6.segments() {
        // `::` and `::1` are addresses of their own, not compatible ones.
        [0, 0, 0, 0, 0, 0, 0, 0..=1] => None,
        // Compatible (RFC 4291 2.5.5.1), mapped (2.5.5.2), translated (RFC 2765).
        [0, 0, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low] => from(high, low),
        // NAT64: well-known (RFC 6052) and local use (RFC 8215) prefix.
        [0x64, 0xff9b, 0 | 1, _, _, _, high, low] => from(high, low),
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => from(high, low),
        // Teredo (RFC 4380): the client's address, inverted.
        [0x2001, 0, _, _, _, _, high, low] => from(!high, !low),
        _ => None,
    }
}

/// Addresses at which a cloud hands out credentials, in any embedding.
pub(crate) fn is_metadata(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => matches!(
            v4.octets(),
            // Instances; containers and pods; Alibaba; Azure's host.
            [169, 254, 169, 254]
                | [169, 254, 170, 2 | 23]
                | [100, 100, 100, 200]
                | [168, 63, 129, 16]
        ),
        // fd00:ec2::254 instances, ::23 pods; fd20:ce::254 Google.
        IpAddr::V6(v6) => {
            matches!(
                v6.segments(),
                [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254 | 0x23]
                    | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254]
            ) || embedded_ipv4(ip).is_some_and(|v4| is_metadata(IpAddr::V4(v4)))
                || teredo_server(v6).is_some_and(|v4| is_metadata(IpAddr::V4(v4)))
        }
    }
}

fn teredo_server(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    match ip.segments() {
        [0x2001, 0, high, low, ..] => {
            Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
        }
        _ => None,
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "public",
            Self::Unspecified => "unspecified",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::SharedNat => "carrier-grade NAT",
            Self::LinkLocal => "link-local",
            Self::Multicast => "multicast",
            Self::Broadcast => "broadcast",
            Self::Documentation => "documentation",
            Self::Benchmarking => "benchmarking",
            Self::EmbeddedIpv4 => "IPv4-embedding",
            Self::Reserved => "reserved",
        })
    }
}
