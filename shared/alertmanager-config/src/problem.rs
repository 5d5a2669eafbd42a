use std::cell::{Cell, RefCell};

use serde::Serialize;

use crate::NameSyntax;

/// One reason why a configuration was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}{}{message}", line.map(|line| format!("line {line}: ")).unwrap_or_default(), Self::place(path))]
pub struct Problem {
    /// Counted from 1; `None` where it is no line's.
    pub line: Option<usize>,
    /// The way to it, such as `receivers[0].slack_configs[1].api_url`; empty for the whole.
    pub path: String,
    /// What is wrong and what to change. Never a secret's value.
    pub message: String,
}

impl Problem {
    fn place(path: &str) -> String {
        if path.is_empty() {
            String::new()
        } else {
            format!("{path}: ")
        }
    }
}

/// More are not told: a person mends these first.
const MAX_PROBLEMS: usize = 100;
/// The longest path and message, in characters.
const MAX_CHARS: usize = 300;
/// What all regular expressions together may take when they are compiled.
const MAX_EXPRESSION_BYTES: usize = 128 << 20;

/// What every part of a configuration is read with: how names are written, the problems so far, and what
/// regular expressions took.
#[derive(Default)]
pub(crate) struct Reading {
    pub names: NameSyntax,
    problems: RefCell<Vec<Problem>>,
    expression_bytes: Cell<usize>,
}

impl Reading {
    pub fn new(names: NameSyntax) -> Self {
        Self {
            names,
            ..Self::default()
        }
    }

    pub fn refuse(&self, line: usize, path: &str, message: impl Into<String>) {
        let mut problems = self.problems.borrow_mut();
        if problems.len() < MAX_PROBLEMS {
            problems.push(Problem {
                line: Some(line),
                path: shortened(path.to_owned()),
                message: shortened(message.into()),
            });
        }
    }

    /// Whether there is no room for another regular expression.
    pub const fn is_full(&self) -> bool {
        self.expression_bytes.get() > MAX_EXPRESSION_BYTES
    }

    pub fn count_expressions(&self, bytes: usize) {
        self.expression_bytes
            .set(self.expression_bytes.get() + bytes);
    }

    /// In the order of their lines.
    pub fn problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.line);
        problems
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}
