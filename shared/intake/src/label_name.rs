//! An attribute's key as a label's name, as Prometheus translates it.
//!
//! Source: `LabelNamer` in prometheus/otlptranslator. Like Prometheus (and unlike the text of the
//! specification) it keeps runs of underscores, so that `__reserved__` stays what it is.

/// Writes the label's name into `out`; empty only for an empty key.
pub(crate) fn translate(key: &str, out: &mut String) {
    out.clear();
    if key.starts_with(|c: char| c.is_ascii_digit()) {
        out.push_str("key_");
    }
    out.extend(key.chars().map(|c| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => c,
        _ => '_',
    }));
    if out.starts_with('_') && !out.starts_with("__") {
        out.insert_str(0, "key");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_are_translated_as_prometheus_does() {
        for (key, name) in [
            ("http.request.method", "http_request_method"),
            ("label:with:colons", "label_with_colons"),
            ("LabelWithCapitals", "LabelWithCapitals"),
            ("label!with&special$chars)", "label_with_special_chars_"),
            ("with_foreign_characters_字符", "with_foreign_characters___"),
            ("123label", "key_123label"),
            ("_one_underscore", "key_one_underscore"),
            (".one_dot", "key_one_dot"),
            ("__two_underscores", "__two_underscores"),
            ("", ""),
        ] {
            let mut out = "left over".to_owned();
            super::translate(key, &mut out);
            assert_eq!(out, name);
        }
    }
}
