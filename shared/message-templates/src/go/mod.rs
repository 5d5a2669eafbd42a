//! Go's template language, as far as Alertmanager's texts use it.

pub(crate) mod lexer;
mod literal;
pub(crate) mod parser;
pub(crate) mod syntax;
