use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use proptest::prelude::*;

use crate::{AllowEntry, AllowList, InvalidTarget, Reason, Scope, Target, Verdict, judge};

/// First and last address of each refused network.
const REFUSED: &[(&str, &str, Scope)] = &[
    ("0.0.0.0", "0.255.255.255", Scope::Unspecified),
    ("10.0.0.0", "10.255.255.255", Scope::Private),
    ("100.64.0.0", "100.127.255.255", Scope::SharedNat),
    ("127.0.0.0", "127.255.255.255", Scope::Loopback),
    ("169.254.0.0", "169.254.255.255", Scope::LinkLocal),
    ("172.16.0.0", "172.31.255.255", Scope::Private),
    ("192.0.0.0", "192.0.0.255", Scope::Reserved),
    ("192.0.2.0", "192.0.2.255", Scope::Documentation),
    ("192.88.99.0", "192.88.99.255", Scope::Reserved),
    ("192.168.0.0", "192.168.255.255", Scope::Private),
    ("198.18.0.0", "198.19.255.255", Scope::Benchmarking),
    ("198.51.100.0", "198.51.100.255", Scope::Documentation),
    ("203.0.113.0", "203.0.113.255", Scope::Documentation),
    ("224.0.0.0", "239.255.255.255", Scope::Multicast),
    ("240.0.0.0", "255.255.255.254", Scope::Reserved),
    ("255.255.255.255", "255.255.255.255", Scope::Broadcast),
    ("::", "::", Scope::Unspecified),
    ("::1", "::1", Scope::Loopback),
    ("::2", "::ffff:ffff", Scope::EmbeddedIpv4),
    ("64:ff9b::", "64:ff9b::ffff:ffff", Scope::EmbeddedIpv4),
    (
        "64:ff9b:1::",
        "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
        Scope::EmbeddedIpv4,
    ),
    ("100::", "100::ffff:ffff:ffff:ffff", Scope::Reserved),
    (
        "2001::",
        "2001:0:ffff:ffff:ffff:ffff:ffff:ffff",
        Scope::EmbeddedIpv4,
    ),
    (
        "2001:2::",
        "2001:2:0:ffff:ffff:ffff:ffff:ffff",
        Scope::Benchmarking,
    ),
    (
        "2001:10::",
        "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
        Scope::Reserved,
    ),
    (
        "2001:db8::",
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        Scope::Documentation,
    ),
    (
        "2002::",
        "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        Scope::EmbeddedIpv4,
    ),
    (
        "3fff::",
        "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
        Scope::Documentation,
    ),
    (
        "4000::",
        "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        Scope::Reserved,
    ),
    (
        "fc00::",
        "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        Scope::Private,
    ),
    (
        "fe80::",
        "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        Scope::LinkLocal,
    ),
    (
        "fec0::",
        "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        Scope::Private,
    ),
    (
        "ff00::",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        Scope::Multicast,
    ),
];

const METADATA: &[&str] = &[
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "::169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "2001:0:4136:e378:8000:63bf:5601:5601",
    "2001:0:a9fe:a9fe::1",
    "169.254.170.2",
    "fd00:ec2::254",
    "fd00:ec2::23",
];

fn everything_allowed() -> AllowList {
    AllowList(vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()])
}

fn verdict(ip: &str, allow: &AllowList) -> Verdict {
    judge(SocketAddr::new(ip.parse().unwrap(), 443), allow, &[])
}

fn scope_of(verdict: Verdict) -> Option<Scope> {
    match verdict {
        Verdict::Refused {
            reason: Reason::NotPublic(scope),
            ..
        } => Some(scope),
        _ => None,
    }
}

#[test]
fn the_first_and_last_address_of_each_special_network_is_refused() {
    for (first, last, scope) in REFUSED {
        for ip in [first, last] {
            assert_eq!(
                scope_of(verdict(ip, &AllowList::default())),
                Some(*scope),
                "{ip}"
            );
        }
    }
}

#[test]
fn the_public_neighbours_of_special_networks_are_allowed() {
    for ip in [
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.0.3.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "2001:200::1",
        "2001:db9::",
        "2003::1",
        "2400:cb00::1",
        "3ffe::1",
        "2606:4700:4700::1111",
        "::ffff:8.8.8.8",
    ] {
        assert_eq!(verdict(ip, &AllowList::default()), Verdict::Allowed, "{ip}");
    }
}

#[test]
fn metadata_is_refused_in_every_form_even_where_everything_is_allowed() {
    for ip in METADATA {
        assert!(
            matches!(
                verdict(ip, &everything_allowed()),
                Verdict::Refused {
                    reason: Reason::Never,
                    ..
                }
            ),
            "{ip}"
        );
    }
}

#[test]
fn an_allow_list_opens_its_networks_and_ports_only() {
    let allow = |text: &str| AllowList(vec![text.parse().unwrap()]);
    let cases = [
        ("127.0.0.0/8", "127.0.0.1:80", true),
        ("127.0.0.0/8", "[::ffff:127.0.0.1]:80", true),
        ("127.0.0.0/8", "[::127.0.0.1]:80", false),
        ("127.0.0.1:9093", "127.0.0.1:9093", true),
        ("127.0.0.1:9093", "127.0.0.1:9094", false),
        ("127.0.0.1", "127.0.0.2:9093", false),
        ("10.1.2.3/16", "10.1.255.255:1", true),
        ("10.1.2.3/16", "10.2.0.0:1", false),
        ("[fd00::/8]:443", "[fd12::1]:443", true),
        ("[fd00::/8]:443", "[fd12::1]:80", false),
        ("::ffff:10.0.0.0/104", "10.9.9.9:80", true),
    ];
    for (entry, address, allowed) in cases {
        let verdict = judge(address.parse().unwrap(), &allow(entry), &[]);
        assert_eq!(verdict == Verdict::Allowed, allowed, "{entry} {address}");
    }
}

#[test]
fn an_entry_is_written_as_it_is_read_and_nonsense_is_refused() {
    for text in [
        "127.0.0.0/8",
        "127.0.0.1/32:9093",
        "[fd00::/8]:443",
        "::1/128",
    ] {
        assert_eq!(text.parse::<AllowEntry>().unwrap().to_string(), text);
    }
    for bad in [
        "",
        "x",
        "10.0.0.0/33",
        "10.0.0.1:0",
        "10.0.0.1:x",
        "[::1",
        "[::1]443",
        "example.com",
        "*",
    ] {
        let json = serde_json::to_string(bad).unwrap();
        assert!(serde_json::from_str::<AllowEntry>(&json).is_err(), "{bad}");
    }
}

#[test]
fn a_socket_of_the_installation_stays_shut_under_each_of_its_names() {
    let runtime = ["127.0.0.1:9001".parse().unwrap()];
    for address in [
        "127.0.0.1:9001",
        "127.0.0.9:9001",
        "0.0.0.0:9001",
        "[::1]:9001",
        "[::]:9001",
        "[::ffff:127.0.0.1]:9001",
        "[::127.0.0.1]:9001",
        "[64:ff9b::7f00:1]:9001",
    ] {
        let verdict = judge(address.parse().unwrap(), &everything_allowed(), &runtime);
        assert!(
            matches!(
                verdict,
                Verdict::Refused {
                    reason: Reason::Never,
                    ..
                }
            ),
            "{address}"
        );
    }
    let other_port = "127.0.0.1:9002".parse().unwrap();
    assert_eq!(
        judge(other_port, &everything_allowed(), &runtime),
        Verdict::Allowed
    );
}

#[test]
fn hosts_written_as_numbers_become_the_addresses_they_mean() {
    for (url, literal) in [
        ("http://2130706433/", "127.0.0.1:80"),
        ("http://0x7f.1/", "127.0.0.1:80"),
        ("https://0177.0.0.1/", "127.0.0.1:443"),
        ("http://127.1:8080/", "127.0.0.1:8080"),
        ("http://0/", "0.0.0.0:80"),
        ("http://[::ffff:a9fe:a9fe]/", "[::ffff:169.254.169.254]:80"),
        ("http://１２７.0.0.1/", "127.0.0.1:80"),
        (
            "http://169.254.169.254\\@example.com/",
            "169.254.169.254:80",
        ),
    ] {
        let target = Target::parse(url).unwrap();
        assert_eq!(target.literal(), Some(literal.parse().unwrap()), "{url}");
    }
    assert_eq!(
        Target::parse("https://example.com/x").unwrap().literal(),
        None
    );
}

#[test]
fn a_url_that_is_no_plain_http_address_is_refused() {
    let too_long = format!("http://example.com/{}", "a".repeat(2048));
    for (url, reason) in [
        ("ftp://example.com/", InvalidTarget::Scheme),
        ("file:///etc/passwd", InvalidTarget::Scheme),
        ("gopher://example.com/", InvalidTarget::Scheme),
        ("http://user@example.com/", InvalidTarget::UserInfo),
        ("http://:pass@example.com/", InvalidTarget::UserInfo),
        ("http://exa\nmple.com/", InvalidTarget::Character),
        ("http://example.com/ x", InvalidTarget::Character),
        (
            "/relative",
            InvalidTarget::Syntax(url::ParseError::RelativeUrlWithoutBase),
        ),
        ("http://", InvalidTarget::Syntax(url::ParseError::EmptyHost)),
        (
            "http://999.1.1.1/",
            InvalidTarget::Syntax(url::ParseError::InvalidIpv4Address),
        ),
        (&too_long, InvalidTarget::TooLong),
    ] {
        assert_eq!(Target::parse(url), Err(reason), "{url}");
    }
}

fn within((first, last, _): (&str, &str, Scope)) -> BoxedStrategy<IpAddr> {
    match (first.parse().unwrap(), last.parse().unwrap()) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u32::from(a)..=u32::from(b))
            .prop_map(|n| IpAddr::V4(Ipv4Addr::from(n)))
            .boxed(),
        (IpAddr::V6(a), IpAddr::V6(b)) => (u128::from(a)..=u128::from(b))
            .prop_map(|n| IpAddr::V6(Ipv6Addr::from(n)))
            .boxed(),
        _ => unreachable!("one family per row"),
    }
}

fn refused_address() -> impl Strategy<Value = IpAddr> {
    prop::sample::select(REFUSED).prop_flat_map(within)
}

/// Every IPv6 form that carries this IPv4 address.
fn embeddings(ip: Ipv4Addr) -> Vec<IpAddr> {
    let number = u128::from(u32::from(ip));
    let inverted = u128::from(!u32::from(ip));
    let prefix = |text: &str| u128::from(text.parse::<Ipv6Addr>().unwrap());
    [
        prefix("::ffff:0:0") | number,
        number,
        prefix("64:ff9b::") | number,
        prefix("64:ff9b:1::") | number,
        prefix("2002::") | (number << 80),
        prefix("2001:0:808:808::") | inverted,
    ]
    .map(|bits| IpAddr::V6(Ipv6Addr::from(bits)))
    .to_vec()
}

proptest! {
    #[test]
    fn no_address_of_a_refused_network_passes(ip in refused_address(), port in 1_u16..) {
        let verdict = judge(SocketAddr::new(ip, port), &AllowList::default(), &[]);
        prop_assert!(verdict != Verdict::Allowed, "{ip}");
    }

    #[test]
    fn no_embedding_of_a_refused_ipv4_address_passes(ip in refused_address(), port in 1_u16..) {
        if let IpAddr::V4(v4) = ip {
            for form in embeddings(v4) {
                let verdict = judge(SocketAddr::new(form, port), &AllowList::default(), &[]);
                prop_assert!(verdict != Verdict::Allowed, "{form}");
            }
        }
    }

    #[test]
    fn allowing_more_never_refuses_more(bits in any::<u128>(), v4 in any::<bool>(), port in any::<u16>()) {
        let ip = if v4 { IpAddr::V4(Ipv4Addr::from(bits as u32)) } else { IpAddr::V6(bits.into()) };
        let address = SocketAddr::new(ip, port);
        if judge(address, &AllowList::default(), &[]) == Verdict::Allowed {
            prop_assert_eq!(judge(address, &everything_allowed(), &[]), Verdict::Allowed);
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        let _ = Target::parse(&text);
        let _ = Target::parse(&format!("http://{text}"));
        let _ = text.parse::<AllowEntry>();
    }
}
