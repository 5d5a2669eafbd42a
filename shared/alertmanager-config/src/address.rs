use url::Url;

/// Whether Alertmanager takes it as an address of HTTP, and we can send there. The reason never shows the
/// address, which may be a secret.
pub(crate) fn check_url(text: &str) -> Result<(), String> {
    let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err("must be an address that begins with http:// or https://".to_owned());
    }
    let authority = rest
        .strip_prefix("//")
        .map(|rest| rest.split(['/', '?', '#']).next().unwrap_or(""));
    let Some(authority) = authority.filter(|authority| !authority.is_empty()) else {
        return Err("the address has no host; write it as https://host/path".to_owned());
    };
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let whole = user.chars().all(is_of_user)
        && host.chars().all(is_of_host)
        && !text.chars().any(char::is_control)
        && escapes_are_whole(rest);
    if !whole {
        return Err("the address has characters that no address may have".to_owned());
    }
    Url::parse(text).map_err(|reason| format!("this is no address: {reason}"))?;
    Ok(())
}

/// As Go takes it, before an `@`.
fn is_of_user(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c)
}

/// As Go takes it, with its port.
fn is_of_host(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii() || "-._~!$&'()*+,;=:[]<>\"%".contains(c)
}

fn escapes_are_whole(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or(text);
    path.split('%').skip(1).all(|after| {
        let digits = after.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// Whether it is `host:port`, as Go splits it; the host may be empty.
pub(crate) fn check_host_and_port(text: &str) -> Result<(), String> {
    let wrong = |reason: &str| Err(format!("{reason}; write it as host:port"));
    let Some((host, port)) = text.rsplit_once(':') else {
        return wrong("the port is missing");
    };
    let host = if let Some(inner) = host.strip_prefix('[') {
        let Some(inner) = inner.strip_suffix(']') else {
            return wrong("the bracket of an IPv6 address does not close before the port");
        };
        inner
    } else if host.contains(':') {
        return wrong("an IPv6 address stands in brackets");
    } else {
        host
    };
    if host.contains(['[', ']']) || port.contains(['[', ']']) {
        return wrong("there is a bracket too many");
    }
    if port.is_empty() {
        return wrong("the port is empty");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_its_scheme_and_its_host() {
        for good in [
            "http://a",
            "HTTPS://a.b:8080/c?d=e#f",
            "http://u:p@a/%20",
            "http://[::1]:1/",
            "http://a/{{ }}",
        ] {
            assert_eq!(check_url(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "a",
            "ftp://a",
            "http:",
            "http:a",
            "http:///a",
            "http://",
            "http://a b/",
            "http://a/%zz",
            "http://a\n/",
            "http://a:b/",
            "http://a\\b/",
            "http://u x@a/",
            "http://@/",
            "<secret>",
        ] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_smarthost_is_a_host_and_a_port() {
        for good in ["a:25", ":25", "[::1]:25", "a:smtp"] {
            assert_eq!(check_host_and_port(good), Ok(()), "{good}");
        }
        for bad in ["a", "a:", "::1:25", "[::1]", "[::1:25", "a]:25"] {
            assert!(check_host_and_port(bad).is_err(), "{bad}");
        }
    }
}
