//! Protobuf's wire format, field by field, without a copy.

use crate::Refusal;

const GROUP_START: u64 = 3;
const GROUP_END: u64 = 4;

/// How deep unknown groups may nest; as deep as other readers of protobuf go.
const DEEPEST_GROUP: usize = 100;

/// A message: a stretch of one body, so that errors can say where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'b> {
    body: &'b [u8],
    at: usize,
    end: usize,
}

/// A field's content.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content<'b> {
    Varint(u64),
    Fixed64(u64),
    Bytes(Message<'b>),
    /// Of 32 bits, or a group: nothing that OTLP's metrics have.
    Other,
}

/// A field: its number, its content, and where it began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'b> {
    pub(crate) number: u32,
    pub(crate) content: Content<'b>,
    at: usize,
}

impl<'b> Message<'b> {
    pub(crate) fn new(body: &'b [u8]) -> Self {
        Self {
            body,
            at: 0,
            end: body.len(),
        }
    }

    pub(crate) fn bytes(&self) -> &'b [u8] {
        self.body.get(self.at..self.end).unwrap_or_default()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.at >= self.end
    }

    /// The next field, or `None` at the end.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<Field<'b>>, Refusal> {
        if self.is_done() {
            return Ok(None);
        }
        let at = self.at;
        let key = self.varint()?;
        let number = match u32::try_from(key >> 3) {
            Ok(number) if number > 0 && number < 1 << 29 => number,
            _ => return Err(malformed(at, "a field has a number that there is not")),
        };
        let content = match key & 7 {
            0 => Content::Varint(self.varint()?),
            1 => Content::Fixed64(self.fixed64()?),
            2 => Content::Bytes(self.length_delimited()?),
            wire => {
                self.skip(wire, number)?;
                Content::Other
            }
        };
        Ok(Some(Field {
            number,
            content,
            at,
        }))
    }

    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64, Refusal> {
        let mut value = 0_u64;
        for (index, &byte) in self.bytes().iter().take(10).enumerate() {
            if index == 9 && byte > 1 {
                return Err(malformed(self.at, "a number does not fit 64 bits"));
            }
            value |= u64::from(byte & 0x7F) << (7 * index);
            if byte < 0x80 {
                self.at += index + 1;
                return Ok(value);
            }
        }
        Err(malformed(self.at, "a number is cut off"))
    }

    #[inline]
    pub(crate) fn fixed64(&mut self) -> Result<u64, Refusal> {
        let Some(bytes) = self.bytes().first_chunk::<8>() else {
            return Err(malformed(self.at, "a number of 8 bytes is cut off"));
        };
        self.at += 8;
        Ok(u64::from_le_bytes(*bytes))
    }

    #[inline]
    fn length_delimited(&mut self) -> Result<Self, Refusal> {
        let start = self.at;
        let length = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
        if length > self.end - self.at {
            return Err(malformed(start, "a field is longer than what follows"));
        }
        let content = Self {
            end: self.at + length,
            ..*self
        };
        self.at += length;
        Ok(content)
    }

    /// Steps over four bytes, or a group and what it holds.
    #[cold]
    fn skip(&mut self, wire: u64, number: u32) -> Result<(), Refusal> {
        let mut groups = Vec::new();
        let (mut wire, mut number) = (wire, number);
        loop {
            match wire {
                0 => drop(self.varint()?),
                1 => drop(self.fixed64()?),
                2 => drop(self.length_delimited()?),
                5 if self.end - self.at >= 4 => self.at += 4,
                5 => return Err(malformed(self.at, "a number of 4 bytes is cut off")),
                GROUP_START if groups.len() < DEEPEST_GROUP => groups.push(number),
                GROUP_START => return Err(malformed(self.at, "groups nest too deep")),
                GROUP_END if groups.pop() == Some(number) => {}
                GROUP_END => return Err(malformed(self.at, "a group ends that did not begin")),
                _ => return Err(malformed(self.at, "a field has an unknown wire type")),
            }
            if groups.is_empty() {
                return Ok(());
            }
            let key = self.varint()?;
            wire = key & 7;
            number = u32::try_from(key >> 3).unwrap_or_default();
        }
    }
}

impl<'b> Field<'b> {
    pub(crate) fn message(&self) -> Result<Message<'b>, Refusal> {
        match self.content {
            Content::Bytes(message) => Ok(message),
            _ => Err(self.malformed("a field that holds a message or text holds a number")),
        }
    }

    pub(crate) fn text(&self) -> Result<&'b str, Refusal> {
        std::str::from_utf8(self.message()?.bytes())
            .map_err(|_| self.malformed("a text is not UTF-8"))
    }

    pub(crate) fn varint(&self) -> Result<u64, Refusal> {
        match self.content {
            Content::Varint(number) => Ok(number),
            _ => Err(self.malformed("a whole number is not written as a varint")),
        }
    }

    /// `sint32`: zigzag.
    pub(crate) fn signed(&self) -> Result<i32, Refusal> {
        // As other readers do, the upper half of a number that is too long is dropped.
        let number = self.varint()? as u32;
        Ok((number >> 1) as i32 ^ -((number & 1) as i32))
    }

    pub(crate) fn fixed64(&self) -> Result<u64, Refusal> {
        match self.content {
            Content::Fixed64(bits) => Ok(bits),
            _ => Err(self.malformed("a number is not written in 8 bytes")),
        }
    }

    pub(crate) fn double(&self) -> Result<f64, Refusal> {
        self.fixed64().map(f64::from_bits)
    }

    pub(crate) fn malformed(&self, what: &'static str) -> Refusal {
        malformed(self.at, what)
    }
}

fn malformed(offset: usize, what: &'static str) -> Refusal {
    Refusal::MalformedProtobuf { offset, what }
}
