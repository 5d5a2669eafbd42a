use crate::{Limits, Refusal};

/// The most bytes that one byte of a snappy block can stand for: a copy of 64 bytes takes 3.
const LARGEST_EXPANSION: usize = 24;

/// Decompresses a snappy block into `bytes` and returns the length.
///
/// The declared length is checked against the limit and against what the input can possibly hold, before
/// memory is taken for it.
pub(crate) fn decompress(
    body: &[u8],
    limits: &Limits,
    bytes: &mut Vec<u8>,
) -> Result<usize, Refusal> {
    let not_snappy = |error: snap::Error| Refusal::NotSnappy(error.to_string());
    let declared = snap::raw::decompress_len(body).map_err(not_snappy)?;
    if declared > limits.decompressed_bytes {
        return Err(Refusal::TooLarge {
            limit: limits.decompressed_bytes,
            declared,
        });
    }
    if declared > body.len().saturating_mul(LARGEST_EXPANSION) {
        return Err(Refusal::NotSnappy(format!(
            "it declares {declared} bytes, more than its {} can hold",
            body.len()
        )));
    }
    if bytes.len() < declared {
        bytes.resize(declared, 0);
    }
    let room = bytes.get_mut(..declared).unwrap_or_default();
    snap::raw::Decoder::new()
        .decompress(body, room)
        .map_err(not_snappy)
}
