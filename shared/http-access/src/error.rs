use std::error::Error;

use access::ErrorForm;
use otlp_metrics::{Encoding, status_body};
use serde_json::{Map, Value, json};
use state_table::TableError;

use crate::Answer;
use crate::asked::Asked;

/// How long a client should wait before it tries again when the table is throttled or down.
const RETRY_AFTER_SECS: u32 = 5;

/// Why a call has no good answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The caller can read it and change something.
    #[error("{} {}", .0.status, .0.detail)]
    Refused(Box<Problem>),
    /// The same call may pass later: 503.
    #[error("not available now")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// Our fault: 500; the caller sees the request id and nothing else.
    #[error("internal error")]
    Internal(#[source] Box<dyn Error + Send + Sync>),
}

/// What is wrong with a call, after RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// 4xx.
    pub status: u16,
    /// What to change.
    pub detail: String,
    /// Further members.
    pub members: Map<String, Value>,
    /// Headers beside it.
    pub headers: Vec<(&'static str, String)>,
}

impl Problem {
    /// `detail` says what to change.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            members: Map::new(),
            headers: Vec::new(),
        }
    }

    /// With a further member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl From<Problem> for HttpError {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

impl From<TableError> for HttpError {
    fn from(error: TableError) -> Self {
        if error.is_retryable() {
            Self::Unavailable(Box::new(error))
        } else {
            Self::Internal(Box::new(error))
        }
    }
}

impl HttpError {
    /// 400.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Problem::new(400, detail).into()
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Problem::new(404, detail).into()
    }

    /// 409.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Problem::new(409, detail).into()
    }

    /// 422.
    pub fn unprocessable(detail: impl Into<String>) -> Self {
        Problem::new(422, detail).into()
    }

    /// 500.
    pub fn internal(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }

    /// The status that it is answered with.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Refused(problem) => problem.status,
            Self::Unavailable(_) => 503,
            Self::Internal(_) => 500,
        }
    }

    /// The cause in words, for the log alone.
    pub(crate) fn causes(&self) -> Option<String> {
        let mut cause: Option<&dyn Error> = match self {
            Self::Refused(_) => None,
            Self::Unavailable(error) | Self::Internal(error) => Some(&**error),
        };
        let mut text = String::new();
        while let Some(error) = cause {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&error.to_string());
            cause = error.source();
        }
        (!text.is_empty()).then_some(text)
    }

    /// In the words of the route.
    pub(crate) fn into_answer(self, form: ErrorForm, request_id: &str, asked: &Asked) -> Answer {
        let problem = match self {
            Self::Refused(problem) => *problem,
            Self::Unavailable(_) => Problem::new(503, "not available now; try again later")
                .header("retry-after", RETRY_AFTER_SECS.to_string()),
            Self::Internal(_) => Problem::new(
                500,
                format!("something failed on our side (request {request_id})"),
            ),
        };
        let (media_type, body) = match form {
            ErrorForm::Problem => (
                "application/problem+json",
                problem_details(&problem, request_id).to_string().into(),
            ),
            ErrorForm::Prometheus => (
                "application/json",
                prometheus_error(&problem).to_string().into(),
            ),
            ErrorForm::RpcStatus => rpc_status(&problem, &asked.content_type),
            ErrorForm::Influx => (
                "application/json",
                influx_error(&problem).to_string().into(),
            ),
            ErrorForm::Firehose => (
                "application/json",
                firehose_failure(&problem, asked).to_string().into(),
            ),
            ErrorForm::Alertmanager => (
                "application/json",
                alertmanager_error(&problem).to_string().into(),
            ),
        };
        let answer = Answer::of(problem.status, media_type, body);
        problem
            .headers
            .into_iter()
            .fold(answer, |answer, (name, value)| answer.header(name, value))
    }
}

fn problem_details(problem: &Problem, request_id: &str) -> Value {
    let mut members = problem.members.clone();
    members.insert("type".to_owned(), json!("about:blank"));
    members.insert("title".to_owned(), json!(title(problem.status)));
    members.insert("status".to_owned(), json!(problem.status));
    members.insert("detail".to_owned(), json!(problem.detail));
    members.insert("request_id".to_owned(), json!(request_id));
    Value::Object(members)
}

/// In the encoding of the request; one that names none is answered in JSON.
fn rpc_status(problem: &Problem, content_type: &str) -> (&'static str, Vec<u8>) {
    let encoding = Encoding::of_content_type(content_type).unwrap_or(Encoding::Json);
    let body = status_body(encoding, problem.status, &problem.detail);
    (encoding.content_type(), body)
}

fn prometheus_error(problem: &Problem) -> Value {
    let error_type = match problem.status {
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        422 => "execution",
        500 => "internal",
        503 => "unavailable",
        _ => "bad_data",
    };
    json!({"status": "error", "errorType": error_type, "error": problem.detail})
}

/// What Alertmanager's library refuses has a code of its own; what its handlers refuse is a text.
fn alertmanager_error(problem: &Problem) -> Value {
    match problem.members.get("code") {
        Some(code) => json!({"code": code, "message": problem.detail}),
        None => Value::String(problem.detail.clone()),
    }
}

/// The words are those of InfluxDB 2's API. Its clients show both members and go by the status.
fn influx_error(problem: &Problem) -> Value {
    let code = match problem.status {
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not found",
        405 => "method not allowed",
        413 => "request too large",
        429 => "too many requests",
        500 => "internal error",
        503 => "unavailable",
        _ => "invalid",
    };
    json!({"code": code, "message": problem.detail})
}

/// Source: Amazon Data Firehose, "HTTP endpoint delivery request and response specifications". An answer of
/// another form counts as a 500 without a body, and what the endpoint said is in no log.
fn firehose_failure(problem: &Problem, asked: &Asked) -> Value {
    const LONGEST_MESSAGE: usize = 8192;
    let message: String = problem.detail.chars().take(LONGEST_MESSAGE).collect();
    json!({
        "requestId": asked.firehose_request_id,
        "timestamp": asked.at.as_millisecond(),
        "errorMessage": message,
    })
}

/// The status's own phrase, as RFC 9457 asks of `about:blank`.
fn title(status: u16) -> &'static str {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Error")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(content_type: &str) -> Asked {
        Asked {
            content_type: content_type.to_owned(),
            firehose_request_id: "ed4acda5-034f-9f42-bba1-f29aea6d7d8f".to_owned(),
            at: "2026-11-20T12:00:00Z".parse().unwrap(),
        }
    }

    fn body(error: HttpError, form: ErrorForm) -> (Answer, Value) {
        let answer = error.into_answer(form, "r-1", &asked("application/json; charset=utf-8"));
        let body = serde_json::from_slice(&answer.body).unwrap();
        (answer, body)
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_its_route() {
        let (answer, body_json) = body(
            Problem::new(422, "say less")
                .with("errors", json!(["a"]))
                .into(),
            ErrorForm::Problem,
        );
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(
            body_json,
            json!({"type": "about:blank", "title": "Unprocessable Entity", "status": 422,
                   "detail": "say less", "errors": ["a"], "request_id": "r-1"})
        );
        let (answer, body_json) = body(HttpError::bad_request("x"), ErrorForm::Prometheus);
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(
            body_json,
            json!({"status": "error", "errorType": "bad_data", "error": "x"})
        );
    }

    #[test]
    fn a_status_is_in_the_encoding_of_its_request() {
        let (answer, shown) = body(Problem::new(401, "who?").into(), ErrorForm::RpcStatus);
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(shown, json!({"code": 16, "message": "who?"}));
        let protobuf = HttpError::from(Problem::new(401, "who?")).into_answer(
            ErrorForm::RpcStatus,
            "r",
            &asked("application/x-protobuf"),
        );
        assert_eq!(protobuf.headers["content-type"], "application/x-protobuf");
        assert_eq!(protobuf.body, b"\x08\x10\x12\x04who?");
    }

    #[test]
    fn influxdbs_clients_read_their_own_words() {
        for (status, code) in [
            (400, "invalid"),
            (401, "unauthorized"),
            (413, "request too large"),
            (415, "invalid"),
            (503, "unavailable"),
        ] {
            let (answer, shown) = body(Problem::new(status, "why").into(), ErrorForm::Influx);
            assert_eq!(answer.status, status);
            assert_eq!(shown, json!({"code": code, "message": "why"}));
        }
    }

    /// The shape is the schema's of Firehose's documentation, and its own example.
    #[test]
    fn firehose_gets_its_request_back_with_the_failure() {
        let (answer, shown) = body(
            Problem::new(401, "x".repeat(9000)).into(),
            ErrorForm::Firehose,
        );
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(shown["requestId"], "ed4acda5-034f-9f42-bba1-f29aea6d7d8f");
        assert_eq!(shown["timestamp"], 1_795_176_000_000_i64);
        assert_eq!(shown["errorMessage"].as_str().unwrap().len(), 8192);
    }

    #[test]
    fn what_fails_on_our_side_shows_nothing_but_the_request() {
        for form in [
            ErrorForm::Problem,
            ErrorForm::Prometheus,
            ErrorForm::RpcStatus,
            ErrorForm::Influx,
            ErrorForm::Firehose,
            ErrorForm::Alertmanager,
        ] {
            let (answer, shown) = body(HttpError::internal("password is 1234"), form);
            assert_eq!(answer.status, 500);
            assert!(!shown.to_string().contains("1234") && shown.to_string().contains("r-1"));
        }
        let unavailable = HttpError::Unavailable("table state is throttled".into());
        assert!(unavailable.causes().unwrap().contains("throttled"));
        let (answer, shown) = body(unavailable, ErrorForm::Problem);
        assert_eq!(
            (answer.status, answer.headers["retry-after"].as_str()),
            (503, "5")
        );
        assert!(!shown.to_string().contains("throttled"));
    }
}
