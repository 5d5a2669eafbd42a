//! What counts as an address of a generator.

/// As Go's `url.ParseRequestURI` judges: an absolute address, or a path that begins with a slash.
pub fn is_request_uri(text: &str) -> bool {
    if text.is_empty() || text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return false;
    }
    if text == "*" || text.starts_with('/') {
        return is_rest(text);
    }
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let mut letters = scheme.chars();
    let is_scheme = letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    // What has no slash there is no path, and not looked into.
    is_scheme && (!rest.starts_with('/') || is_rest(rest))
}

fn is_rest(rest: &str) -> bool {
    let path = rest.split('?').next().unwrap_or_default();
    let Some(after) = path.strip_prefix("//") else {
        return has_whole_escapes(path);
    };
    let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port),
        _ => (host, ""),
    };
    let is_host = |c: char| {
        !c.is_ascii() || c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:[]<>\"%".contains(c)
    };
    name.chars().all(is_host) && port.chars().all(|c| c.is_ascii_digit()) && has_whole_escapes(path)
}

fn has_whole_escapes(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let digits = after.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}
