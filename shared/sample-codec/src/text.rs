//! Names and values that come for the first time.

use crate::CodecError;
use crate::coder::Coder;
use crate::limits::MAX_LABEL_BYTES;
use crate::number::{Number, Tree};

const CLASSES: usize = 8;

/// Codes a text by what it shares with the start of an earlier one, and its bytes by what kind of byte
/// stands before each.
pub(crate) struct Text {
    shared: Number,
    length: Number,
    bytes: Vec<Tree<256>>,
}

impl Text {
    pub(crate) fn new() -> Self {
        Self {
            shared: Number::EVEN,
            length: Number::EVEN,
            bytes: vec![Tree::EVEN; CLASSES],
        }
    }

    pub(crate) fn code<C: Coder>(
        &mut self,
        coder: &mut C,
        text: &str,
        like: &str,
    ) -> Result<String, CodecError> {
        let text = text.as_bytes();
        let same = text.iter().zip(like.as_bytes()).take_while(|(a, b)| a == b);
        let shared = self.shared.count(coder, same.count(), like.len())?;
        let new = text.len().saturating_sub(shared);
        let new = self.length.count(coder, new, MAX_LABEL_BYTES)?;
        let mut coded = like.as_bytes().get(..shared).unwrap_or_default().to_vec();
        for at in shared..shared + new {
            let before = coded.last().copied().unwrap_or(0);
            let byte = usize::from(text.get(at).copied().unwrap_or(0));
            let byte = self.bytes[class(before)].code(coder, byte)?;
            coded.push(byte as u8);
        }
        String::from_utf8(coded).map_err(|_| CodecError::Damaged("a label is not UTF-8"))
    }
}

fn class(byte: u8) -> usize {
    match byte {
        0 => 0,
        b'0'..=b'9' => 1,
        b'_' => 2,
        b'a' | b'e' | b'i' | b'o' | b'u' => 3,
        b'a'..=b'z' => 4,
        b'A'..=b'Z' => 5,
        0x80.. => 6,
        _ => 7,
    }
}
