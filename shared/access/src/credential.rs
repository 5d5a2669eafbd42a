use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Token;

/// The cookie that the page keeps its token in.
pub const COOKIE: &str = "toban_token";

/// A token that came with a request, not verified yet.
#[derive(Debug, Clone)]
pub struct Presented {
    /// What it claims.
    pub token: Token,
    /// How it came.
    pub source: Source,
}

/// How a token came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `Authorization`, which a browser sends to other sites' order in no case.
    Header,
    /// A cookie, which a browser attaches by itself.
    Cookie,
}

/// Why a request carries no usable token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Neither header nor cookie.
    #[error("no token was sent")]
    Missing,
    /// Neither Bearer, Basic nor Token.
    #[error("the authorization scheme must be Bearer, Basic or Token")]
    Scheme,
    /// What should be a token is none.
    #[error("what was sent has not the form of a token")]
    Malformed,
    /// Basic auth whose user is not the token's tenant.
    #[error("the user name is not the tenant that the token names")]
    TenantMismatch,
}

/// The token of a request. `authorization` counts alone where it is given: a bad header is never made
/// good by a cookie.
pub fn presented(
    authorization: Option<&str>,
    cookies: &[&str],
) -> Result<Presented, CredentialError> {
    if let Some(header) = authorization {
        let token = from_authorization(header)?;
        return Ok(Presented {
            token,
            source: Source::Header,
        });
    }
    let text = cookie_value(cookies).ok_or(CredentialError::Missing)?;
    let token = Token::parse(text).map_err(|_| CredentialError::Malformed)?;
    Ok(Presented {
        token,
        source: Source::Cookie,
    })
}

/// The token of a request whose protocol has a header of its own for it.
pub fn presented_alone(header: Option<&str>) -> Result<Presented, CredentialError> {
    let text = header.ok_or(CredentialError::Missing)?.trim();
    let token = Token::parse(text).map_err(|_| CredentialError::Malformed)?;
    Ok(Presented {
        token,
        source: Source::Header,
    })
}

/// RFC 9110 section 11.4: the scheme is case-insensitive, then one or more spaces.
fn from_authorization(header: &str) -> Result<Token, CredentialError> {
    let (scheme, rest) = header
        .trim()
        .split_once(' ')
        .ok_or(CredentialError::Scheme)?;
    let rest = rest.trim_start();
    // "Token" is what InfluxDB's clients say.
    if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token") {
        Token::parse(rest).map_err(|_| CredentialError::Malformed)
    } else if scheme.eq_ignore_ascii_case("basic") {
        from_basic(rest)
    } else {
        Err(CredentialError::Scheme)
    }
}

/// RFC 7617: base64 of `user:password`; the user is the tenant.
fn from_basic(encoded: &str) -> Result<Token, CredentialError> {
    let malformed = CredentialError::Malformed;
    let bytes = STANDARD.decode(encoded).map_err(|_| malformed)?;
    let text = String::from_utf8(bytes).map_err(|_| malformed)?;
    let (user, password) = text.split_once(':').ok_or(malformed)?;
    let token = Token::parse(password).map_err(|_| malformed)?;
    if token.tenant.as_str() != user {
        return Err(CredentialError::TenantMismatch);
    }
    Ok(token)
}

fn cookie_value<'a>(cookies: &[&'a str]) -> Option<&'a str> {
    cookies
        .iter()
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == COOKIE && !value.is_empty())
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "tbn_demo_abcdefgh_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn basic(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn each_form_of_header_is_taken_or_refused_for_its_reason() {
        use CredentialError::{Malformed, Scheme, TenantMismatch};
        let cases: &[(String, Option<CredentialError>)] = &[
            (format!("Bearer {TOKEN}"), None),
            (format!("bearer   {TOKEN}"), None),
            (format!("  BEARER {TOKEN}  "), None),
            (basic(&format!("demo:{TOKEN}")), None),
            (basic(&format!("other:{TOKEN}")), Some(TenantMismatch)),
            (basic(&format!(":{TOKEN}")), Some(TenantMismatch)),
            (basic(TOKEN), Some(Malformed)),
            (basic("demo:secret"), Some(Malformed)),
            ("Basic ###".to_owned(), Some(Malformed)),
            (
                format!("Basic {}", STANDARD.encode([0xff, 0xfe])),
                Some(Malformed),
            ),
            ("Bearer".to_owned(), Some(Scheme)),
            (String::new(), Some(Scheme)),
            ("Bearer x".to_owned(), Some(Malformed)),
            (format!("Bearer {TOKEN} x"), Some(Malformed)),
            (format!("Token {TOKEN}"), None),
            (format!("token   {TOKEN}"), None),
            ("Token x".to_owned(), Some(Malformed)),
            (format!("Tokens {TOKEN}"), Some(Scheme)),
            (TOKEN.to_owned(), Some(Scheme)),
        ];
        for (header, refusal) in cases {
            let result = presented(Some(header), &[]);
            assert_eq!(result.as_ref().err(), refusal.as_ref(), "{header}");
            if let Ok(found) = result {
                assert_eq!(found.token.reveal(), TOKEN);
                assert_eq!(found.source, Source::Header);
            }
        }
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let ours = format!("toban_token={TOKEN}");
        for cookies in [
            vec![ours.clone()],
            vec![format!("a=b; {ours};c=d")],
            vec!["theme=dark".to_owned(), ours.clone()],
        ] {
            let cookies: Vec<&str> = cookies.iter().map(String::as_str).collect();
            let found = presented(None, &cookies).unwrap();
            assert_eq!(found.source, Source::Cookie);
            assert_eq!(found.token.reveal(), TOKEN);
        }
        for other in ["", "xtoban_token=1", "toban_token", "toban_token=", "a=b"] {
            let refusal = presented(None, &[other]).map(|p| p.token.reveal());
            assert_eq!(refusal, Err(CredentialError::Missing), "{other}");
        }
        let refusal = presented(None, &["toban_token=x"]).map(|p| p.token.reveal());
        assert_eq!(refusal, Err(CredentialError::Malformed));
    }

    #[test]
    fn a_header_of_its_own_holds_a_token_and_nothing_else() {
        let refusal = |header| {
            presented_alone(header)
                .map(|found| found.token.reveal())
                .err()
        };
        assert_eq!(refusal(Some(TOKEN)), None);
        assert_eq!(refusal(None), Some(CredentialError::Missing));
        let bearer = format!("Bearer {TOKEN}");
        for other in ["", "x", &bearer] {
            assert_eq!(
                refusal(Some(other)),
                Some(CredentialError::Malformed),
                "{other}"
            );
        }
    }

    #[test]
    fn a_bad_header_is_not_made_good_by_a_cookie() {
        let cookie = format!("toban_token={TOKEN}");
        let refusal = presented(Some("Bearer x"), &[&cookie]).map(|p| p.token.reveal());
        assert_eq!(refusal, Err(CredentialError::Malformed));
    }
}
