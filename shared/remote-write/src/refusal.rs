/// Why a body is refused as a whole. Sending the same bytes again can't help: the answer is 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The bytes are no snappy block.
    #[error(
        "the body is not a snappy block ({0}): send Content-Encoding: snappy in block format, not the framed one"
    )]
    NotSnappy(String),
    /// The block declares more than the limit; nothing was decompressed.
    #[error(
        "the body holds {declared} bytes after decompression and the limit is {limit}: send fewer samples per request"
    )]
    TooLarge {
        /// The largest size taken.
        limit: usize,
        /// What the block says of itself.
        declared: usize,
    },
    /// The bytes are no `prometheus.WriteRequest`.
    #[error(
        "byte {offset} of the decompressed body: {what}: send a prometheus.WriteRequest (remote write 1.0)"
    )]
    Malformed {
        /// Where in the decompressed body.
        offset: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// More series than one body may hold.
    #[error("the body holds more than {limit} series: send fewer per request")]
    TooManySeries {
        /// The largest count taken.
        limit: usize,
    },
    /// More samples than one body may hold.
    #[error("the body holds more than {limit} samples: send fewer per request")]
    TooManySamples {
        /// The largest count taken.
        limit: usize,
    },
}
