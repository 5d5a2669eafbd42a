/// Why a template can't be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the template: `{construct}`: {message}")]
pub struct TemplateProblem {
    /// Of the template, counted from 1.
    pub line: usize,
    /// What of it.
    pub construct: String,
    /// Why, and what to do instead.
    pub message: String,
}

/// The longest piece of a template that a problem shows, in characters.
const MAX_SHOWN: usize = 80;

impl TemplateProblem {
    pub(crate) fn new(line: usize, construct: &str, message: impl Into<String>) -> Self {
        let construct = construct.chars().take(MAX_SHOWN).collect();
        let message = message.into();
        Self {
            line,
            construct,
            message,
        }
    }
}
