use crate::{Buffer, Limits, Refusal, WriteRequest, decode, decode_v2};

const MEDIA_TYPE: &str = "application/x-protobuf";

/// Which message a body holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// `prometheus.WriteRequest`, remote write 1.0.
    V1,
    /// `io.prometheus.write.v2.Request`, remote write 2.0.
    V2,
}

/// A type or encoding that is not taken; the answer is [`Unsupported::STATUS`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsupported(String);

impl Unsupported {
    /// 415 Unsupported Media Type: some senders then try another message.
    pub const STATUS: u16 = 415;
}

impl Protocol {
    /// The full name of the message.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::V1 => "prometheus.WriteRequest",
            Self::V2 => "io.prometheus.write.v2.Request",
        }
    }

    /// The `Content-Type` a sender declares it with.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::V1 => "application/x-protobuf",
            Self::V2 => "application/x-protobuf;proto=io.prometheus.write.v2.Request",
        }
    }

    /// Decodes a body of this message, see [`decode()`].
    pub fn decode<'b>(
        self,
        body: &[u8],
        limits: &Limits,
        now_ms: i64,
        buffer: &'b mut Buffer,
    ) -> Result<WriteRequest<'b>, Refusal> {
        match self {
            Self::V1 => decode(body, limits, now_ms, buffer),
            Self::V2 => decode_v2(body, limits, now_ms, buffer),
        }
    }
}

/// What the request's headers declare (remote write 2.0, "Content-Type" and "Content-Encoding").
///
/// Without a type the message is that of 1.0, and without an encoding it is snappy: senders older than
/// both headers' rules leave them out, and Prometheus takes them the same way. Media type, parameter name
/// and encoding ignore case (RFC 9110, 8.3.1 and 8.4.1); a message's name does not. The value may be
/// quoted; other parameters change nothing.
pub fn protocol(
    content_type: Option<&str>,
    content_encoding: Option<&str>,
) -> Result<Protocol, Unsupported> {
    let encoding = content_encoding.map_or("", str::trim);
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("snappy") {
        return Err(Unsupported(format!(
            "Content-Encoding {encoding:?} is not taken: send snappy (block format)"
        )));
    }
    let declared = content_type.map_or("", str::trim);
    if declared.is_empty() {
        return Ok(Protocol::V1);
    }
    let unsupported = || {
        Unsupported(format!(
            "Content-Type {declared:?} is not taken: send {} or {}",
            Protocol::V2.content_type(),
            Protocol::V1.content_type()
        ))
    };
    let mut parts = declared.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    if !media_type.eq_ignore_ascii_case(MEDIA_TYPE) {
        return Err(unsupported());
    }
    let mut message = None;
    for part in parts.filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').ok_or_else(unsupported)?;
        if !name.eq_ignore_ascii_case("proto") {
            continue;
        }
        let named = named(value).ok_or_else(unsupported)?;
        if message.is_some_and(|before| before != named) {
            return Err(unsupported());
        }
        message = Some(named);
    }
    Ok(message.unwrap_or(Protocol::V1))
}

fn named(value: &str) -> Option<Protocol> {
    let unquoted = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let name = unquoted.unwrap_or(value);
    [Protocol::V1, Protocol::V2]
        .into_iter()
        .find(|protocol| protocol.message() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::too_many_lines, reason = "a table")]
    fn each_declaration_means_what_the_specifications_say() {
        let v1 = Some(Protocol::V1);
        let v2 = Some(Protocol::V2);
        let cases: [(Option<&str>, Option<&str>, Option<Protocol>); 24] = [
            (Some("application/x-protobuf"), Some("snappy"), v1),
            (
                Some("application/x-protobuf;proto=prometheus.WriteRequest"),
                Some("snappy"),
                v1,
            ),
            (
                Some("application/x-protobuf;proto=io.prometheus.write.v2.Request"),
                Some("snappy"),
                v2,
            ),
            (
                Some("application/x-protobuf; proto=io.prometheus.write.v2.Request"),
                Some("snappy"),
                v2,
            ),
            (
                Some(" application/x-protobuf ; proto=io.prometheus.write.v2.Request ; "),
                Some(" snappy "),
                v2,
            ),
            (
                Some("Application/X-Protobuf;Proto=io.prometheus.write.v2.Request"),
                Some("SNAPPY"),
                v2,
            ),
            (
                Some("application/x-protobuf;proto=\"io.prometheus.write.v2.Request\""),
                Some("snappy"),
                v2,
            ),
            (
                Some("application/x-protobuf;charset=utf-8;proto=io.prometheus.write.v2.Request"),
                None,
                v2,
            ),
            (
                Some("application/x-protobuf;charset=utf-8"),
                Some("snappy"),
                v1,
            ),
            (None, None, v1),
            (Some(""), Some(""), v1),
            (Some("application/json"), Some("snappy"), None),
            (Some("image/png"), Some("snappy"), None),
            (Some("application/protobuf"), Some("snappy"), None),
            (Some("application/x-protobuf2"), Some("snappy"), None),
            (
                Some("application/x-protobuf;proto=io.prometheus.write.v3.Request"),
                Some("snappy"),
                None,
            ),
            (
                Some("application/x-protobuf;proto=IO.prometheus.write.v2.Request"),
                Some("snappy"),
                None,
            ),
            (
                Some("application/x-protobuf;proto=\"io.prometheus.write.v2.Request"),
                Some("snappy"),
                None,
            ),
            (Some("application/x-protobuf;proto="), Some("snappy"), None),
            (Some("application/x-protobuf;proto"), Some("snappy"), None),
            (
                Some(
                    "application/x-protobuf;proto=prometheus.WriteRequest;proto=io.prometheus.write.v2.Request",
                ),
                Some("snappy"),
                None,
            ),
            (Some("application/x-protobuf"), Some("gzip"), None),
            (Some("application/x-protobuf"), Some("deflate"), None),
            (Some("application/x-protobuf"), Some("snappy, gzip"), None),
        ];
        for (content_type, encoding, expected) in cases {
            let found = protocol(content_type, encoding);
            assert_eq!(
                found.clone().ok(),
                expected,
                "{content_type:?} {encoding:?}"
            );
            if let Err(error) = found {
                assert!(error.to_string().contains("send"), "{error}");
            }
        }
        for protocol in [Protocol::V1, Protocol::V2] {
            let declared = super::protocol(Some(protocol.content_type()), Some("snappy"));
            assert_eq!(declared, Ok(protocol));
        }
    }
}
