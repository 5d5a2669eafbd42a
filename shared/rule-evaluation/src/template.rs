//! Prometheus' templates of labels and annotations: that part of Go's `text/template` which makes one
//! text out of one alert. What asks for more (queries, loops, other templates) is refused when parsed.

mod execution;
mod functions;
mod humanize;
mod lexer;
mod number;
mod operands;
mod parser;
mod printf;
mod syntax;
mod texts;
mod value;

use std::sync::Arc;

use series::Labels;

use crate::External;
use syntax::Node;

/// The most bytes a template may have.
const MAX_TEMPLATE_BYTES: usize = 16 * 1024;

/// The most bytes an expanded text, and any text on the way to it, may have.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// A parsed template.
#[derive(Debug, Clone)]
pub struct Template {
    text: Arc<str>,
    nodes: Arc<[Node]>,
}

/// Why a template was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// Lines of the template before the place.
    pub line_offset: usize,
    /// What is wrong and what to change.
    pub message: String,
}

/// What a template sees.
#[derive(Debug, Clone, Copy)]
pub struct TemplateData<'a> {
    /// `$labels`: the labels of the expression's element.
    pub labels: &'a Labels,
    /// `$value`: its value.
    pub value: f64,
    /// `$externalLabels` and `$externalURL`.
    pub external: &'a External,
}

impl Template {
    /// Parses `text` and checks all that does not depend on the alert: names of functions, of
    /// variables and of fields, numbers of arguments, formats, regular expressions.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.len() > MAX_TEMPLATE_BYTES {
            return Err(TemplateError {
                line_offset: 0,
                message: format!("a template may have {MAX_TEMPLATE_BYTES} bytes"),
            });
        }
        let nodes = parser::parse(text).map_err(|error| TemplateError {
            line_offset: text[..error.position].matches('\n').count(),
            message: error.message,
        })?;
        Ok(Self {
            text: text.into(),
            nodes: nodes.into(),
        })
    }

    /// `text` as it stands, braces included.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        Self {
            text: text.into(),
            nodes: Arc::new([Node::Text(text.to_owned())]),
        }
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text with all actions done.
    pub fn expand(&self, data: &TemplateData<'_>) -> Result<String, String> {
        match &*self.nodes {
            [] => Ok(String::new()),
            [Node::Text(text)] => Ok(text.clone()),
            nodes => execution::expand(nodes, data),
        }
    }

    /// As [`Template::expand`]; a failure takes the text's place, as in Prometheus.
    #[must_use]
    pub fn expand_or_explain(&self, data: &TemplateData<'_>) -> String {
        self.expand(data)
            .unwrap_or_else(|error| format!("<error expanding template: {error}>"))
    }
}

/// Two templates are the same where they were written the same.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expand(text: &str) -> Result<String, String> {
        let labels = Labels::new([("instance", "web-1:9100"), ("job", "node")]).unwrap();
        let external = External {
            url: "https://toban.example".to_owned(),
            ..External::default()
        };
        let data = TemplateData {
            labels: &labels,
            value: 7.5,
            external: &external,
        };
        let template = Template::parse(text).map_err(|error| error.to_string())?;
        template.expand(&data)
    }

    #[test]
    fn what_cannot_be_done_is_refused_before_any_alert_with_its_line() {
        for (text, line_offset, message) in [
            ("a\nb {{ range .Labels }}", 1, "`range` is not supported"),
            ("{{ query \"up\" }}", 0, "`query` is not supported"),
            ("\n\n{{ template \"x\" }}", 2, "`template` is not supported"),
            ("{{ tmpl \"x\" . }}", 0, "`tmpl` is not supported"),
            ("{{ . }}", 0, "the dot alone"),
            ("{{ .Label.x }}", 0, "no field \"Label\""),
            (
                "{{ humanize }}",
                0,
                "wrong number of arguments for humanize: 1 wanted, 0 given",
            ),
            (
                "{{ $value | printf \"%.2y\" }}",
                0,
                "printf: %y is not supported",
            ),
            (
                "{{ printf \"%999999999f\" $value }}",
                0,
                "printf: 999999999 is more than 200",
            ),
            (
                "{{ printf $labels.format $value }}",
                0,
                "the format of printf must be",
            ),
            (
                "{{ reReplaceAll \"(\" \"\" $labels.x }}",
                0,
                "bad regular expression",
            ),
            (
                "{{ match \"(((a{1,99}){1,99}){1,99})\" \"a\" }}",
                0,
                "bad regular expression",
            ),
            ("{{ $value 1 }}", 0, "only a function takes arguments"),
        ] {
            let error = Template::parse(text).unwrap_err();
            assert_eq!(error.line_offset, line_offset, "{text}");
            assert!(error.message.starts_with(message), "{text}: {error}");
        }
    }

    /// In Prometheus this is an error in the text's place, which helps nobody.
    #[test]
    fn a_value_compares_with_a_whole_number() {
        let text = "{{ if gt $value 5 }}high{{ end }}{{ if eq 7.5 $value }}!{{ end }}";
        assert_eq!(expand(text).unwrap(), "high!");
    }

    #[test]
    fn the_function_external_url_gives_the_address() {
        assert_eq!(
            expand("{{ externalURL }}").unwrap(),
            "https://toban.example"
        );
    }

    #[test]
    fn a_text_that_grows_out_of_bounds_is_an_error() {
        let doubling = "{{ $x = printf \"%s%s\" $x $x }}".repeat(30);
        let error = expand(&format!("{{{{ $x := \"abcdefgh\" }}}}{doubling}")).unwrap_err();
        assert!(error.contains("longer than"), "{error}");
        let long = "x".repeat(500);
        let replacing = format!("{{{{ reReplaceAll \"x\" \"{long}\" \"{long}\" }}}}");
        assert!(expand(&replacing).unwrap_err().contains("too long"));
        let dollars = "$0".repeat(500);
        let replacing = format!("{{{{ reReplaceAll \".*\" \"{dollars}\" \"{long}\" }}}}");
        assert!(expand(&replacing).unwrap_err().contains("too long"));
        let deep = format!("{{{{ {}1{} }}}}", "(".repeat(3_000), ")".repeat(3_000));
        assert!(expand(&deep).unwrap_err().contains("nested too deeply"));
        let deep = "{{ if true }}".repeat(1_000);
        assert!(expand(&deep).unwrap_err().contains("nested too deeply"));
        assert!(Template::parse(&"x".repeat(20_000)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_a_template_panic(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "{{", "}}", "{{-", "-}}", " ", "\n", "if ", "else ", "end", "with ", "$x", "$labels", ".job", ".",
                ":=", "=", "|", "(", ")", "\"a\"", "\"", "`", "'", "1", "-2.5", "printf ", "\"%d%s%\" ", "humanize ",
                "eq ", "and ", "not ", "/*", "*/", "$value", "é", "len ", "index ", "reReplaceAll ", "\\", "0x",
            ]), 0..25),
        ) {
            let _ = expand(&pieces.concat());
        }

        #[test]
        fn every_number_has_a_text_in_every_function(bits in any::<u64>()) {
            let labels = Labels::default();
            let external = External::default();
            let data = TemplateData { labels: &labels, value: f64::from_bits(bits), external: &external };
            for function in ["humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "printf \"%.3g\"", "printf \"%v\""] {
                let template = Template::parse(&format!("{{{{ $value | {function} }}}}")).unwrap();
                prop_assert!(!template.expand(&data).unwrap().is_empty());
            }
        }

        #[test]
        fn the_shortest_text_of_a_number_reads_back(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            let back = number::parse(&number::shortest(value)).unwrap();
            prop_assert!(back.to_bits() == value.to_bits() || value.is_nan());
        }
    }
}
