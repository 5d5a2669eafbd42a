//! The body of a delivery (Amazon Data Firehose, "HTTP endpoint delivery request and response specifications").

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use intake::Excess;

/// Why a body is refused as a whole. Sending the same bytes again can't help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No envelope in JSON.
    #[error("the body is no delivery of Firehose: {0}")]
    Malformed(String),
    /// More than one body may hold.
    #[error(transparent)]
    Excess(#[from] Excess),
}

#[derive(Debug, serde::Deserialize)]
pub(crate) struct Envelope<'b> {
    #[serde(borrow)]
    pub(crate) records: Vec<Record<'b>>,
}

#[derive(Debug, serde::Deserialize)]
pub(crate) struct Record<'b> {
    #[serde(borrow)]
    data: Cow<'b, str>,
}

impl<'b> Envelope<'b> {
    pub(crate) fn read(body: &'b [u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(body).map_err(|error| Refusal::Malformed(error.to_string()))
    }
}

impl Record<'_> {
    /// The bytes that the metric stream put into Firehose.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, String> {
        let bytes = STANDARD.decode(self.data.as_bytes());
        bytes.map_err(|error| format!("the data is no base64: {error}"))
    }
}
