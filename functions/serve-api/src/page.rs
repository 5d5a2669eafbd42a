//! The page at `/`, its assets, and the cookie it keeps its token in.

use http_access::{Answer, HttpError};

use crate::{Deps, Request, Response};

fn absent() -> HttpError {
    HttpError::not_found("this build has no page")
}

pub fn show(_deps: &Deps, _call: &Request) -> Response {
    Err(absent())
}

pub fn asset(_call: &Request) -> Response {
    Err(absent())
}

pub async fn start_session(_deps: &Deps, _call: &Request) -> Response {
    Err(absent())
}

pub fn end_session(_deps: &Deps, _call: &Request) -> Response {
    Ok(Answer::empty(204).cookie("toban_token=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"))
}
