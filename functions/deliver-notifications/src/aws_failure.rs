//! What a failed call of SES or SNS means for a notification, and what its tenant reads of it.
//!
//! The services' own messages name our role, our account and identities: they are for the log alone.

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use tracing::warn;

use crate::outcome::Outcome;

/// Which service was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// SES.
    Mail,
    /// SNS.
    Topics,
}

/// Codes that pass by themselves, whatever the status.
const THROTTLED: [&str; 8] = [
    "KMSThrottling",
    "KMSThrottlingException",
    "LimitExceededException",
    "Throttled",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];
const PAUSED: &str = "SendingPausedException";

/// Later or never, by the service's own words; `notification` is the one that was to be sent.
pub(crate) fn failure<E>(
    service: Service,
    notification: &str,
    error: &SdkError<E, HttpResponse>,
) -> Outcome
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let detail = DisplayErrorContext(error).to_string();
    let SdkError::ServiceError(answer) = error else {
        warn!(?service, notification, detail, "the service has no answer");
        return Outcome::unreachable("the service could not be reached");
    };
    let status = answer.raw().status().as_u16();
    let code = answer.err().code().unwrap_or("unknown error");
    let message = answer.err().message();
    warn!(
        ?service,
        notification, status, code, message, "the service refused"
    );
    let status_code = Some(status);
    let detail =
        words(service, code).map_or_else(|| code.to_owned(), |words| format!("{words} ({code})"));
    if status >= 500 || status == 429 || code == PAUSED || THROTTLED.contains(&code) {
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

/// What the tenant, or whoever the tenant asks, can do about it.
fn words(service: Service, code: &str) -> Option<&'static str> {
    if THROTTLED.contains(&code) {
        return Some("the service takes no more at the moment");
    }
    // The same error has a code of each form, by the service's protocol.
    let name = code.strip_suffix("Exception").unwrap_or(code);
    match (service, name) {
        (Service::Topics, "AuthorizationError" | "AccessDenied") => Some(
            "this installation may not publish to the topic: name it toban-receiver-… and let its policy allow it",
        ),
        (Service::Topics, "NotFound") => Some("no such topic"),
        (Service::Mail, "AccessDenied" | "MailFromDomainNotVerified" | "AccountSuspended") => {
            Some("this installation may not send mail from its address; its operator has to look")
        }
        (Service::Mail, "SendingPaused") => Some("this installation's mail is paused"),
        (Service::Mail, "MessageRejected") => {
            Some("the mail service refused this mail, or its address")
        }
        _ => None,
    }
}
