//! Names and values that come for the first time.

use super::bits::Bits;
use crate::CodecError;
use crate::limits::MAX_LABEL_BYTES;

/// The bytes of label texts, at first in this order: 4 bits for each of the first 8, 6 for the next 24, 8 for the next
/// 31. What is not among them takes 16.
const COMMON: &[u8; ESCAPE] = b"e_tsonariclmdpubg0123456789.-:fhykvw/xqzjIDCSETARPMNBLOUFH =,+G";
const ESCAPE: usize = 63;
const LEAST_BITS: usize = 4;

/// Names and values on their way. What occurs moves to the front, so that other alphabets are learned.
pub(super) struct Spelling {
    order: [u8; 256],
    /// Where each byte stands there.
    places: [u8; 256],
}

impl Spelling {
    pub(super) fn new() -> Self {
        let mut order: [u8; 256] = std::array::from_fn(|byte| byte as u8);
        let mut places = order;
        for (place, &byte) in COMMON.iter().enumerate() {
            let stands = usize::from(places[usize::from(byte)]);
            swap(&mut order, &mut places, place, stands);
        }
        Self { order, places }
    }

    /// Codes a text by what it shares with the start of an earlier one, and the rest byte by byte.
    pub(super) fn code<B: Bits>(
        &mut self,
        bits: &mut B,
        text: &str,
        like: &str,
    ) -> Result<String, CodecError> {
        let (text, like) = (text.as_bytes(), like.as_bytes());
        let same = text.iter().zip(like).take_while(|(a, b)| a == b).count();
        let shared = bits.count(same, like.len())?;
        let rest = text.get(shared..).unwrap_or_default();
        let new = bits.count(rest.len(), MAX_LABEL_BYTES)?;
        bits.has(LEAST_BITS * new)?;
        let mut spelt = like.get(..shared).unwrap_or_default().to_vec();
        // Ids and hashes, which would else take half as much again.
        let is_hex = new > 0 && bits.flag(rest.iter().all(|&byte| digit(byte) < 16));
        for at in 0..new {
            let byte = rest.get(at).copied().unwrap_or(0);
            spelt.push(match is_hex {
                true => HEX[bits.short(u64::from(digit(byte)), 4) as usize],
                false => self.letter(bits, byte),
            });
        }
        String::from_utf8(spelt).map_err(|_| CodecError::Damaged("a label is not UTF-8"))
    }

    /// Four bits say which of the first 8 it is, in which row of 4 or 16 it stands, or both halves of a place.
    fn letter<B: Bits>(&mut self, bits: &mut B, byte: u8) -> u8 {
        let place = usize::from(self.places[usize::from(byte)]).min(ESCAPE);
        let first = match place {
            0..8 => place,
            8..32 => 8 + (place - 8) / 4,
            _ => 14 + (place - 32) / 16,
        };
        let place = match bits.short(first as u64, 4) as usize {
            first @ 0..8 => first,
            first @ 8..14 => 8 + 4 * (first - 8) + bits.short((place % 4) as u64, 2) as usize,
            first => 32 + 16 * (first - 14) + bits.short((place % 16) as u64, 4) as usize,
        };
        let byte = match place {
            ESCAPE.. => bits.short(u64::from(byte), 8) as u8,
            _ => self.order[place],
        };
        let place = self.places[usize::from(byte)];
        swap(
            &mut self.order,
            &mut self.places,
            usize::from(place) / 2,
            usize::from(place),
        );
        byte
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// 16 for what is no hexadecimal digit.
fn digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        _ => 16,
    }
}
fn swap(order: &mut [u8; 256], places: &mut [u8; 256], a: usize, b: usize) {
    order.swap(a, b);
    places[usize::from(order[a])] = a as u8;
    places[usize::from(order[b])] = b as u8;
}

#[cfg(test)]
mod tests {
    use super::super::bits::{Reader, Writer};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_spelt(text in any::<String>(), like in any::<String>(), hex in "[0-9a-f]{0,40}", plain in "[a-zA-Z0-9_./:-]{0,40}") {
            let mut writer = Writer::new(Vec::new());
            let mut spelling = Spelling::new();
            for text in [&text, &plain, &hex] {
                prop_assert_eq!(&spelling.code(&mut writer, text, &like).unwrap(), text);
            }
            let bytes = writer.finish();
            let mut reader = Reader::new(&bytes);
            let mut spelling = Spelling::new();
            for text in [&text, &plain, &hex] {
                prop_assert_eq!(&spelling.code(&mut reader, "", &like).unwrap(), text);
            }
        }
    }
}
