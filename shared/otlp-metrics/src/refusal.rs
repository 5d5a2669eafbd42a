/// Why a body is refused as a whole. Sending the same bytes again can't help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `Content-Encoding: gzip`, and the bytes are something else.
    #[error("the body is not gzip ({0})")]
    NotGzip(String),
    /// More bytes than the limit, after decompression.
    #[error(
        "the body holds more than {limit} bytes after decompression: send fewer data points per request"
    )]
    TooLarge {
        /// The largest size taken.
        limit: usize,
    },
    /// The bytes are no `ExportMetricsServiceRequest` in protobuf.
    #[error("byte {offset} of the body: {what}: send an ExportMetricsServiceRequest")]
    MalformedProtobuf {
        /// Where in the decompressed body.
        offset: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// The text is no `ExportMetricsServiceRequest` in JSON.
    #[error("the body is not OTLP/JSON: {0}")]
    MalformedJson(String),
    /// More data points than one body may hold, or more samples than they may become.
    #[error("the body holds more than {limit} samples: send fewer data points per request")]
    TooManySamples {
        /// The largest count taken.
        limit: usize,
    },
    /// More series than one body may become.
    #[error("the body holds more than {limit} series: send fewer data points per request")]
    TooManySeries {
        /// The largest count taken.
        limit: usize,
    },
    /// More labels than all series of one body may carry.
    #[error(
        "the series of the body carry more than {limit} labels: send fewer data points per request"
    )]
    TooManyLabels {
        /// The largest count taken.
        limit: usize,
    },
}

impl Refusal {
    /// 413 for what is too much, 400 for what can't be read; a client repeats neither.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self {
            Self::NotGzip(_) | Self::MalformedProtobuf { .. } | Self::MalformedJson(_) => 400,
            Self::TooLarge { .. }
            | Self::TooManySamples { .. }
            | Self::TooManySeries { .. }
            | Self::TooManyLabels { .. } => 413,
        }
    }
}
