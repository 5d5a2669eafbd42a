//! Where does a line end? At a line end that stands in no quotes.

/// The lines of a body with their numbers, from 1; without comments and blank ones.
pub(crate) struct Lines<'b> {
    rest: &'b [u8],
    number: usize,
}

impl<'b> Lines<'b> {
    pub(crate) fn of(body: &'b [u8]) -> Self {
        Self {
            rest: body,
            number: 1,
        }
    }
}

impl<'b> Iterator for Lines<'b> {
    type Item = (usize, &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let text = self.rest.trim_ascii_start();
            self.step(self.rest.len() - text.len());
            if text.is_empty() {
                return None;
            }
            let number = self.number;
            let is_comment = text.starts_with(b"#");
            let end = if is_comment {
                line_end(text, 0)
            } else {
                end(text)
            };
            self.step(end);
            if !is_comment {
                let line = text.get(..end).unwrap_or_default();
                return Some((number, line.trim_ascii_end()));
            }
        }
    }
}

impl Lines<'_> {
    fn step(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at(bytes);
        self.number += passed.iter().filter(|byte| **byte == b'\n').count();
        self.rest = rest;
    }
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    let found = bytes.iter().skip(from).position(|byte| *byte == b'\n');
    found.map_or(bytes.len(), |at| from + at)
}

/// Where the first line of `bytes` ends.
fn end(bytes: &[u8]) -> usize {
    let mut has_fields = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\n' => return at,
            b' ' => has_fields = true,
            b'\\' if bytes.get(at + 1) != Some(&b'\n') => at += 1,
            b'=' if has_fields && bytes.get(at + 1) == Some(&b'"') => {
                match closing_quote(bytes, at + 2) {
                    Some(quote) => at = quote,
                    // No quote follows anywhere, so that this is looked for once a body.
                    None => return line_end(bytes, at),
                }
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Where the text that begins at `from` is closed.
pub(crate) fn closing_quote(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_where_no_quote_is_open() {
        let cases: &[(&str, &[(usize, &str)])] = &[
            ("", &[]),
            ("\n \r\n\t\n", &[]),
            ("a b=1\na b=2", &[(1, "a b=1"), (2, "a b=2")]),
            (
                "a b=1\r\n\n# c \"\n  a b=2\n",
                &[(1, "a b=1"), (4, "a b=2")],
            ),
            (" \n# c=\"\na b=2", &[(3, "a b=2")]),
            ("a b=\"x\ny\"\na b=2", &[(1, "a b=\"x\ny\""), (3, "a b=2")]),
            (
                "a b=\"x\\\"\ny\",c=1\nd e=2",
                &[(1, "a b=\"x\\\"\ny\",c=1"), (3, "d e=2")],
            ),
            ("a b=\"x\na b=2", &[(1, "a b=\"x"), (2, "a b=2")]),
            ("a,t=\"x b=1\na b=2", &[(1, "a,t=\"x b=1"), (2, "a b=2")]),
            ("a b\\=\"=1\na b=2", &[(1, "a b\\=\"=1"), (2, "a b=2")]),
            ("a\\\nb c=1", &[(1, "a\\"), (2, "b c=1")]),
        ];
        for (body, expected) in cases {
            let found = Lines::of(body.as_bytes());
            let found: Vec<_> = found
                .map(|(number, line)| (number, str::from_utf8(line).unwrap()))
                .collect();
            assert_eq!(found, *expected, "{body:?}");
        }
    }

    /// Were any of them gone through once for each line, this would take hours.
    #[test]
    fn long_bodies_are_gone_through_once() {
        for (line, least) in [
            ("\n", 0),
            ("#\n", 0),
            ("a\n", 500_000),
            ("a b=\"\\\"\n", 100_000),
        ] {
            let body = line.repeat(500_000);
            assert!(Lines::of(body.as_bytes()).count() >= least, "{line:?}");
        }
    }
}
