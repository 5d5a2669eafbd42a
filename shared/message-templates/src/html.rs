//! Where in an HTML text a value stands, which says how it is escaped. Source: Go's `html/template`, of which only
//! text and quoted attributes are followed.

/// Attributes whose value is an address.
const ADDRESSES: [&str; 9] = [
    "action",
    "background",
    "cite",
    "data",
    "formaction",
    "href",
    "longdesc",
    "poster",
    "src",
];
/// Elements whose text is no HTML.
const RAW: [&str; 2] = ["script", "style"];

/// A place in an HTML text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Place {
    #[default]
    Text,
    /// Between `<` and `>`, outside of values; the element, and the attribute that is being named.
    Tag {
        element: String,
        attribute: String,
        is_valued: bool,
    },
    /// In a value in quotes.
    Value {
        element: String,
        attribute: String,
        quote: char,
        part: Part,
    },
    Comment,
    /// In an element whose text is no HTML.
    Raw(String),
}

/// How far a value in quotes is, as an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Start,
    Path,
    Query,
}

impl Place {
    /// What escapes a value here; none where no value may stand.
    pub fn escape(&self) -> Option<&'static str> {
        match self {
            Self::Text => Some("html_text"),
            Self::Value {
                attribute, part, ..
            } => {
                let is_code = attribute.starts_with("on")
                    || ["style", "srcset", "srcdoc"].contains(&attribute.as_str());
                if is_code {
                    return None;
                }
                if !ADDRESSES.contains(&attribute.as_str()) {
                    return Some("html_text");
                }
                Some(match part {
                    Part::Start => "html_address",
                    Part::Path => "html_path",
                    Part::Query => "html_query",
                })
            }
            _ => None,
        }
    }

    /// After a value was written.
    pub fn pass_value(&mut self) {
        if let Self::Value { part, .. } = self
            && *part == Part::Start
        {
            *part = Part::Path;
        }
    }

    /// Reads literal text, and gives what is written of it: comments are left out.
    pub fn pass(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let taken = self.step(rest, c, &mut out);
            rest = &rest[taken..];
        }
        out
    }

    /// Takes the beginning of `rest`, and says how many bytes.
    fn step(&mut self, rest: &str, c: char, out: &mut String) -> usize {
        match self {
            Self::Comment => {
                if rest.starts_with("-->") {
                    *self = Self::Text;
                    return 3;
                }
                return c.len_utf8();
            }
            Self::Text if rest.starts_with("<!--") => {
                *self = Self::Comment;
                return 4;
            }
            Self::Text if c == '<' => return self.open(rest, out),
            Self::Raw(element) => {
                let name = rest
                    .strip_prefix("</")
                    .and_then(|name| name.get(..element.len()));
                if name.is_some_and(|name| name.eq_ignore_ascii_case(element)) {
                    return self.open(rest, out);
                }
            }
            Self::Value {
                element,
                quote,
                part,
                ..
            } => {
                if c == *quote {
                    *self = Self::tag(std::mem::take(element));
                } else if *part != Part::Query {
                    *part = if matches!(c, '?' | '#') {
                        Part::Query
                    } else {
                        Part::Path
                    };
                }
            }
            Self::Tag { .. } => self.within_tag(c),
            Self::Text => {}
        }
        out.push(c);
        c.len_utf8()
    }

    const fn tag(element: String) -> Self {
        Self::Tag {
            element,
            attribute: String::new(),
            is_valued: false,
        }
    }

    /// At a `<`: a tag, or only the character.
    fn open(&mut self, rest: &str, out: &mut String) -> usize {
        let name = rest[1..].trim_start_matches(['/', '!']);
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            out.push_str("&lt;");
            return 1;
        }
        let end = name
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(name.len());
        let closes = rest.starts_with("</");
        let element = if closes { "" } else { &name[..end] };
        let taken = rest.len() - name.len() + end;
        out.push_str(&rest[..taken]);
        *self = Self::tag(element.to_ascii_lowercase());
        taken
    }

    fn within_tag(&mut self, c: char) {
        let Self::Tag {
            element,
            attribute,
            is_valued,
        } = self
        else {
            return;
        };
        match c {
            '>' => {
                let element = std::mem::take(element);
                *self = if RAW.contains(&element.as_str()) {
                    Self::Raw(element)
                } else {
                    Self::Text
                };
            }
            '=' => *is_valued = true,
            '"' | '\'' if *is_valued => {
                *self = Self::Value {
                    element: std::mem::take(element),
                    attribute: std::mem::take(attribute),
                    quote: c,
                    part: Part::Start,
                };
            }
            _ if c.is_whitespace() => {
                if !*is_valued {
                    attribute.clear();
                }
            }
            // A value without quotes: no value of ours may stand there, and its text is not looked at.
            _ if *is_valued => {
                *is_valued = false;
                attribute.clear();
            }
            _ => attribute.push(c.to_ascii_lowercase()),
        }
    }
}

/// What Go's `html` writes.
pub(crate) fn plain(text: &str) -> String {
    escaped(text, false)
}

/// A text in HTML.
pub(crate) fn text(text: &str) -> String {
    escaped(text, true)
}

fn escaped(text: &str, with_plus: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '+' if with_plus => out.push_str("&#43;"),
            '\0' => out.push('\u{FFFD}'),
            _ => out.push(c),
        }
    }
    out
}

/// A whole address in an attribute; one that could run a script becomes what Go makes of it.
pub(crate) fn address(text: &str) -> String {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    let is_safe = scheme.is_none_or(|scheme| {
        scheme.contains('/')
            || ["http", "https", "mailto"]
                .iter()
                .any(|safe| scheme.eq_ignore_ascii_case(safe))
    });
    if is_safe {
        path(text)
    } else {
        "#ZgotmplZ".to_owned()
    }
}

/// A part of an address that keeps what is escaped, and the signs that have a meaning.
pub(crate) fn path(address: &str) -> String {
    percent_encoded(address, true)
}

/// A part of an address behind its `?`.
pub(crate) fn query(address: &str) -> String {
    percent_encoded(address, false)
}

fn percent_encoded(address: &str, keeps_signs: bool) -> String {
    let mut out = String::with_capacity(address.len());
    let bytes = address.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let digits = bytes.get(at + 1..at + 3);
        let is_escape =
            *byte == b'%' && digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let is_kept = byte.is_ascii_alphanumeric()
            || b"-._~".contains(byte)
            || (keeps_signs && (is_escape || b"!#$&*+,/:;=?@[]".contains(byte)));
        if is_kept {
            out.push(char::from(*byte));
        } else {
            out.push_str(&format!("%{byte:02x}"));
        }
    }
    text(&out)
}
