use crate::Refusal;

/// Wire types of protobuf.
pub(crate) const VARINT: u8 = 0;
pub(crate) const FIXED64: u8 = 1;
pub(crate) const LENGTH: u8 = 2;
const GROUP_START: u8 = 3;
const GROUP_END: u8 = 4;
const FIXED32: u8 = 5;

/// How deep unknown groups may nest; as deep as other readers of protobuf go.
const DEEPEST_GROUP: usize = 100;

/// Reads protobuf fields between two offsets of one buffer, so that errors can say where.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'b> {
    pub(crate) bytes: &'b [u8],
    pub(crate) at: usize,
    pub(crate) end: usize,
}

/// Number and wire type of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) field: u32,
    pub(crate) wire: u8,
}

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            end: bytes.len(),
        }
    }

    #[inline]
    pub(crate) fn is_done(&self) -> bool {
        self.at >= self.end
    }

    /// The unread bytes.
    #[inline]
    pub(crate) fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.at..self.end).unwrap_or_default()
    }

    #[cold]
    pub(crate) fn malformed(&self, what: &'static str) -> Refusal {
        Refusal::Malformed {
            offset: self.at,
            what,
        }
    }

    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64, Refusal> {
        match self.rest().first() {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(byte))
            }
            _ => self.long_varint(),
        }
    }

    #[inline]
    fn long_varint(&mut self) -> Result<u64, Refusal> {
        let mut value = 0_u64;
        for (index, &byte) in self.rest().iter().take(10).enumerate() {
            if index == 9 && byte > 1 {
                return Err(self.malformed("a number does not fit 64 bits"));
            }
            value |= u64::from(byte & 0x7F) << (7 * index);
            if byte < 0x80 {
                self.at += index + 1;
                return Ok(value);
            }
        }
        Err(self.malformed("a number is cut off"))
    }

    #[inline]
    pub(crate) fn key(&mut self) -> Result<Key, Refusal> {
        let start = *self;
        let raw = self.varint()?;
        let Ok(raw) = u32::try_from(raw) else {
            return Err(start.malformed("a field number is too large"));
        };
        if raw >> 3 == 0 {
            return Err(start.malformed("a field has the number 0"));
        }
        Ok(Key {
            field: raw >> 3,
            wire: (raw & 7) as u8,
        })
    }

    /// The content of the next field where its key is this single byte and it is shorter than 16 KiB: what
    /// [`Reader::key`] and [`Reader::message`] say of it, in one step. Everything else is left to them.
    #[inline]
    pub(crate) fn short_message(&mut self, key: u8) -> Option<Self> {
        let (header, length) = match *self.rest() {
            [first, low @ ..0x80, ..] if first == key => (2, usize::from(low)),
            [first, low, high @ ..0x80, ..] if first == key => {
                (3, usize::from(low & 0x7F) | usize::from(high) << 7)
            }
            _ => return None,
        };
        let at = self.at + header;
        let end = at + length;
        if end > self.end {
            return None;
        }
        self.at = end;
        Some(Self { at, end, ..*self })
    }

    /// The content of a length-delimited field.
    #[inline]
    pub(crate) fn message(&mut self) -> Result<Self, Refusal> {
        let start = *self;
        let length = self.varint()?;
        match usize::try_from(length) {
            Ok(length) if length <= self.end - self.at => {
                let inner = Self {
                    end: self.at + length,
                    ..*self
                };
                self.at += length;
                Ok(inner)
            }
            _ => Err(start.malformed("a field is longer than what follows")),
        }
    }

    #[inline]
    pub(crate) fn fixed64(&mut self) -> Result<u64, Refusal> {
        match self.rest().first_chunk::<8>() {
            Some(bytes) => {
                self.at += 8;
                Ok(u64::from_le_bytes(*bytes))
            }
            None => Err(self.malformed("a fixed-width number is cut off")),
        }
    }

    /// Steps over a field nobody here knows.
    pub(crate) fn skip(&mut self, key: Key) -> Result<(), Refusal> {
        let mut groups: Vec<u32> = Vec::new();
        let mut key = key;
        loop {
            match key.wire {
                VARINT => drop(self.varint()?),
                FIXED64 => drop(self.fixed64()?),
                LENGTH => drop(self.message()?),
                FIXED32 if self.end - self.at >= 4 => self.at += 4,
                FIXED32 => return Err(self.malformed("a fixed-width number is cut off")),
                GROUP_START if groups.len() < DEEPEST_GROUP => groups.push(key.field),
                GROUP_START => return Err(self.malformed("groups nest too deep")),
                GROUP_END if groups.pop() == Some(key.field) => {}
                GROUP_END => return Err(self.malformed("a group ends that did not begin")),
                _ => return Err(self.malformed("a field has an unknown wire type")),
            }
            if groups.is_empty() {
                return Ok(());
            }
            key = self.key()?;
        }
    }
}
