use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use crate::label_name;

/// Where a text stands in [`Texts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// Every name and value of a body once: labels of one resource repeat in each of its series.
#[derive(Debug, Default)]
pub struct Texts {
    all: String,
    known: HashMap<u64, Span>,
    /// Keys of attributes with their translations: data points of one metric have mostly the same few.
    recent_names: Vec<(Box<str>, Span)>,
}

const MOST_RECENT_NAMES: usize = 16;

impl Texts {
    /// The text at `span`.
    #[must_use]
    pub fn of(&self, span: Span) -> &str {
        self.all
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    /// Whether two texts are equal; mostly they are one.
    #[must_use]
    pub fn is_same(&self, a: Span, b: Span) -> bool {
        a == b || self.of(a) == self.of(b)
    }

    /// Keeps a text once.
    pub fn keep(&mut self, text: &str) -> Span {
        let hash = xxh3_64(text.as_bytes());
        if let Some(span) = self.known.get(&hash).copied()
            && self.of(span) == text
        {
            return span;
        }
        // A body has less than 4 GiB, and a text that collides is only kept twice.
        let start = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push_str(text);
        let span = Span {
            start,
            end: u32::try_from(self.all.len()).unwrap_or(u32::MAX),
        };
        self.known.insert(hash, span);
        span
    }

    /// The name of the label that an attribute's key becomes.
    pub fn label_name(&mut self, key: &str) -> Span {
        let mut recent = self.recent_names.iter();
        if let Some((_, span)) = recent.find(|(known, _)| known.as_ref() == key) {
            return *span;
        }
        let mut name = String::new();
        label_name::translate(key, &mut name);
        let span = self.keep(&name);
        if self.recent_names.len() == MOST_RECENT_NAMES {
            self.recent_names.clear();
        }
        self.recent_names.push((key.into(), span));
        span
    }

    pub(crate) fn into_text(self) -> String {
        self.all
    }
}
