//! In which of the two formats is a record?

/// A record by its format.
#[derive(Debug, PartialEq)]
pub(crate) enum Record<'b> {
    /// Nothing, which Firehose permits.
    Empty,
    /// Objects, one a line.
    Json(&'b [u8]),
    /// `ExportMetricsServiceRequest`s, each behind its length.
    OpenTelemetry(&'b [u8]),
}

/// The first field of an `ExportMetricsServiceRequest`, in protobuf.
const RESOURCE_METRICS: u8 = 0x0A;

impl<'b> Record<'b> {
    pub(crate) fn of(bytes: &'b [u8]) -> Self {
        match bytes {
            [] => Self::Empty,
            // A message of 123 bytes begins with a brace, too: 123 is its code.
            [b'{', second, ..] if *second != RESOURCE_METRICS => Self::Json(bytes),
            _ => Self::OpenTelemetry(bytes),
        }
    }
}

/// The messages of a record in OpenTelemetry's format; `None` where their lengths do not add up. They are not
/// listed: a record could hold one in every two bytes.
pub(crate) fn messages(bytes: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let mut rest = bytes;
    while !rest.is_empty() {
        rest = message(rest)?.1;
    }
    let mut rest = bytes;
    Some(std::iter::from_fn(move || {
        let (first, others) = message(rest)?;
        rest = others;
        Some(first)
    }))
}

/// The first message, and what stands behind it.
fn message(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = length(bytes)?;
    // What holds nothing is no message, and a record of zeros would hold a million of them.
    rest.split_at_checked(length)
        .filter(|(message, _)| !message.is_empty())
}

/// An `UnsignedVarInt32`.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut length = 0_u64;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        length |= u64::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            let rest = bytes.get(at + 1..)?;
            return Some((usize::try_from(length).ok()?, rest));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_told_by_its_first_bytes() {
        for (bytes, record) in [
            (&b""[..], Record::Empty),
            (b"{\"a\":1}\n", Record::Json(b"{\"a\":1}\n")),
            (b"{", Record::OpenTelemetry(b"{")),
            (b"{\x0A\x79", Record::OpenTelemetry(b"{\x0A\x79")),
            (b"\x05hello", Record::OpenTelemetry(b"\x05hello")),
        ] {
            assert_eq!(Record::of(bytes), record);
        }
    }

    #[test]
    fn lengths_must_add_up() {
        let long = [&[0x80, 0x01][..], &[7; 128]].concat();
        for (bytes, found) in [
            (&b""[..], Some(Vec::new())),
            (b"\x01a\x02bc", Some(vec![&b"a"[..], b"bc"])),
            (&long, Some(vec![&[7; 128][..]])),
            (b"\x02a", None),
            (b"\x00", None),
            (b"\x80", None),
            (b"\xFF\xFF\xFF\xFF\xFF\x01a", None),
            (b"hello", None),
        ] {
            let read = messages(bytes).map(Iterator::collect);
            assert_eq!(read, found, "{bytes:?}");
        }
    }
}
