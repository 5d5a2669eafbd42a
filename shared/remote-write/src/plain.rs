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

/// Bytes of a label that are framing: key and length of the label, of its name and of its value.
const FRAMING: usize = 6;
/// How much longer a label is in the body than in the identity's input, where two separators frame it.
const SURPLUS: usize = FRAMING - 2;

/// Reads series that are *plain*: first the labels, sorted, name before value, each shorter than 128
/// bytes; then the samples. Everything else is left to the reader that takes any protobuf.
///
/// Neighbours in a body mostly differ in one or two values, and mostly where the ones before them did. So
/// the bytes are compared with those of the series before, and only labels that differ are read, checked
/// and put into the identity's input.
#[derive(Default)]
pub(crate) struct PlainReader<'b> {
    /// The labels of the series before, as they stand in the body.
    before: &'b [u8],
    /// Where each of them ends there.
    ends: Vec<usize>,
    /// Which of them was changed last.
    changed: usize,
    /// What they say; the names are valid and sorted, the values not empty.
    pairs: Vec<(&'b str, &'b str)>,
    /// Labels of the series before that this one may have in other places.
    old: Vec<(&'b [u8], (&'b str, &'b str))>,
    /// `name 0xFF value 0xFF` of each, as the identity wants it.
    joined: Vec<u8>,
}

/// The series is not plain, or not like the one before.
struct Other;

/// How far a series resembles the one before.
#[derive(Default)]
struct Followed {
    /// Labels read.
    index: usize,
    /// Where they end in this series.
    at: usize,
    /// Where they ended in the one before.
    was: usize,
    /// Whether that is all there are.
    is_whole: bool,
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

    /// Appends valid labels to `pairs` and returns their identity and what follows them. `None`: this
    /// series is not plain.
    #[inline]
    pub(crate) fn labels(
        &mut self,
        series: &'b [u8],
        limits: &Limits,
        pairs: &mut Vec<(&'b str, &'b str)>,
    ) -> Option<(SeriesId, &'b [u8])> {
        let end = match self.change_again(series, limits) {
            Some(end) => end,
            None => self.follow_or_learn(series, limits)?,
        };
        let (labels, rest) = series.split_at_checked(end)?;
        self.before = labels;
        pairs.extend_from_slice(&self.pairs);
        let input = self.joined.get(..end - SURPLUS * self.pairs.len())?;
        Some((SeriesId(xxh3_128(input)), rest))
    }

    /// Reads labels of which at most that differs which was changed last, and returns where they end.
    #[inline]
    fn change_again(&mut self, series: &'b [u8], limits: &Limits) -> Option<usize> {
        let old_end = *self.ends.get(self.changed)?;
        let start = match self.changed {
            0 => 0,
            changed => *self.ends.get(changed - 1)?,
        };
        let (head, rest) = series.split_at_checked(start)?;
        let [LABEL, length, rest @ ..] = rest else {
            return None;
        };
        let (raw, rest) = rest.split_at_checked(usize::from(*length))?;
        let tail = self.before.get(old_end..)?;
        let is_alike = head == self.before.get(..start)? && rest.starts_with(tail);
        let end = start + 2 + raw.len() + tail.len();
        if !is_alike || series.get(end) == Some(&LABEL) {
            return None;
        }
        self.change(self.changed, start, raw, limits).ok()?;
        Some(end)
    }

    #[inline(never)]
    fn follow_or_learn(&mut self, series: &'b [u8], limits: &Limits) -> Option<usize> {
        let start = self.follow(series, limits);
        if start.is_whole {
            return Some(start.at);
        }
        let end = self.learn(series, start, limits).ok();
        if end.is_none() {
            self.forget();
        }
        end
    }

    fn forget(&mut self) {
        self.before = &[];
        self.ends.clear();
        self.pairs.clear();
    }

    /// Reads labels as long as their names are those of the series before.
    #[inline]
    fn follow(&mut self, series: &'b [u8], limits: &Limits) -> Followed {
        let mut followed = Followed::default();
        loop {
            let rest = series.get(followed.at..).unwrap_or_default();
            let before = self.before.get(followed.was..).unwrap_or_default();
            let same = shared_length(rest, before);
            let run = followed.at;
            while let Some(&end) = self.ends.get(followed.index)
                && end - run <= same
            {
                followed.was += end - followed.at;
                followed.at = end;
                followed.index += 1;
            }
            let Some([LABEL, length, rest @ ..]) = series.get(followed.at..) else {
                followed.is_whole = followed.index == self.ends.len() && followed.index > 0;
                return followed;
            };
            let old_end = self.ends.get(followed.index).copied();
            let raw = rest.get(..usize::from(*length));
            let (Some(old_end), Some(raw)) = (old_end, raw) else {
                return followed;
            };
            if self
                .change(followed.index, followed.at, raw, limits)
                .is_err()
            {
                return followed;
            }
            followed.was += old_end - followed.at;
            followed.at += 2 + raw.len();
            followed.index += 1;
        }
    }

    /// Puts a label, which starts at `start`, into the place of one with the same name.
    #[inline]
    fn change(
        &mut self,
        index: usize,
        start: usize,
        raw: &'b [u8],
        limits: &Limits,
    ) -> Result<(), Other> {
        let pair = self.pairs.get_mut(index).ok_or(Other)?;
        let name = pair.0;
        let value = value_after(name, raw)?;
        let is_valid = value.len() <= limits.label_value_bytes
            && (name != METRIC_NAME || check::is_metric_name(value));
        if !is_valid {
            return Err(Other);
        }
        pair.1 = value;
        let end = start + 2 + raw.len();
        let old_end = self.ends[index];
        if end != old_end {
            let total = self
                .ends
                .last()
                .map_or(0, |last| last - SURPLUS * self.ends.len());
            let behind = SURPLUS * (index + 1);
            let grown = total + end - old_end;
            if self.joined.len() < grown {
                self.joined.resize(grown.next_power_of_two(), 0);
            }
            self.joined
                .copy_within(old_end - behind..total, end - behind);
            for later in &mut self.ends[index..] {
                *later = *later + end - old_end;
            }
        }
        self.changed = index;
        let place = start - SURPLUS * index + name.len() + 1;
        put(&mut self.joined, place, value.as_bytes());
        Ok(())
    }

    /// Reads the other labels, whatever their names, as long as they are in order and valid. Those that
    /// the series before had as well were checked there.
    fn learn(&mut self, series: &'b [u8], from: Followed, limits: &Limits) -> Result<usize, Other> {
        self.old.clear();
        let mut start = from.was;
        for (pair, end) in self.pairs.iter().zip(&self.ends).skip(from.index) {
            // What is not followed yet stands as far from here as it did there.
            let end = end - from.at + from.was;
            let raw = self.before.get(start + 2..end).ok_or(Other)?;
            self.old.push((raw, *pair));
            start = end;
        }
        self.pairs.truncate(from.index);
        self.ends.truncate(from.index);
        let mut at = from.at;
        let mut old = 0;
        while let Some([LABEL, length, rest @ ..]) = series.get(at..) {
            let raw = rest.get(..usize::from(*length)).ok_or(Other)?;
            let known = self.old.iter().skip(old).position(|(old, _)| *old == raw);
            let pair = match known {
                Some(skipped) => {
                    old += skipped + 1;
                    self.old[old - 1].1
                }
                None => valid(read(raw)?, limits)?,
            };
            if self.pairs.last().is_some_and(|before| before.0 >= pair.0) {
                return Err(Other);
            }
            let place = at - SURPLUS * self.pairs.len();
            at += 2 + raw.len();
            if self.joined.len() < at {
                self.joined.resize(at.next_power_of_two(), 0);
            }
            let place = put(&mut self.joined, place, pair.0.as_bytes());
            put(&mut self.joined, place, pair.1.as_bytes());
            self.pairs.push(pair);
            self.ends.push(at);
        }
        let has_name = self.pairs.iter().any(|(name, _)| *name == METRIC_NAME);
        let is_valid = has_name && self.pairs.len() <= limits.labels_per_series;
        if is_valid { Ok(at) } else { Err(Other) }
    }
}

fn valid<'b>(pair: (&'b str, &'b str), limits: &Limits) -> Result<(&'b str, &'b str), Other> {
    let (name, value) = pair;
    let is_valid = name.len() <= limits.label_name_bytes
        && value.len() <= limits.label_value_bytes
        && check::is_label_name(name)
        && (name != METRIC_NAME || check::is_metric_name(value));
    if is_valid { Ok(pair) } else { Err(Other) }
}

/// The value of a label below 128 bytes, where its name is the given one.
#[inline]
fn value_after<'b>(name: &str, raw: &'b [u8]) -> Result<&'b str, Other> {
    let [NAME, name_length, rest @ ..] = raw else {
        return Err(Other);
    };
    let is_long = raw.len() >= 0x80 || usize::from(*name_length) != name.len();
    match rest.strip_prefix(name.as_bytes()) {
        Some([LABEL_VALUE, length, value @ ..])
            if usize::from(*length) == value.len() && !is_long =>
        {
            let text = std::str::from_utf8(value).ok();
            text.filter(|value| !value.is_empty()).ok_or(Other)
        }
        _ => Err(Other),
    }
}

/// Name and value of a label below 128 bytes with both, in this order.
#[inline]
fn read(raw: &[u8]) -> Result<(&str, &str), Other> {
    // Below 128 the framing is ASCII, so that one check covers name and value.
    let text = std::str::from_utf8(raw).map_err(|_| Other)?;
    let [NAME, name_length, ..] = *raw else {
        return Err(Other);
    };
    let name_end = 2 + usize::from(name_length);
    let Some(&[LABEL_VALUE, value_length]) = raw.get(name_end..name_end + 2) else {
        return Err(Other);
    };
    let is_whole = name_end + 2 + usize::from(value_length) == raw.len();
    // An empty value means that there is no such label, which the other reader deals with.
    if !is_whole || value_length == 0 || raw.len() >= 0x80 {
        return Err(Other);
    }
    match (text.get(2..name_end), text.get(name_end + 2..)) {
        (Some(name), Some(value)) => Ok((name, value)),
        _ => Err(Other),
    }
}

/// How many bytes two slices have in common at their start.
#[inline]
pub(crate) fn shared_length(a: &[u8], b: &[u8]) -> usize {
    let (a_words, _) = a.as_chunks::<16>();
    let (b_words, _) = b.as_chunks::<16>();
    let mut shared = 0;
    for (a, b) in a_words.iter().zip(b_words) {
        let differs = u128::from_le_bytes(*a) ^ u128::from_le_bytes(*b);
        if differs != 0 {
            return shared + differs.trailing_zeros() as usize / 8;
        }
        shared += 16;
    }
    let tails = a
        .get(shared..)
        .into_iter()
        .flatten()
        .zip(b.get(shared..).into_iter().flatten());
    shared + tails.take_while(|(a, b)| a == b).count()
}

/// Every sample that [`sample`] reads takes more.
pub(crate) const SAMPLE_BYTES: usize = 8;

/// A sample of a time between 2004 and 2109, whose milliseconds take six bytes; senders leave out the
/// value 0.
#[inline]
pub(crate) fn sample(rest: &[u8]) -> Option<(Sample, &[u8])> {
    if let Some((field, rest)) = rest.split_first_chunk::<18>()
        && let [SAMPLE, 16, VALUE, value @ .., _, _, _, _, _, _, _] = field
        && let Some(time_ms) = time(field.last_chunk()?)
    {
        let value = f64::from_bits(u64::from_le_bytes(*value));
        return Some((Sample { time_ms, value }, rest));
    }
    let (field, rest) = rest.split_first_chunk::<9>()?;
    let [SAMPLE, 7, ..] = field else {
        return None;
    };
    let time_ms = time(field.last_chunk()?)?;
    let value = 0.0;
    Some((Sample { time_ms, value }, rest))
}

/// The time whose field follows the first of these bytes, where it is a varint of exactly six bytes.
#[inline]
fn time(field: &[u8; 8]) -> Option<i64> {
    /// Of the key, and of the bytes that say whether more follow.
    const FRAME: u64 = 0x8080_8080_8080_FF00;
    const USUAL: u64 = 0x0080_8080_8080_0000 | (TIME as u64) << 8;
    let field = u64::from_le_bytes(*field);
    if field & FRAME != USUAL {
        return None;
    }
    let bytes = field >> 16;
    // Groups of 7 bits move together: to 14, then to 42.
    let pairs = (bytes & 0x007F_007F_007F) | ((bytes & 0x7F00_7F00_7F00) >> 1);
    let time = (pairs & 0x3FFF) | ((pairs >> 2) & 0x0FFF_C000) | ((pairs >> 4) & 0x03FF_F000_0000);
    Some(time.cast_signed())
}
