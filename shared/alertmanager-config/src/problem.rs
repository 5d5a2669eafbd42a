use std::cell::RefCell;

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

/// What every part of a configuration is read with: how names are written, and the problems so far.
#[derive(Default)]
pub(crate) struct Reading {
    pub names: NameSyntax,
    problems: RefCell<Vec<Problem>>,
}

impl Reading {
    pub fn new(names: NameSyntax) -> Self {
        Self {
            names,
            problems: RefCell::default(),
        }
    }

    pub fn refuse(&self, line: usize, path: &str, message: impl Into<String>) {
        self.problems.borrow_mut().push(Problem {
            line: Some(line),
            path: path.to_owned(),
            message: message.into(),
        });
    }

    /// In the order of their lines.
    pub fn problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.line);
        problems
    }
}
