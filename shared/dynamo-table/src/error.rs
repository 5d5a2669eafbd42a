use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Why a table could not answer.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Throttled, unreachable, or failing on its side: the same request may pass later.
    #[error("the table is not available now")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The request itself is wrong, or not permitted.
    #[error("the table refused the request")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
    /// An item does not have the shape that this version reads.
    #[error("an item can't be read or written")]
    Shape(#[from] serde_dynamo::Error),
}

impl TableError {
    /// Whether the same request may pass later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// Error codes of the API reference that name a condition which passes by itself.
const PASSING: [&str; 9] = [
    "InternalServerError",
    "InternalFailure",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

impl<E, R> From<SdkError<E, R>> for TableError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    fn from(error: SdkError<E, R>) -> Self {
        let passing = match &error {
            SdkError::ServiceError(answer) => answer
                .err()
                .code()
                .is_none_or(|code| PASSING.contains(&code)),
            SdkError::ConstructionFailure(_) => false,
            _ => true,
        };
        if passing {
            Self::Unavailable(Box::new(error))
        } else {
            Self::Refused(Box::new(error))
        }
    }
}
