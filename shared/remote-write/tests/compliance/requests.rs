//! `request_validation.go` and `rw1_compat.go`: what is judged before a series is looked at.

use remote_write::{Buffer, Limits, Protocol, Refusal, Unsupported, protocol};

use crate::oracle::{NOW_MS, node_exporter};

/// Each is answered with 415.
pub const BAD_TYPES: [(&str, &str, &str); 4] = [
    (
        "BadContentTypes/application_json",
        "application/json",
        "snappy",
    ),
    ("BadContentTypes/image_png", "image/png", "snappy"),
    ("BadContentEncodings/gzip", V2, "gzip"),
    ("BadContentEncodings/deflate", V2, "deflate"),
];
const V2: &str = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

/// A valid request whose first byte is another one.
pub const CORRUPT: [(&str, Protocol, u8); 2] = [
    ("CorruptRequestBody", Protocol::V2, b'0'),
    ("RW1ErrorHandling", Protocol::V1, 0xFF),
];

pub const COMPATIBLE: &str = "RW1BasicCompatibility";

#[test]
fn an_unknown_type_or_encoding_is_not_supported() {
    assert_eq!(Unsupported::STATUS, 415);
    for (name, content_type, encoding) in BAD_TYPES {
        assert!(
            protocol(Some(content_type), Some(encoding)).is_err(),
            "{name}"
        );
    }
    assert_eq!(protocol(Some(V2), Some("snappy")), Ok(Protocol::V2));
}

#[test]
fn a_corrupt_body_is_refused() {
    let sent = node_exporter(1, 1);
    for (name, protocol, byte) in CORRUPT {
        let mut body = match protocol {
            Protocol::V1 => remote_write::encode(&sent),
            Protocol::V2 => remote_write::encode_v2(&sent),
        };
        let mut buffer = Buffer::default();
        let mut decode = |body: &[u8]| {
            protocol
                .decode(body, &Limits::default(), NOW_MS, &mut buffer)
                .err()
        };
        assert_eq!(decode(&body), None, "{name}");
        body[0] = byte;
        let refused = decode(&body);
        assert!(
            matches!(
                refused,
                Some(Refusal::NotSnappy(_) | Refusal::TooLarge { .. })
            ),
            "{name}: {refused:?}"
        );
    }
}

#[test]
fn a_request_of_the_first_version_is_taken() {
    let sent = node_exporter(2, 1);
    let declared = protocol(Some("application/x-protobuf"), Some("snappy"));
    assert_eq!(declared, Ok(Protocol::V1));
    let body = remote_write::encode(&sent);
    let mut buffer = Buffer::default();
    let decoded = Protocol::V1.decode(&body, &Limits::default(), NOW_MS, &mut buffer);
    let decoded = decoded.unwrap();
    assert_eq!(decoded.counts.samples.accepted, 2, "{COMPATIBLE}");
    assert!(decoded.rejected.is_empty(), "{COMPATIBLE}");
}
