use series::{METRIC_NAME, SeriesId};
use xxhash_rust::xxh3::xxh3_128;

use crate::identity::put;
use crate::label::text_of_field;
use crate::wire::{Key, LENGTH, Reader};
use crate::{Limits, Protocol, Refusal};

// Field numbers of io.prometheus.write.v2.Request.
const SYMBOLS: u32 = 4;
const TIME_SERIES: u32 = 5;
/// The series of a `prometheus.WriteRequest`; reserved here.
const TIME_SERIES_V1: u32 = 1;

/// The table of strings of a remote-write 2.0 body.
pub(crate) struct Symbols<'b>(Vec<&'b str>);

impl<'b> Symbols<'b> {
    /// Reads the whole table: a serializer may put parts of it behind the series that use it.
    pub(crate) fn read(mut body: Reader<'b>, limits: &Limits) -> Result<Self, Refusal> {
        let mut symbols = Vec::new();
        let mut has_series = false;
        while !body.is_done() {
            let start = body;
            match body.key()? {
                Key {
                    field: SYMBOLS,
                    wire: LENGTH,
                } => {
                    if symbols.len() == limits.symbols {
                        return Err(Refusal::TooManySymbols {
                            limit: limits.symbols,
                        });
                    }
                    symbols.push(text_of_field(body.message()?)?);
                }
                Key {
                    field: TIME_SERIES,
                    wire: LENGTH,
                } => {
                    has_series = true;
                    body.message()?;
                }
                Key {
                    field: SYMBOLS | TIME_SERIES,
                    ..
                } => return Err(start.malformed("a symbol or a series is not a message")),
                // It would be answered as an empty body, and everything in it would be lost.
                Key {
                    field: TIME_SERIES_V1,
                    wire: LENGTH,
                } => {
                    return Err(Refusal::OtherMessage {
                        declared: Protocol::V2.message(),
                        found: Protocol::V1.message(),
                    });
                }
                unknown => body.skip(unknown)?,
            }
        }
        if (has_series || !symbols.is_empty()) && symbols.first() != Some(&"") {
            return Err(Refusal::FirstSymbol);
        }
        Ok(Self(symbols))
    }

    #[inline]
    pub(crate) fn text(&self, reference: u32) -> Option<&'b str> {
        self.0.get(reference as usize).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Label sets that are in order already, read without detours: neighbours share their first labels.
#[derive(Default)]
pub(crate) struct SortedLabels<'b> {
    refs: Vec<u32>,
    /// What the references of the series before say; sorted, and each within the limits.
    pairs: Vec<(&'b str, &'b str)>,
    /// `name 0xFF value 0xFF` of each, as the identity wants it, and where each ends.
    joined: Vec<u8>,
    ends: Vec<usize>,
    /// How many of them are the metric's name.
    names: usize,
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

    /// The length of the text of the labels read last.
    pub(crate) fn text_bytes(&self) -> usize {
        self.ends.last().copied().unwrap_or_default()
    }

    /// Appends valid labels to `pairs` and returns their identity. `None`: they are not as they should be.
    #[inline]
    pub(crate) fn labels(
        &mut self,
        refs: &[u32],
        symbols: &Symbols<'b>,
        limits: &Limits,
        pairs: &mut Vec<(&'b str, &'b str)>,
    ) -> Option<SeriesId> {
        let (labels, []) = refs.as_chunks::<2>() else {
            return None;
        };
        if labels.len() > limits.labels_per_series {
            return None;
        }
        let (before, _) = self.refs.as_chunks::<2>();
        let same = labels
            .iter()
            .zip(before)
            .take_while(|(a, b)| a == b)
            .count();
        for (name, _) in self.pairs.drain(same..) {
            self.names -= usize::from(name == METRIC_NAME);
        }
        self.refs.truncate(2 * same);
        self.ends.truncate(same);
        for label in labels.get(same..).unwrap_or_default() {
            self.push(*label, symbols, limits)?;
        }
        if self.names == 0 {
            return None;
        }
        pairs.extend_from_slice(&self.pairs);
        let input = self.joined.get(..self.text_bytes())?;
        Some(SeriesId(xxh3_128(input)))
    }

    #[inline]
    fn push(&mut self, label: [u32; 2], symbols: &Symbols<'b>, limits: &Limits) -> Option<()> {
        let [name, value] = label;
        let (name, value) = (symbols.text(name)?, symbols.text(value)?);
        let is_valid = !name.is_empty()
            && name.len() <= limits.label_name_bytes
            && !value.is_empty()
            && value.len() <= limits.label_value_bytes
            && self.pairs.last().is_none_or(|before| before.0 < name);
        if !is_valid {
            return None;
        }
        let start = self.text_bytes();
        let end = start + name.len() + value.len() + 2;
        if self.joined.len() < end {
            self.joined.resize(end.next_power_of_two(), 0);
        }
        let at = put(&mut self.joined, start, name.as_bytes());
        put(&mut self.joined, at, value.as_bytes());
        self.pairs.push((name, value));
        self.refs.extend_from_slice(&label);
        self.ends.push(end);
        self.names += usize::from(name == METRIC_NAME);
        Some(())
    }
}
