//! What Go's and Prometheus' functions make of texts.

use super::value::Value;

/// Go's `Sprint`: a space between two values of which none is a text.
pub fn joined(values: &[Value]) -> String {
    let mut out = String::new();
    let mut former_is_text = true;
    for value in values {
        let is_text = matches!(value, Value::Text(_));
        if !is_text && !former_is_text {
            out.push(' ');
        }
        former_is_text = is_text;
        out.push_str(&value.to_text());
    }
    out
}

/// Go maps characters one to one.
pub fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    mapped.next().filter(|_| mapped.len() == 0).unwrap_or(c)
}

pub fn lower(c: char) -> char {
    let mut mapped = c.to_lowercase();
    mapped.next().filter(|_| mapped.len() == 0).unwrap_or(c)
}

/// The first letter of each word in upper case.
pub fn title(text: &str) -> String {
    let mut inside_word = false;
    text.chars()
        .map(|c| {
            let first = !inside_word;
            // Beyond ASCII only white space parts words, as in Go.
            inside_word =
                c.is_ascii_alphanumeric() || c == '_' || !(c.is_ascii() || c.is_whitespace());
            if first { upper(c) } else { c }
        })
        .collect()
}

pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0' => out.push('\u{fffd}'),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

pub fn url_query(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b' ' => "+".to_owned(),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// Host and port of `host:port` or `[v6]:port`.
fn split_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    (!host.contains(['[', ']']) && !port.contains(['[', ']'])).then_some((host, port))
}

pub fn strip_port(text: &str) -> String {
    split_port(text).map_or(text, |(host, _)| host).to_owned()
}

pub fn strip_domain(text: &str) -> String {
    let (host, port) = split_port(text).map_or((text, None), |(host, port)| (host, Some(port)));
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    if is_address {
        return text.to_owned();
    }
    let first = host.split('.').next().unwrap_or(host);
    port.map_or_else(|| first.to_owned(), |port| format!("{first}:{port}"))
}
