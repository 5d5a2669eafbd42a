//! Does the caller have it already?

use http_access::Answer;

use crate::Request;

/// The content under its `ETag`, or 304 where the caller has it.
pub fn unless_known(call: &Request, etag: &str, content: impl FnOnce() -> Answer) -> Answer {
    let is_known = call
        .header("if-none-match")
        .is_some_and(|known| matches(known, etag));
    let answer = if is_known {
        Answer::empty(304)
    } else {
        content()
    };
    answer.header("etag", etag)
}

/// `If-None-Match` (RFC 9110 section 13.1.2): a list, compared weakly.
fn matches(known: &str, etag: &str) -> bool {
    known
        .split(',')
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == etag || one == "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_version_is_recognised_in_a_list() {
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(matches(known, "\"a\""), "{known}");
        }
        for other in ["", "a", "\"b\"", "\"ab\""] {
            assert!(!matches(other, "\"a\""), "{other}");
        }
    }
}
