use std::ops::Range;

use crate::Refusal;
use crate::wire::{Key, LENGTH, Reader};

const NAME: u32 = 1;
const VALUE: u32 = 2;
const NAME_KEY: u8 = 0x0A;
const VALUE_KEY: u8 = 0x12;

/// Where a label's name and value stand in the body.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawLabel {
    pub(crate) name: Range<u32>,
    pub(crate) value: Range<u32>,
}

impl RawLabel {
    /// Reads one label, and tells whether it is *plain*: name then value, all lengths below 128.
    #[inline]
    pub(crate) fn read(label: Reader<'_>) -> Result<(Self, bool), Refusal> {
        match Self::read_plain(label) {
            Some(raw) => Ok((raw, true)),
            None => Ok((Self::read_any(label)?, false)),
        }
    }

    #[inline]
    fn read_plain(label: Reader<'_>) -> Option<Self> {
        let content = label.rest();
        let [NAME_KEY, name_length, ..] = *content else {
            return None;
        };
        let name_end = 2 + usize::from(name_length);
        let [VALUE_KEY, value_length] = *content.get(name_end..name_end + 2)? else {
            return None;
        };
        let value_end = name_end + 2 + usize::from(value_length);
        // A length of 128 or more takes two bytes; this also keeps the label's own length in one byte.
        if value_end != content.len() || value_end >= 0x80 {
            return None;
        }
        let at = |offset: usize| offset_of(label.at + offset);
        Some(Self {
            name: at(2)..at(name_end),
            value: at(name_end + 2)..at(value_end),
        })
    }

    #[cold]
    fn read_any(mut label: Reader<'_>) -> Result<Self, Refusal> {
        let mut raw = Self::default();
        while !label.is_done() {
            let start = label;
            let key = label.key()?;
            match key {
                Key {
                    field: NAME,
                    wire: LENGTH,
                } => raw.name = text_range(label.message()?)?,
                Key {
                    field: VALUE,
                    wire: LENGTH,
                } => raw.value = text_range(label.message()?)?,
                Key {
                    field: NAME | VALUE,
                    ..
                } => return Err(start.malformed("a label's name or value is not text")),
                unknown => label.skip(unknown)?,
            }
        }
        Ok(raw)
    }
}

/// Text is checked here, where a later field of the same number may replace it: every string of a
/// protobuf message has to be UTF-8.
fn text_range(text: Reader<'_>) -> Result<Range<u32>, Refusal> {
    text_of_field(text)?;
    Ok(offset_of(text.at)..offset_of(text.end))
}

/// The text of a field of its own.
pub(crate) fn text_of_field(text: Reader<'_>) -> Result<&str, Refusal> {
    match std::str::from_utf8(text.rest()) {
        Ok(valid) => Ok(valid),
        Err(error) => Err(Reader {
            at: text.at + error.valid_up_to(),
            ..text
        }
        .malformed("a text is not UTF-8")),
    }
}

/// Snappy blocks hold less than 4 GiB, so that every offset fits.
#[inline]
fn offset_of(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The stretch of a series in which its labels stand one behind the other.
///
/// The framing of a plain label (keys and lengths below 128) is ASCII. So a stretch of plain labels is
/// UTF-8 exactly if all its texts are, and one check replaces one per text.
#[derive(Default)]
pub(crate) struct LabelRun {
    range: Range<usize>,
    is_broken: bool,
}

impl LabelRun {
    /// Adds the label that stands at `range`, its key included.
    #[inline]
    pub(crate) fn add(&mut self, range: Range<usize>, is_plain: bool) {
        if self.range.is_empty() {
            self.range = range.clone();
        }
        self.is_broken |= !is_plain || (range.start != self.range.end && range != self.range);
        self.range.end = range.end;
    }

    /// Appends the labels' texts to `pairs`.
    #[inline]
    pub(crate) fn texts<'b>(
        &self,
        raw: &[RawLabel],
        series: Reader<'b>,
        pairs: &mut Vec<(&'b str, &'b str)>,
    ) -> Result<(), Refusal> {
        let first = pairs.len();
        if !self.is_broken && self.cut(raw, series, pairs).is_some() {
            return Ok(());
        }
        pairs.truncate(first);
        for label in raw {
            pairs.push((
                text_of(series, &label.name)?,
                text_of(series, &label.value)?,
            ));
        }
        Ok(())
    }

    /// `None` where the stretch is not UTF-8, or a text ends inside a character that wrong framing
    /// seems to continue.
    #[inline]
    fn cut<'b>(
        &self,
        raw: &[RawLabel],
        series: Reader<'b>,
        pairs: &mut Vec<(&'b str, &'b str)>,
    ) -> Option<()> {
        let stretch = std::str::from_utf8(series.bytes.get(self.range.clone())?).ok()?;
        let shift = self.range.start;
        let text = |range: &Range<u32>| {
            stretch.get(range.start as usize - shift..range.end as usize - shift)
        };
        for label in raw {
            pairs.push((text(&label.name)?, text(&label.value)?));
        }
        Some(())
    }
}

#[cold]
pub(crate) fn text_of<'b>(series: Reader<'b>, range: &Range<u32>) -> Result<&'b str, Refusal> {
    let text = Reader {
        bytes: series.bytes,
        at: range.start as usize,
        end: range.end as usize,
    };
    text_of_field(text)
}
