//! How do Prometheus' files write things down? Pure.
//!
//! [`yaml`] reads a document into a tree that knows its lines, [`parse_duration_ms`] a duration, and
//! [`go_regex`] a regular expression as Go means it.

mod duration;
pub mod go_regex;
pub mod yaml;

pub use duration::{format_duration_ms, parse_duration_ms};
