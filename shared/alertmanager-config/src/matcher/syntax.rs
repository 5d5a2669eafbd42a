use super::{Matcher, MatcherError, classic, utf8};
use crate::NameSyntax;

/// One or more matchers: `{a="b", c=~"d|e"}`, the braces optional.
///
/// # Errors
/// In the words of the classic parser, as Alertmanager does.
pub fn parse_matchers(text: &str, syntax: NameSyntax) -> Result<Vec<Matcher>, MatcherError> {
    let classic = classic::matchers(text);
    if syntax == NameSyntax::Classic {
        return classic;
    }
    match (utf8::matchers(text), classic) {
        (None, classic) => classic,
        (Some(new), Ok(classic)) if new != classic => Ok(classic),
        (Some(new), _) => Ok(new),
    }
}

/// Exactly one matcher, without braces, as a filter of the API is.
///
/// # Errors
/// As [`parse_matchers`], and where there is not exactly one.
pub fn parse_matcher(text: &str, syntax: NameSyntax) -> Result<Matcher, MatcherError> {
    let classic = classic::matcher(text);
    if syntax == NameSyntax::Classic {
        return classic;
    }
    if text.starts_with('{') || text.ends_with('}') {
        return Err(MatcherError::Brace(text.to_owned()));
    }
    match (utf8::matchers(text), classic) {
        (None, classic) => classic,
        (Some(new), Ok(classic)) if new.as_slice() != std::slice::from_ref(&classic) => Ok(classic),
        (Some(mut new), classic) => match new.pop() {
            Some(one) if new.is_empty() => Ok(one),
            _ => classic,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str, syntax: NameSyntax) -> Option<String> {
        let matchers = parse_matchers(text, syntax).ok()?;
        Some(super::super::Printed(&matchers).to_string())
    }

    /// Text, what the classic parser makes of it, and what the newer one with its fallback does.
    const CASES: [(&str, Option<&str>, Option<&str>); 36] = [
        ("", Some("{}"), Some("{}")),
        ("{}", Some("{}"), Some("{}")),
        ("a=b", Some(r#"{a="b"}"#), Some(r#"{a="b"}"#)),
        ("a = b ", Some(r#"{a="b"}"#), Some(r#"{a="b"}"#)),
        ("a!~b", Some(r#"{a!~"b"}"#), Some(r#"{a!~"b"}"#)),
        (
            "a=~\"b|c\",d!=\"e,f\"",
            Some(r#"{a=~"b|c",d!="e,f"}"#),
            Some(r#"{a=~"b|c",d!="e,f"}"#),
        ),
        (
            "{a=b,c=d,}",
            Some(r#"{a="b",c="d"}"#),
            Some(r#"{a="b",c="d"}"#),
        ),
        ("a=b}", Some(r#"{a="b"}"#), Some(r#"{a="b"}"#)),
        ("{a=b", Some(r#"{a="b"}"#), Some(r#"{a="b"}"#)),
        ("a=", Some(r#"{a=""}"#), Some(r#"{a=""}"#)),
        ("a=\"\"", Some(r#"{a=""}"#), Some(r#"{a=""}"#)),
        ("a=b c", Some(r#"{a="b c"}"#), Some(r#"{a="b c"}"#)),
        ("a:b=c", Some(r#"{a:b="c"}"#), Some(r#"{a:b="c"}"#)),
        ("a=\"b\\\"c\"", Some(r#"{a="b\"c"}"#), Some(r#"{a="b\"c"}"#)),
        ("a=\"b\\\\c\"", Some(r#"{a="b\\c"}"#), Some(r#"{a="b\\c"}"#)),
        ("a=\"b\\nc\"", Some(r#"{a="b\nc"}"#), Some(r#"{a="b\nc"}"#)),
        (
            "a=\"b\\dc\"",
            Some(r#"{a="b\\dc"}"#),
            Some(r#"{a="b\\dc"}"#),
        ),
        (
            "a=\"\\x62\"",
            Some(r#"{a="\\x62"}"#),
            Some(r#"{a="\\x62"}"#),
        ),
        ("a=b\\", Some(r#"{a="b\\"}"#), Some(r#"{a="b\\"}"#)),
        ("a==b", Some(r#"{a="=b"}"#), Some(r#"{a="=b"}"#)),
        ("a=\nb", Some(r#"{a="b"}"#), Some(r#"{a="b"}"#)),
        ("a=東京", Some(r#"{a="東京"}"#), Some(r#"{a="東京"}"#)),
        ("a=b=c", Some(r#"{a="b=c"}"#), Some(r#"{a="b=c"}"#)),
        ("a=~[", None, None),
        ("a=b\"c", None, None),
        ("a=\"b", None, None),
        ("a=\"b\"c", None, None),
        ("a", None, None),
        ("=b", None, None),
        (",", None, None),
        ("a=b,,c=d", None, None),
        ("1a=b", None, Some(r#"{1a="b"}"#)),
        ("\"a b\"=c", None, Some(r#"{"a b"="c"}"#)),
        ("東=京", None, Some(r#"{東="京"}"#)),
        ("a.b=c", None, Some(r#"{a.b="c"}"#)),
        ("{a=b}}", Some(r#"{a="b}"}"#), Some(r#"{a="b}"}"#)),
    ];

    #[test]
    fn both_parsers_and_the_fallback_between_them_read_as_alertmanager_does() {
        for (text, classic, utf8) in CASES {
            assert_eq!(
                printed(text, NameSyntax::Classic).as_deref(),
                classic,
                "classic {text}"
            );
            assert_eq!(
                printed(text, NameSyntax::Utf8).as_deref(),
                utf8,
                "newer {text}"
            );
        }
    }

    #[test]
    fn a_single_matcher_has_no_braces() {
        for bad in ["{a=b}", "a=b}", "{a=b", "", "a"] {
            assert!(parse_matcher(bad, NameSyntax::Utf8).is_err(), "{bad}");
        }
        let one = parse_matcher("a=b", NameSyntax::Utf8).unwrap();
        assert_eq!(one.to_string(), r#"a="b""#);
        assert!(parse_matcher("\"a b\"=c,d=e", NameSyntax::Utf8).is_err());
        assert_eq!(
            parse_matcher("a=b,c=d", NameSyntax::Utf8).unwrap().value(),
            "b,c=d"
        );
    }
}
