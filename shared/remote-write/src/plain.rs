//! The way almost every sender writes a series, read without detours.

use series::{METRIC_NAME, Sample, SeriesId};
use xxhash_rust::xxh3::xxh3_128;

use crate::identity::put;
use crate::{Limits, check};

const LABEL: u8 = 0x0A;
const NAME: u8 = 0x0A;
const LABEL_VALUE: u8 = 0x12;
const SAMPLE: u8 = 0x12;
const VALUE: u8 = 0x09;
const TIME: u8 = 0x10;

/// Reads series that are *plain*: first the labels, sorted, name before value, each shorter than 128
/// bytes; then the samples. Everything else is left to the reader that takes any protobuf.
///
/// A label that equals, byte for byte, the one in the same place of the series before was checked there,
/// and its part of the identity's input stands where it should already. Most labels are like that.
#[derive(Default)]
pub(crate) struct PlainReader<'b> {
    labels: Vec<Known<'b>>,
    /// `name 0xFF value 0xFF` of every label, as the identity wants it.
    joined: Vec<u8>,
    /// Whether the names in `labels` are valid and sorted.
    is_checked: bool,
}

struct Known<'b> {
    raw: &'b [u8],
    pair: (&'b str, &'b str),
    /// Where in `joined`.
    offset: usize,
}

impl<'b> Known<'b> {
    fn read(raw: &'b [u8], offset: usize) -> Option<Self> {
        // Below 128 the framing is ASCII, so that one check covers name and value.
        let text = std::str::from_utf8(raw).ok().filter(|_| raw.len() < 0x80)?;
        let [NAME, name_length, ..] = *raw else {
            return None;
        };
        let name_end = 2 + usize::from(name_length);
        let [LABEL_VALUE, value_length] = *raw.get(name_end..name_end + 2)? else {
            return None;
        };
        let is_whole = name_end + 2 + usize::from(value_length) == raw.len();
        // An empty value means that there is no such label, which the other reader deals with.
        if !is_whole || value_length == 0 {
            return None;
        }
        Some(Self {
            raw,
            pair: (text.get(2..name_end)?, text.get(name_end + 2..)?),
            offset,
        })
    }

    fn joined_length(&self) -> usize {
        // The framing of name and value is 4 bytes, the separators are 2.
        self.raw.len() - 2
    }

    fn join(&self, joined: &mut Vec<u8>) {
        let end = self.offset + self.joined_length();
        if joined.len() < end {
            joined.resize(end.next_power_of_two(), 0);
        }
        let value_at = put(joined, self.offset, self.pair.0.as_bytes());
        put(joined, value_at, self.pair.1.as_bytes());
    }
}

impl<'b> PlainReader<'b> {
    pub(crate) fn new(joined: Vec<u8>) -> Self {
        Self {
            joined,
            ..Self::default()
        }
    }

    /// Gives the memory back.
    pub(crate) fn into_memory(self) -> Vec<u8> {
        self.joined
    }

    /// Appends valid labels to `pairs` and returns their identity and what follows them. `None`, with
    /// `pairs` in any state from the caller's mark on: this series is not plain.
    #[inline]
    pub(crate) fn labels(
        &mut self,
        series: &'b [u8],
        limits: &Limits,
        pairs: &mut Vec<(&'b str, &'b str)>,
    ) -> Option<(SeriesId, &'b [u8])> {
        let first = pairs.len();
        let was_checked = std::mem::replace(&mut self.is_checked, false);
        let mut rest = series;
        let mut offset = 0;
        let mut count = 0;
        let mut is_same_shape = was_checked;
        while let [LABEL, length, tail @ ..] = rest {
            let (raw, tail) = tail.split_at_checked(usize::from(*length))?;
            rest = tail;
            match self.labels.get_mut(count) {
                Some(known) if known.raw == raw => {
                    if known.offset != offset {
                        known.offset = offset;
                        known.join(&mut self.joined);
                    }
                    pairs.push(known.pair);
                }
                before => {
                    let fresh = Known::read(raw, offset)?;
                    let name = fresh.pair.0;
                    is_same_shape &= before.as_ref().is_some_and(|known| known.pair.0 == name)
                        && fresh.pair.1.len() <= limits.label_value_bytes
                        && (name != METRIC_NAME || check::is_metric_name(fresh.pair.1));
                    fresh.join(&mut self.joined);
                    pairs.push(fresh.pair);
                    match before {
                        Some(known) => *known = fresh,
                        None => self.labels.push(fresh),
                    }
                }
            }
            offset += raw.len() - 2;
            count += 1;
        }
        if !is_same_shape || count != self.labels.len() {
            self.labels.truncate(count);
            let was = pairs.get(first..)?.to_vec();
            check::labels(pairs, first, limits).ok()?;
            if pairs.get(first..)? != was {
                return None;
            }
        }
        self.is_checked = true;
        Some((SeriesId(xxh3_128(self.joined.get(..offset)?)), rest))
    }
}

/// A sample of a time between 2004 and 2109, whose milliseconds take six bytes; senders leave out the
/// value 0.
#[inline]
pub(crate) fn sample(rest: &[u8]) -> Option<(Sample, &[u8])> {
    let ([SAMPLE, length], rest) = rest.split_first_chunk()? else {
        return None;
    };
    let (value, rest) = match length {
        16 => {
            let ([VALUE, value @ ..], rest) = rest.split_first_chunk::<9>()? else {
                return None;
            };
            (f64::from_bits(u64::from_le_bytes(*value)), rest)
        }
        7 => (0.0, rest),
        _ => return None,
    };
    let ([TIME, a, b, c, d, e, f], rest) = rest.split_first_chunk()? else {
        return None;
    };
    if a & b & c & d & e & 0x80 == 0 || f & 0x80 != 0 {
        return None;
    }
    let bits = [a, b, c, d, e, f].into_iter().rev();
    let time_ms = bits.fold(0, |time, &byte| time << 7 | i64::from(byte & 0x7F));
    Some((Sample { time_ms, value }, rest))
}
