//! Prometheus' templates of labels and annotations.

use series::Labels;

use crate::External;

/// A parsed template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    text: String,
}

/// Why a template was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// Lines before it inside the template.
    pub line_offset: usize,
    /// What to change.
    pub message: String,
}

/// What a template sees.
#[derive(Debug, Clone, Copy)]
pub struct TemplateData<'a> {
    /// `$labels`
    pub labels: &'a Labels,
    /// `$value`
    pub value: f64,
    /// `$externalLabels`, `$externalURL`
    pub external: &'a External,
}

impl Template {
    /// Parses `text`.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.contains("{{") {
            return Err(TemplateError {
                line_offset: 0,
                message: "not yet".to_owned(),
            });
        }
        Ok(Self {
            text: text.to_owned(),
        })
    }

    /// `text` as it stands, braces included.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        Self {
            text: text.to_owned(),
        }
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text with all actions done.
    pub fn expand(&self, _data: &TemplateData<'_>) -> Result<String, String> {
        Ok(self.text.clone())
    }

    /// As [`Template::expand`]; a failure takes the text's place, as in Prometheus.
    #[must_use]
    pub fn expand_or_explain(&self, data: &TemplateData<'_>) -> String {
        self.expand(data)
            .unwrap_or_else(|error| format!("<error expanding template: {error}>"))
    }
}
