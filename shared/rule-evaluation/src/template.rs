//! Prometheus' templates of labels and annotations: that part of Go's `text/template` which makes one
//! text out of one alert. What asks for more (queries, loops, other templates) is refused when parsed.

mod execution;
mod functions;
mod humanize;
mod lexer;
mod number;
mod parser;
mod printf;
mod syntax;
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
