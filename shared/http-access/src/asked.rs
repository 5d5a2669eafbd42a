use http::HeaderMap;
use jiff::Timestamp;

/// What an answer to a failed request repeats of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// `Content-Type`.
    pub(crate) content_type: String,
    /// `X-Amz-Firehose-Request-Id`.
    pub(crate) firehose_request_id: String,
    /// When it arrived.
    pub(crate) at: Timestamp,
}

impl Asked {
    /// Before its headers were read.
    pub(crate) fn at(now: Timestamp) -> Self {
        Self {
            content_type: String::new(),
            firehose_request_id: String::new(),
            at: now,
        }
    }

    pub(crate) fn read(&mut self, headers: &HeaderMap) {
        let text = |name| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        self.content_type = text("content-type");
        self.firehose_request_id = text("x-amz-firehose-request-id");
    }
}
