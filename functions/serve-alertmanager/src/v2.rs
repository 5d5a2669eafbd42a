//! Alertmanager's API, version 2, as 0.25 answers it.
//!
//! What its library refuses has a code of its own ([`invalid`]); what its handlers refuse is a text in JSON. Deviations, each
//! on purpose: ending a silence that is not there is 404, not 500 (as newer versions have it); `null` among alerts or
//! matchers is 400 where 0.25 hangs up; times are shown in UTC; what is wrong with JSON or an expression is said in
//! other words; an alert that a message can't hold is refused.

pub mod alerts;
mod filter;
pub mod groups;
pub mod posted_alerts;
pub mod silences;
pub mod status;
mod time;
mod uri;
mod view;

use http_access::{HttpError, Problem};
use serde::de::DeserializeOwned;

use crate::Request;

/// Codes of the library that 0.25 is built with (`go-openapi/errors`).
mod code {
    pub const INVALID_TYPE: u16 = 601;
    pub const REQUIRED: u16 = 602;
    pub const TOO_FEW_ITEMS: u16 = 612;
}

/// What its library refuses.
fn invalid(status: u16, code: u16, message: impl Into<String>) -> HttpError {
    Problem::new(status, message).with("code", code).into()
}

fn required(what: &str) -> HttpError {
    invalid(422, code::REQUIRED, format!("{what} in body is required"))
}

/// The first JSON value of the body; what follows it is not looked at.
fn body<T: DeserializeOwned>(call: &Request, name: &str) -> Result<T, HttpError> {
    if call.body.is_empty() {
        return Err(required(name));
    }
    check_media_type(call.header("content-type").unwrap_or_default())?;
    let mut values = serde_json::Deserializer::from_slice(&call.body).into_iter();
    match values.next() {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(unreadable(name, error)),
        None => Err(unreadable(name, "unexpected EOF")),
    }
}

fn unreadable(name: &str, reason: impl std::fmt::Display) -> HttpError {
    let message = format!("parsing {name} body from \"\" failed, because {reason}");
    invalid(400, 400, message)
}

fn check_media_type(header: &str) -> Result<(), HttpError> {
    let header = if header.is_empty() {
        "application/octet-stream"
    } else {
        header
    };
    let media_type = header.split(';').next().unwrap_or_default().trim();
    let is_word = !media_type.contains(|c: char| c.is_whitespace() || c == '/');
    if !media_type.contains('/') && !is_word {
        let message = format!(
            "parsing Content-Type header from {header:?} failed, because mime: expected slash after first token"
        );
        return Err(invalid(400, 400, message));
    }
    if !media_type.eq_ignore_ascii_case("application/json") {
        let message =
            format!("unsupported media type {media_type:?}, only [application/json] are allowed");
        return Err(invalid(415, 415, message));
    }
    Ok(())
}
