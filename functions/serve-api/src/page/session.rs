//! A token goes in; a cookie that no script can read comes out.

use access::{BrowserHints, Method, Role, Token, cookie_may_act};
use http_access::{Answer, HttpError, Problem};
use serde::Deserialize;

use crate::{Deps, Request, Response};

/// One shift; then the token is asked for again.
const LIFETIME_SECS: u32 = 12 * 3600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionStart {
    token: String,
}

/// Keeps a token that may read in the cookie.
pub async fn start_session(deps: &Deps, call: &Request) -> Response {
    refuse_other_sites(deps, call)?;
    let wrong = || Problem::new(401, "this token is not valid");
    let start: SessionStart = call.json()?;
    let text = start.token.trim();
    let token = Token::parse(text).map_err(|_| wrong())?;
    let stored = deps.state.token(&token.tenant, &token.id).await?;
    let stored = stored
        .filter(|stored| stored.opens_with(&token.secret, call.now))
        .ok_or_else(wrong)?;
    if matches!(stored.role, Role::Ingest | Role::Device) {
        let detail = "this token may not read; use one with the role viewer, operator or admin";
        return Err(Problem::new(403, detail).into());
    }
    Ok(Answer::empty(204).cookie(cookie(&deps.public_url, text, LIFETIME_SECS)))
}

/// Forgets the cookie.
pub fn end_session(deps: &Deps, call: &Request) -> Response {
    refuse_other_sites(deps, call)?;
    Ok(Answer::empty(204).cookie(cookie(&deps.public_url, "", 0)))
}

/// Another site must not sign its visitor in or out. Who is no browser says nothing of sites.
fn refuse_other_sites(deps: &Deps, call: &Request) -> Result<(), HttpError> {
    let hints = BrowserHints {
        origin: call.header("origin"),
        fetch_site: call.header("sec-fetch-site"),
    };
    let is_browser = hints.origin.is_some() || hints.fetch_site.is_some();
    if is_browser && !cookie_may_act(Method::Post, hints, &deps.public_url) {
        return Err(Problem::new(403, "only this service's own page may do this").into());
    }
    Ok(())
}

/// The value of `Set-Cookie`. Without TLS (the local stack) a browser may not keep a `Secure` one.
fn cookie(public_url: &str, token: &str, lifetime_secs: u32) -> String {
    let secure = if public_url.starts_with("http://") {
        ""
    } else {
        " Secure;"
    };
    format!(
        "toban_token={token}; Path=/; Max-Age={lifetime_secs}; HttpOnly;{secure} SameSite=Strict"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_script_reads_the_cookie_and_no_other_site_sends_it() {
        assert_eq!(
            cookie("https://toban.example", "tbn_x", 60),
            "toban_token=tbn_x; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Strict"
        );
        assert_eq!(
            cookie("http://localhost:8480", "", 0),
            "toban_token=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
        );
    }
}
