use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::{HttpError, HttpResponse};

/// What a handler answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case.
    pub headers: BTreeMap<&'static str, String>,
    /// One `Set-Cookie` each.
    pub cookies: Vec<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Without a body.
    #[must_use]
    pub const fn empty(status: u16) -> Self {
        Self {
            status,
            headers: BTreeMap::new(),
            cookies: Vec::new(),
            body: Vec::new(),
        }
    }

    /// JSON.
    pub fn json(status: u16, value: &impl Serialize) -> Result<Self, HttpError> {
        let body = serde_json::to_vec(value).map_err(HttpError::internal)?;
        Ok(Self::of(status, "application/json", body))
    }

    /// Anything, by media type.
    #[must_use]
    pub fn of(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..Self::empty(status).header("content-type", media_type)
        }
    }

    /// With a header, in place of one of the same name.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }

    /// With a cookie: the value of one `Set-Cookie`.
    #[must_use]
    pub fn cookie(mut self, value: impl Into<String>) -> Self {
        self.cookies.push(value.into());
        self
    }

    /// With what every answer carries where the handler did not say otherwise.
    pub(crate) fn into_response(self, request_id: &str, over_tls: bool) -> HttpResponse {
        let mut headers: BTreeMap<String, String> = [
            ("cache-control", "no-store"),
            (
                "content-security-policy",
                "default-src 'none'; frame-ancestors 'none'",
            ),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-request-id", request_id),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if over_tls {
            let year = "max-age=31536000".to_owned();
            headers.insert("strict-transport-security".to_owned(), year);
        }
        let own = self.headers.into_iter();
        headers.extend(own.map(|(name, value)| (name.to_owned(), header_text(&value))));
        let (body, is_base64_encoded) = match String::from_utf8(self.body) {
            Ok(text) => (text, false),
            Err(binary) => (STANDARD.encode(binary.as_bytes()), true),
        };
        HttpResponse {
            status_code: self.status,
            headers,
            cookies: self.cookies,
            body,
            is_base64_encoded,
        }
    }
}

/// A header can't hold control characters; nothing that a client sent may end one.
fn header_text(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_closed_to_sniffing_framing_and_caching() {
        let response = Answer::empty(204).into_response("r-1", true);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("x-request-id", "r-1"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(response.headers[name], value);
        }
        assert!(response.headers["content-security-policy"].contains("frame-ancestors 'none'"));
        let plain = Answer::empty(204).into_response("r-1", false);
        assert!(!plain.headers.contains_key("strict-transport-security"));
    }

    #[test]
    fn a_handler_may_say_otherwise_but_end_no_header() {
        let answer = Answer::of(200, "text/html", "x")
            .header("cache-control", "max-age=60")
            .header("location", "/a\r\nset-cookie: b=c")
            .cookie("a=b; HttpOnly");
        let response = answer.into_response("r", false);
        assert_eq!(response.headers["cache-control"], "max-age=60");
        assert_eq!(response.headers["location"], "/aset-cookie: b=c");
        assert_eq!(response.cookies, ["a=b; HttpOnly"]);
    }

    #[test]
    fn what_is_no_text_travels_as_base64() {
        let response = Answer::of(200, "image/png", vec![0xff, 0x00]).into_response("r", false);
        assert_eq!(
            (response.body.as_str(), response.is_base64_encoded),
            ("/wA=", true)
        );
    }
}
