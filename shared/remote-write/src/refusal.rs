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
    /// The bytes are not the message that was declared.
    #[error(
        "byte {offset} of the decompressed body: {what}: send a prometheus.WriteRequest (remote write 1.0) or io.prometheus.write.v2.Request (2.0), as Content-Type says"
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
    /// More native histograms than one body may hold.
    #[error("the body holds more than {limit} native histograms: send fewer per request")]
    TooManyHistograms {
        /// The largest count taken.
        limit: usize,
    },
    /// More strings in the table than one body may hold.
    #[error("the body holds more than {limit} symbols: send fewer series per request")]
    TooManySymbols {
        /// The largest count taken.
        limit: usize,
    },
    /// More labels, or more text in them, than one body may hold.
    #[error("the series' labels are more than {limit} {unit}: send fewer series per request")]
    TooManyLabels {
        /// The largest count taken.
        limit: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// The table of strings does not begin with the empty one, so that no reference can be trusted.
    #[error(
        "the first symbol is not the empty string: send symbols as remote write 2.0 wants them"
    )]
    FirstSymbol,
    /// A well-formed message of another type than declared.
    #[error("the body is declared as {declared} and looks like {found}: correct Content-Type")]
    OtherMessage {
        /// By the headers.
        declared: &'static str,
        /// By its fields.
        found: &'static str,
    },
}
