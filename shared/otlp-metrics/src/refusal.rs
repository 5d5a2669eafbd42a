use intake::Excess;

/// Why a body is refused as a whole. Sending the same bytes again can't help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
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
    /// More than one body may hold or become.
    #[error(transparent)]
    Excess(#[from] Excess),
}

impl Refusal {
    /// 413 for what is too much, 400 for what can't be read; a client repeats neither.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self {
            Self::MalformedProtobuf { .. } | Self::MalformedJson(_) => 400,
            Self::TooLarge { .. } | Self::Excess(_) => 413,
        }
    }
}
