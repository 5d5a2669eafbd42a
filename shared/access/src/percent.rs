/// Undoes percent-encoding of one path segment. A `%` that begins no escape stands for itself, because
/// API Gateway hands over paths that it has decoded already. `None` where the result is no UTF-8.
pub(crate) fn decode(segment: &str) -> Option<String> {
    let bytes = segment.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| Some((hex_digit(digits[0])? << 4) | hex_digit(digits[1])?));
        decoded.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8(decoded).ok()
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_undone_and_stray_signs_kept() {
        for (segment, expected) in [
            ("plain", Some("plain")),
            ("a%20b", Some("a b")),
            ("%e5%bd%93", Some("当")),
            ("当", Some("当")),
            ("%2F", Some("/")),
            ("100%", Some("100%")),
            ("%zz", Some("%zz")),
            ("%4", Some("%4")),
            ("%ff", None),
        ] {
            assert_eq!(decode(segment).as_deref(), expected, "{segment}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_escaped_comes_back(text in "\\PC{0,40}") {
            let escaped: String = text.bytes().map(|b| format!("%{b:02x}")).collect();
            prop_assert_eq!(decode(&escaped), Some(text));
        }
    }
}
