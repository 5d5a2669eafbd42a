//! What does a template of Alertmanager's say of a notification? Pure.
//!
//! Alertmanager's texts are written in Go's template language. [`check`] says whether one can be followed here, and
//! [`Texts`] writes it: each is converted into a template of `minijinja`, with the type of every value checked, so
//! that what would fail while an alert burns is refused when it is put. What a template can reach is one
//! notification; steps, depth and length are bounded. Alertmanager's default texts are there under their names, in
//! English as it writes them, and in Japanese.

mod convert;
mod functions;
mod go;
mod go_time;
mod html;
mod problem;
mod render;
mod runtime;
mod title;
mod types;

pub use problem::TemplateProblem;
pub use render::{MAX_TEXT_BYTES, RenderError, Texts};

/// Whether a template can be followed; as HTML, values are escaped.
///
/// # Errors
/// The first piece of it that can't.
pub fn check(template: &str, is_html: bool) -> Result<(), TemplateProblem> {
    convert::convert(template, is_html).map(drop)
}
