use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use intake::GzipError;

use crate::memory::within;

/// Few enough that a small bomb is too large.
const LIMIT_BYTES: usize = 1 << 14;
/// A list that grows, and the decompressor's own state.
const MOST_BYTES: usize = 3 * LIMIT_BYTES + (96 << 10);

/// A body as it comes; and the same bytes well compressed, because the fuzzer finds no checksum.
pub fn gunzip(body: &[u8]) {
    let taken = within(MOST_BYTES, || intake::gunzip(body, LIMIT_BYTES));
    let mut plain = Vec::new();
    let read = MultiGzDecoder::new(body)
        .take(LIMIT_BYTES as u64 + 1)
        .read_to_end(&mut plain);
    match taken {
        Ok(bytes) => assert_eq!(bytes, plain),
        Err(GzipError::TooLarge { .. }) => assert!(plain.len() > LIMIT_BYTES),
        Err(GzipError::NotGzip(_)) => assert!(read.is_err()),
    }
    // The body in two members, so that it is long enough to be too large at times.
    let (left, right) = body.split_at(body.len() / 2);
    let whole = [gzip(left), gzip(right)].concat();
    let taken = within(MOST_BYTES, || intake::gunzip(&whole, LIMIT_BYTES));
    match taken {
        Ok(bytes) => assert_eq!(bytes, body),
        Err(error) => {
            assert_eq!(error, GzipError::TooLarge { limit: LIMIT_BYTES });
            assert!(body.len() > LIMIT_BYTES);
        }
    }
    let cut = &whole[..whole.len() - 1];
    assert!(intake::gunzip(cut, LIMIT_BYTES).is_err(), "it was cut off");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
