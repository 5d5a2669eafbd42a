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
