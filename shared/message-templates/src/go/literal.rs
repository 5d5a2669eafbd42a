//! Texts in Go's double quotes.

/// What stands between the quotes, and how many bytes of `rest` it takes with the closing one.
pub(super) fn quoted(rest: &str) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((text, at + 1)),
            '\n' => return None,
            '\\' => {
                let (_, kind) = chars.next()?;
                let digits = match kind {
                    'x' => 2,
                    'u' => 4,
                    'U' => 8,
                    _ => {
                        text.push(simple(kind)?);
                        continue;
                    }
                };
                let mut code = 0;
                for _ in 0..digits {
                    code = code * 16 + chars.next()?.1.to_digit(16)?;
                }
                // `\xe3` would be a byte of a character, which no text of ours can hold.
                let is_byte = kind == 'x' && code > 0x7F;
                text.push(char::from_u32(code).filter(|_| !is_byte)?);
            }
            _ => text.push(c),
        }
    }
    None
}

const fn simple(kind: char) -> Option<char> {
    Some(match kind {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' => '\\',
        '"' => '"',
        _ => return None,
    })
}
