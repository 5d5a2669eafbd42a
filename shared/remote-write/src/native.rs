use crate::Refusal;
use crate::wire::{FIXED64, Key, LENGTH, Reader, VARINT};

// Field numbers of Histogram, the same in prometheus.Histogram and io.prometheus.write.v2.Histogram.
const COUNT_INT: u32 = 1;
const COUNT_FLOAT: u32 = 2;
const SUM: u32 = 3;
const SCHEMA: u32 = 4;
const ZERO_THRESHOLD: u32 = 5;
const ZERO_COUNT_INT: u32 = 6;
const ZERO_COUNT_FLOAT: u32 = 7;
const NEGATIVE_SPANS: u32 = 8;
const NEGATIVE_DELTAS: u32 = 9;
const NEGATIVE_COUNTS: u32 = 10;
const POSITIVE_SPANS: u32 = 11;
const POSITIVE_DELTAS: u32 = 12;
const POSITIVE_COUNTS: u32 = 13;
const RESET_HINT: u32 = 14;
const TIME: u32 = 15;
const CUSTOM_VALUES: u32 = 16;
const START_TIME: u32 = 17;

/// Spans, buckets and bounds that are read of one histogram; a body of one-byte numbers would otherwise
/// take eight times its size.
const LONGEST_LIST: usize = 1024;

/// A native histogram as it came, not checked yet.
#[derive(Debug, Default)]
pub(crate) struct NativeHistogram {
    pub(crate) is_float: bool,
    pub(crate) count_int: u64,
    pub(crate) count_float: f64,
    pub(crate) sum: f64,
    pub(crate) schema: i32,
    pub(crate) zero_threshold: f64,
    pub(crate) zero_count_int: u64,
    pub(crate) zero_count_float: f64,
    pub(crate) negative: Buckets,
    pub(crate) positive: Buckets,
    pub(crate) custom_values: List<f64>,
    pub(crate) time_ms: i64,
    pub(crate) start_ms: i64,
}

/// Buckets of one sign: where they are and what is in them.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    pub(crate) spans: List<Span>,
    /// Of integers: each the difference to the one before.
    pub(crate) deltas: List<i64>,
    /// Of floats.
    pub(crate) counts: List<f64>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    pub(crate) offset: i32,
    pub(crate) length: u32,
}

/// A list that stops growing at [`LONGEST_LIST`].
#[derive(Debug)]
pub(crate) struct List<T> {
    items: Vec<T>,
    is_cut: bool,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            is_cut: false,
        }
    }
}

impl<T> List<T> {
    fn push(&mut self, item: T) {
        if self.items.len() < LONGEST_LIST {
            self.items.push(item);
        } else {
            self.is_cut = true;
        }
    }

    fn clear(&mut self) {
        self.items.clear();
        self.is_cut = false;
    }

    /// `None` where it was longer than what is read.
    pub(crate) fn whole(&self) -> Option<&[T]> {
        (!self.is_cut).then_some(&self.items)
    }
}

impl Buckets {
    fn clear(&mut self) {
        self.spans.clear();
        self.deltas.clear();
        self.counts.clear();
    }
}

impl NativeHistogram {
    /// Takes the place of the one before, whose memory serves again.
    pub(crate) fn read(&mut self, mut message: Reader<'_>) -> Result<(), Refusal> {
        self.clear();
        while !message.is_done() {
            self.field(&mut message)?;
        }
        Ok(())
    }

    fn clear(&mut self) {
        let Self {
            mut negative,
            mut positive,
            mut custom_values,
            ..
        } = std::mem::take(self);
        negative.clear();
        positive.clear();
        custom_values.clear();
        *self = Self {
            negative,
            positive,
            custom_values,
            ..Self::default()
        };
    }

    fn field(&mut self, message: &mut Reader<'_>) -> Result<(), Refusal> {
        let start = *message;
        let key = message.key()?;
        match (key.field, key.wire) {
            (COUNT_INT, VARINT) => {
                self.count_int = message.varint()?;
                self.is_float = false;
            }
            (COUNT_FLOAT, FIXED64) => {
                self.count_float = double(message)?;
                self.is_float = true;
            }
            (SUM, FIXED64) => self.sum = double(message)?,
            (SCHEMA, VARINT) => self.schema = sint32(message)?,
            (ZERO_THRESHOLD, FIXED64) => self.zero_threshold = double(message)?,
            (ZERO_COUNT_INT, VARINT) => {
                self.zero_count_int = message.varint()?;
                self.zero_count_float = 0.0;
            }
            (ZERO_COUNT_FLOAT, FIXED64) => {
                self.zero_count_float = double(message)?;
                self.zero_count_int = 0;
            }
            (NEGATIVE_SPANS, LENGTH) => self.negative.spans.push(span(message.message()?)?),
            (POSITIVE_SPANS, LENGTH) => self.positive.spans.push(span(message.message()?)?),
            (NEGATIVE_DELTAS, LENGTH | VARINT) => {
                repeated(message, key, VARINT, sint64, &mut self.negative.deltas)?;
            }
            (POSITIVE_DELTAS, LENGTH | VARINT) => {
                repeated(message, key, VARINT, sint64, &mut self.positive.deltas)?;
            }
            (NEGATIVE_COUNTS, LENGTH | FIXED64) => {
                repeated(message, key, FIXED64, double, &mut self.negative.counts)?;
            }
            (POSITIVE_COUNTS, LENGTH | FIXED64) => {
                repeated(message, key, FIXED64, double, &mut self.positive.counts)?;
            }
            (CUSTOM_VALUES, LENGTH | FIXED64) => {
                repeated(message, key, FIXED64, double, &mut self.custom_values)?;
            }
            // A gauge's buckets are converted as a counter's are.
            (RESET_HINT, VARINT) => drop(message.varint()?),
            (TIME, VARINT) => self.time_ms = message.varint()?.cast_signed(),
            (START_TIME, VARINT) => self.start_ms = message.varint()?.cast_signed(),
            (COUNT_INT..=START_TIME, _) => {
                return Err(start.malformed("a histogram's field has the wrong type"));
            }
            _ => message.skip(key)?,
        }
        Ok(())
    }
}

/// Numbers of a repeated field, packed or one by one: a reader has to take both.
fn repeated<'b, T>(
    message: &mut Reader<'b>,
    key: Key,
    single: u8,
    read: impl Fn(&mut Reader<'b>) -> Result<T, Refusal>,
    list: &mut List<T>,
) -> Result<(), Refusal> {
    if key.wire == single {
        list.push(read(message)?);
        return Ok(());
    }
    let mut packed = message.message()?;
    while !packed.is_done() {
        list.push(read(&mut packed)?);
    }
    Ok(())
}

fn double(message: &mut Reader<'_>) -> Result<f64, Refusal> {
    Ok(f64::from_bits(message.fixed64()?))
}

fn sint64(message: &mut Reader<'_>) -> Result<i64, Refusal> {
    let raw = message.varint()?;
    Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
}

/// What does not fit 32 bits is cut, as protobuf wants it.
fn sint32(message: &mut Reader<'_>) -> Result<i32, Refusal> {
    let raw = message.varint()? as u32;
    Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
}

fn span(mut message: Reader<'_>) -> Result<Span, Refusal> {
    let mut span = Span::default();
    while !message.is_done() {
        let start = message;
        let key = message.key()?;
        match (key.field, key.wire) {
            (1, VARINT) => span.offset = sint32(&mut message)?,
            (2, VARINT) => span.length = message.varint()? as u32,
            (1 | 2, _) => return Err(start.malformed("a bucket span's field has the wrong type")),
            _ => message.skip(key)?,
        }
    }
    Ok(span)
}
