use std::io::Read;

use flate2::read::MultiGzDecoder;

/// Why a compressed body is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GzipError {
    /// The bytes are something else.
    #[error("the body is not gzip ({0})")]
    NotGzip(String),
    /// More bytes than the limit, after decompression.
    #[error(
        "the body holds more than {limit} bytes after decompression: send fewer points per request"
    )]
    TooLarge {
        /// The largest size taken.
        limit: usize,
    },
}

/// Decompresses a body with `Content-Encoding: gzip`, and takes no more memory than the limit allows for.
pub fn gunzip(body: &[u8], limit_bytes: usize) -> Result<Vec<u8>, GzipError> {
    let mut bytes = Vec::new();
    // One byte more than the limit tells a body that is too large from one that just fits.
    let most = u64::try_from(limit_bytes).unwrap_or(u64::MAX);
    MultiGzDecoder::new(body)
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| GzipError::NotGzip(error.to_string()))?;
    if bytes.len() > limit_bytes {
        return Err(GzipError::TooLarge { limit: limit_bytes });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_body_of_the_limit_fits_and_one_byte_more_does_not() {
        let body = gzip(&[0; 1000]);
        assert_eq!(gunzip(&body, 1000).unwrap().len(), 1000);
        assert_eq!(gunzip(&body, 999), Err(GzipError::TooLarge { limit: 999 }));
    }

    #[test]
    fn a_bomb_is_left_at_the_limit() {
        let bomb = gzip(&vec![0; 64 << 20]);
        assert!(bomb.len() < 100_000);
        assert_eq!(
            gunzip(&bomb, 4096).unwrap_err(),
            GzipError::TooLarge { limit: 4096 }
        );
    }

    #[test]
    fn what_is_not_gzip_or_cut_off_is_refused() {
        let whole = gzip(b"abc");
        for body in [&b"plain"[..], b"", &whole[..whole.len() - 1]] {
            assert!(matches!(gunzip(body, 100), Err(GzipError::NotGzip(_))));
        }
    }
}
