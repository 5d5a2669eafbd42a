use std::fmt::Write;

/// A text in double quotes as Go's `%q` writes it.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if is_printable(c) => out.push(c),
            c => escape(&mut out, c),
        }
    }
    out.push('"');
    out
}

/// After another character, so that a combining one is no exception.
fn is_printable(c: char) -> bool {
    if matches!(c, ' '..='~') {
        return true;
    }
    let text: String = ['a', c].iter().collect();
    text.escape_debug().eq(text.chars()) || c == '\''
}

fn escape(out: &mut String, c: char) {
    let code = u32::from(c);
    let written = match code {
        0..0x20 | 0x7f => write!(out, "\\x{code:02x}"),
        0..0x1_0000 => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    debug_assert!(written.is_ok());
}

/// What stands within double quotes of Go; `None` where Go refuses it, or it is no UTF-8.
pub(crate) fn unquoted(inner: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\n' => return None,
            '\\' => unescape(&mut chars, &mut bytes)?,
            c => push(&mut bytes, c),
        }
    }
    String::from_utf8(bytes).ok()
}

fn push(bytes: &mut Vec<u8>, c: char) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn unescape(chars: &mut std::str::Chars<'_>, bytes: &mut Vec<u8>) -> Option<()> {
    let simple = match chars.next()? {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        '"' => b'"',
        'x' => u8::try_from(number(chars, 2, 16)?).ok()?,
        'u' => {
            push(bytes, char::from_u32(number(chars, 4, 16)?)?);
            return Some(());
        }
        'U' => {
            push(bytes, char::from_u32(number(chars, 8, 16)?)?);
            return Some(());
        }
        first @ '0'..='7' => {
            let rest = number(chars, 2, 8)?;
            u8::try_from(first.to_digit(8)? * 64 + rest).ok()?
        }
        _ => return None,
    };
    bytes.push(simple);
    Some(())
}

fn number(chars: &mut std::str::Chars<'_>, digits: usize, radix: u32) -> Option<u32> {
    let mut value: u32 = 0;
    for _ in 0..digits {
        value = value.checked_mul(radix)?;
        value = value.checked_add(chars.next()?.to_digit(radix)?)?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_as_go_quotes_it() {
        for (text, go) in [
            ("a'b", r#""a'b""#),
            ("a\"\\\n\u{0}\u{7f}", r#""a\"\\\n\x00\x7f""#),
            ("東京é", "\"東京é\""),
            ("e\u{301}", "\"e\u{301}\""),
            ("\u{200b}\u{a0}", r#""\u200b\u00a0""#),
            ("\u{e0001}", r#""\U000e0001""#),
        ] {
            assert_eq!(quoted(text), go);
            let inner = &go[1..go.len() - 1];
            assert_eq!(unquoted(inner).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_go_does_not_unquote_is_refused() {
        for bad in [
            r"\'", r"\q", r"\x4", r"\xff", r"\400", r"\ud800", "\n", r"\",
        ] {
            assert_eq!(unquoted(bad), None, "{bad}");
        }
        assert_eq!(unquoted(r"\xe6\x9d\xb1\101").as_deref(), Some("東A"));
    }
}
