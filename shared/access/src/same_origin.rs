use crate::Method;

/// What a browser says about where a request comes from.
#[derive(Debug, Clone, Copy, Default)]
pub struct BrowserHints<'a> {
    /// The header `Origin`.
    pub origin: Option<&'a str>,
    /// The header `Sec-Fetch-Site`, which no page can set.
    pub fetch_site: Option<&'a str>,
}

/// Whether a cookie counts for this request: reading always; changing only where the browser says that
/// our own page asked, so that another site can't act in its visitor's name.
#[must_use]
pub fn cookie_may_act(method: Method, hints: BrowserHints<'_>, public_url: &str) -> bool {
    let from_our_page = || {
        hints.fetch_site == Some("same-origin")
            || hints
                .origin
                .filter(|origin| !origin.is_empty())
                .is_some_and(|origin| origin.eq_ignore_ascii_case(origin_of(public_url)))
    };
    method == Method::Get || from_our_page()
}

/// Scheme and host of a URL, without path.
fn origin_of(url: &str) -> &str {
    let host_at = url.find("://").map_or(0, |at| at + 3);
    let end = url[host_at..]
        .find('/')
        .map_or(url.len(), |at| host_at + at);
    &url[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_page_changes_anything_by_cookie() {
        let cases = [
            (Method::Get, None, None, true),
            (Method::Post, None, None, false),
            (Method::Post, Some("https://toban.example"), None, true),
            (Method::Delete, Some("https://TOBAN.example"), None, true),
            (Method::Post, Some("http://toban.example"), None, false),
            (
                Method::Post,
                Some("https://toban.example.evil"),
                None,
                false,
            ),
            (
                Method::Put,
                Some("https://evil.example"),
                Some("cross-site"),
                false,
            ),
            (Method::Put, Some("null"), Some("same-site"), false),
            (
                Method::Put,
                Some("http://127.0.0.1:1"),
                Some("same-origin"),
                true,
            ),
            (Method::Put, None, Some("none"), false),
        ];
        for (method, origin, fetch_site, expected) in cases {
            let hints = BrowserHints { origin, fetch_site };
            let may = cookie_may_act(method, hints, "https://toban.example/path");
            assert_eq!(may, expected, "{method:?} {hints:?}");
        }
    }
}
