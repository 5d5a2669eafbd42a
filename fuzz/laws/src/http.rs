use access::routes::{ApiRoute, IngestRoute, QueryRoute};
use access::{MatchError, Method, RouteTable, Token, match_path};

use crate::memory::within;

/// The line of a request: a method, a space, a path; in the next line a token.
pub fn http_request(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (line, token) = text.split_once('\n').unwrap_or((text, ""));
    let (method, path) = line.split_once(' ').unwrap_or((line, ""));
    within(16 * bytes.len() + (64 << 10), || {
        matches::<IngestRoute>(method, path);
        matches::<QueryRoute>(method, path);
        matches::<ApiRoute>(method, path);
        if let Ok(token) = Token::parse(token) {
            let again = Token::parse(&token.reveal()).unwrap();
            assert!(again.secret.hash().matches(&token.secret));
        }
    });
}

fn matches<R: RouteTable>(method: &str, path: &str) {
    match match_path::<R>(method, path) {
        Ok((route, params)) => {
            let spec = route.spec();
            let method = Method::parse(method).expect("a method that a route has");
            assert!(spec.methods.contains(&method));
            for name in spec.path_parameters() {
                assert!(params.text(name).is_some_and(|value| !value.is_empty()));
            }
        }
        Err(MatchError::MethodNotAllowed { allow }) => assert!(!allow.is_empty()),
        Err(_) => {}
    }
}
