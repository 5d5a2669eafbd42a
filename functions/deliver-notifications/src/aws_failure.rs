//! What a failed call of SES or SNS means for a notification.

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::outcome::Outcome;

/// Codes with a 4xx status that pass by themselves.
const PASSING: [&str; 7] = [
    "LimitExceededException",
    "SendingPausedException",
    "Throttled",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Later or never, by the service's own words.
pub(crate) fn failure<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Outcome {
    let SdkError::ServiceError(answer) = error else {
        return Outcome::unreachable("the service could not be reached");
    };
    let status = answer.raw().status().as_u16();
    let code = answer.err().code().unwrap_or("unknown error");
    let detail = format!("{code}: {}", answer.err().message().unwrap_or_default());
    let status_code = Some(status);
    if status >= 500 || status == 429 || PASSING.contains(&code) {
        Outcome::TryAgain {
            status_code,
            detail,
            not_before: None,
        }
    } else {
        Outcome::Rejected {
            status_code,
            detail,
        }
    }
}
