use series::{METRIC_NAME, SeriesId};
use xxhash_rust::xxh3::xxh3_128;

use crate::Limits;
use crate::identity::put;
use crate::plain::shared_length;
use crate::symbols::Symbols;

/// Reads label sets that are as they should be: sorted, valid, packed. Everything else is left to the
/// reader that takes any references.
///
/// Neighbours in a body mostly differ in their last labels. So the references are compared, as bytes, with
/// those of the series before, and only labels from the first other one on are looked up, checked and put
/// into the identity's input.
#[derive(Default)]
pub(crate) struct SortedLabels<'b> {
    /// The references of the series before, as they stand in the body.
    before: &'b [u8],
    known: Vec<Known>,
    /// What they say; sorted, and each within the limits.
    pairs: Vec<(&'b str, &'b str)>,
    /// `name 0xFF value 0xFF` of each, as the identity wants it.
    joined: Vec<u8>,
}

/// Where a label ends.
#[derive(Clone, Copy, Default)]
struct Known {
    /// Among the references.
    end: usize,
    /// In the identity's input.
    joined: usize,
    /// Whether it is the metric's name, or that came before.
    is_named: bool,
}

impl<'b> SortedLabels<'b> {
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

    /// Appends valid labels to `pairs`, and returns their identity and the length of their text. `None`:
    /// they are not as they should be.
    #[inline]
    pub(crate) fn labels(
        &mut self,
        refs: &'b [u8],
        symbols: &Symbols<'b>,
        limits: &Limits,
        pairs: &mut Vec<(&'b str, &'b str)>,
    ) -> Option<(SeriesId, usize)> {
        let same = shared_length(refs, self.before);
        self.before = refs;
        // A number ends with its first small byte, so that equal bytes are equal references.
        while self.known.last().is_some_and(|label| label.end > same) {
            self.known.pop();
        }
        self.pairs.truncate(self.known.len());
        let mut last = self.known.last().copied().unwrap_or_default();
        let mut rest = refs.get(last.end..)?;
        while !rest.is_empty() {
            let (name, tail) = reference(rest)?;
            let (value, tail) = reference(tail)?;
            last.end += rest.len() - tail.len();
            rest = tail;
            let pair = (symbols.text(name)?, symbols.text(value)?);
            self.push(pair, &mut last, limits)?;
        }
        if !last.is_named || self.pairs.len() > limits.labels_per_series {
            return None;
        }
        pairs.extend_from_slice(&self.pairs);
        let input = self.joined.get(..last.joined)?;
        Some((SeriesId(xxh3_128(input)), input.len()))
    }

    #[inline]
    fn push(&mut self, pair: (&'b str, &'b str), last: &mut Known, limits: &Limits) -> Option<()> {
        let (name, value) = pair;
        let is_valid = !name.is_empty()
            && name.len() <= limits.label_name_bytes
            && !value.is_empty()
            && value.len() <= limits.label_value_bytes
            && self.pairs.last().is_none_or(|before| before.0 < name);
        if !is_valid {
            return None;
        }
        let end = last.joined + name.len() + value.len() + 2;
        if self.joined.len() < end {
            self.joined.resize(end.next_power_of_two(), 0);
        }
        let at = put(&mut self.joined, last.joined, name.as_bytes());
        put(&mut self.joined, at, value.as_bytes());
        last.joined = end;
        last.is_named |= name == METRIC_NAME;
        self.pairs.push(pair);
        self.known.push(*last);
        Some(())
    }
}

/// A reference of at most three bytes: two million symbols.
#[inline]
fn reference(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let low = |byte: u8| u32::from(byte & 0x7F);
    match *bytes {
        [a, ref rest @ ..] if a < 0x80 => Some((u32::from(a), rest)),
        [a, b, ref rest @ ..] if b < 0x80 => Some((low(a) | low(b) << 7, rest)),
        [a, b, c, ref rest @ ..] if c < 0x80 => Some((low(a) | low(b) << 7 | low(c) << 14, rest)),
        _ => None,
    }
}
