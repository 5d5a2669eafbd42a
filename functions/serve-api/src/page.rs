//! The page at `/`, its assets, and the cookie it keeps its token in.

mod assets;
mod session;

use std::sync::LazyLock;

use http_access::{Answer, HttpError};

use crate::{Deps, Request, Response, conditional};
use assets::{Asset, Assets, Found};

pub use session::{end_session, start_session};

static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::new);

/// Nothing from elsewhere, nothing inline, no frame around it, and no text that becomes markup.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// The page. It holds no data: what it shows it asks for with the cookie.
pub fn show(_deps: &Deps, call: &Request) -> Response {
    let page = ASSETS.page();
    // A 304 replaces the headers that the browser keeps, so it carries them too (RFC 9111 section 3.2).
    Ok(unless_known(call, page)
        .header("content-security-policy", PAGE_POLICY)
        .header("cross-origin-opener-policy", "same-origin")
        .header(
            "permissions-policy",
            "camera=(), geolocation=(), microphone=()",
        )
        .header("cache-control", "no-cache"))
}

/// A style sheet, script or picture. Under the name that tells its content it never changes.
pub fn asset(call: &Request) -> Response {
    let name = call.params.text("file").unwrap_or_default();
    let (asset, lifetime) = match ASSETS.find(name) {
        Found::AsNamed(asset) => (asset, "public, max-age=31536000, immutable"),
        // The page came from another version, as happens while one replaces the other.
        Found::OtherVersion(asset) => (asset, "no-cache"),
        Found::Nothing => return Err(HttpError::not_found("the page has no such file")),
    };
    Ok(unless_known(call, asset).header("cache-control", lifetime))
}

fn unless_known(call: &Request, asset: &Asset) -> Answer {
    conditional::unless_known(call, &asset.etag, || {
        Answer::of(200, asset.media_type, asset.text.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_inline_and_nothing_from_elsewhere_is_allowed() {
        assert!(!PAGE_POLICY.contains("unsafe") && !PAGE_POLICY.contains("http"));
        assert!(PAGE_POLICY.starts_with("default-src 'none';"));
        for (name, text) in ASSETS.all() {
            for forbidden in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "<style",
                "style=\"",
                " onclick",
            ] {
                assert!(!text.contains(forbidden), "{name}: {forbidden}");
            }
        }
    }
}
